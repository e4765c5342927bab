"""An absorbing chain whose answer is known."""

import numpy as np

from careflow.estimate.stats.absorbing_chain import embedded


def test_a_line_of_levels_is_followed_to_its_end_however_long_it_is() -> None:
    for levels in range(2, 8):
        line = np.eye(levels, levels + 1, k=1)
        assert embedded(line).stays[0].tolist() == [1.0] * levels
        assert embedded(line).outcome[:, 0].tolist() == [1.0] * levels
        line[-1] = np.nan
        assert np.isnan(embedded(line).stays).all()
