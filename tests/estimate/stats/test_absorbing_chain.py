"""An absorbing chain whose answer is known."""

import numpy as np

from careflow.estimate.stats.absorbing_chain import absorbing_chain


def test_a_long_line_of_levels_is_solved() -> None:
    for levels in range(2, 8):
        line = np.eye(levels, levels + 1, k=1)
        assert absorbing_chain(line).stays[0].tolist() == [1.0] * levels
        assert absorbing_chain(line).outcome[:, 0].tolist() == [1.0] * levels
        line[-1] = np.nan
        assert np.isnan(absorbing_chain(line).stays).all()
