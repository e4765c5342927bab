"""Decompositions: the published examples of Das Gupta 1993, to the last digit that is printed.

``dasgupta1993.csv``: examples 2.1 to 2.4, 5.1 and 5.3 of Das Gupta P, Standardization and decomposition of rates (US
Census Bureau, P23-186, 1993, public domain), as printed in the README of the R package DasGuptR 2.1.0.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from careflow.errors import ArgumentError
from careflow.estimate.decomposition import decomposed, effects

PUBLISHED = pd.read_csv(
    Path(__file__).parents[1] / "oracles/data/dasgupta1993.csv", dtype={"example": str, "effect": str}
)


def example(number: str) -> pd.DataFrame:
    return PUBLISHED[PUBLISHED["example"] == number]


def printed(value: float, text: str) -> bool:
    """Say whether a number is the printed one, to its last digit."""
    digits = len(text.partition(".")[2])
    return f"{value:.{digits}f}" == f"{float(text):.{digits}f}"


@pytest.mark.parametrize("number", ["2.1", "2.2", "2.3", "2.4"])
def test_effects_of_a_product_are_those_published(number: str) -> None:
    rows = example(number).set_index("cell")
    old, new = (rows[f"{side}_size_or_factor"].to_dict() for side in ("old", "new"))
    parts = effects(old, new)
    assert [name for name in rows.index if not printed(parts[name], rows.loc[name, "effect"])] == []
    assert sum(parts.values()) == pytest.approx(np.prod(list(new.values())) - np.prod(list(old.values())), rel=1e-12)


def test_effects_of_one_factor_are_those_published() -> None:
    rows = example("5.1")
    cells, published = rows[rows["effect"].isna()], rows.dropna(subset="effect").set_index("cell")["effect"]
    sides = [(cells[f"{side}_size_or_factor"].to_numpy(), cells[f"{side}_rate"].to_numpy()) for side in ("old", "new")]
    terms = decomposed(*sides, factors=1)
    assert printed(terms.mix[0].sum(), published["effect of age"])
    assert printed(terms.rate.sum(), published["effect of rate"])
    assert f"{terms.new - terms.old:.4f}" == "2.9672"


def test_effects_of_two_factors_are_those_published() -> None:
    rows = example("5.3")
    cells, published = rows[rows["effect"].isna()], rows.dropna(subset="effect").set_index("cell")["effect"]
    tables = {
        name: cells.pivot(index="cell", columns="cell_2", values=name).to_numpy()
        for name in ("old_size_or_factor", "old_rate", "new_size_or_factor", "new_rate")
    }
    terms = decomposed(
        (tables["old_size_or_factor"], tables["old_rate"]),
        (tables["new_size_or_factor"], tables["new_rate"]),
        factors=2,
    )
    assert printed(terms.mix[0].sum(), published["effect of race"])
    assert printed(terms.mix[1].sum(), published["effect of age"])
    assert printed(terms.rate.sum(), published["effect of rate"])
    assert f"{terms.new - terms.old:.7f}" == "-0.6862158"


def test_an_effect_is_the_mean_change_over_all_orders() -> None:
    chance = np.random.default_rng(1)
    old, new = ({name: float(chance.uniform(0.1, 2)) for name in "abcd"} for _ in range(2))
    for name, effect in effects(old, new).items():
        changes = []
        for order in permutations("abcd"):
            before = {other: new[other] if order.index(other) < order.index(name) else old[other] for other in "abcd"}
            changes.append(np.prod([*(before | {name: new[name]}).values()]) - np.prod([*before.values()]))
        assert effect == pytest.approx(np.mean(changes), rel=1e-12)


@pytest.mark.parametrize("factors", [1, 2, 3])
def test_factors_sum_to_the_change_with_cells_empty_on_a_side(factors: int) -> None:
    chance = np.random.default_rng(factors)
    shape = (2, 3, 4)[:factors]
    for _ in range(20):
        sides = []
        for _ in range(2):
            of = chance.integers(0, 4, shape) * chance.integers(1, 9, shape)
            with np.errstate(invalid="ignore"):
                sides.append((of.astype(float), chance.binomial(of, 0.4) / of))
        terms = decomposed(*sides, factors=factors)
        if all(of.sum() for of, _ in sides):
            assert sum(part.sum() for part in terms.mix) + terms.rate.sum() == pytest.approx(terms.new - terms.old)
            assert terms.new == pytest.approx(np.nansum(sides[1][0] * sides[1][1]) / sides[1][0].sum())


def test_a_cell_empty_on_one_side_counts_in_the_mix_only() -> None:
    old, new = (np.array([10.0, 0.0]), np.array([0.2, np.nan])), (np.array([10.0, 10.0]), np.array([0.2, 0.8]))
    terms = decomposed(old, new, factors=1)
    assert (round(terms.mix[0].sum(), 12), round(terms.rate.sum(), 12)) == (0.3, 0.0)


def test_products_of_different_factors_are_refused() -> None:
    with pytest.raises(ArgumentError, match="old has a, new has b"):
        effects({"a": 1.0}, {"b": 1.0})
