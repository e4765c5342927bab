"""How much each factor of a product or of a mean of rates contributes to a change: the method of Das Gupta."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

from careflow.errors import ArgumentError

Array = npt.NDArray[np.float64]


def effects(old: Mapping[str, float], new: Mapping[str, float]) -> dict[str, float]:
    r"""Return how much each factor contributes to the change of a product, in the unit of the product.

    Parameters
    ----------
    old, new : mapping of str to float
        The factors of both products, of the same names: shares of a path, say, or a number and a rate.

    Returns
    -------
    dict of str to float
        The effect of each factor. The effects sum to the change of the product.

    Raises
    ------
    ArgumentError
        If the names differ, or there are none.

    Notes
    -----
    The effect of a factor is the change of the product when only that factor changes, averaged over all orders in which
    the others may have changed before (the Shapley value), with the other factors *S* at the new values:

    .. math:: \sum_{S} \frac{|S|!\,(P-|S|-1)!}{P!} (b_i - a_i) \prod_{j \in S} b_j \prod_{j \notin S} a_j

    References
    ----------
    Das Gupta P (1993), Standardization and decomposition of rates, US Census Bureau P23-186, chapter 2; the example is
    number 2.1.

    Examples
    --------
    >>> parts = effects({"people": 10930, "rate": 0.717892}, {"people": 16591, "rate": 0.825974})
    >>> {name: round(part, 3) for name, part in parts.items()}
    {'people': 4369.913, 'rate': 1487.262}
    """
    if set(old) != set(new) or not old:
        raise ArgumentError(
            f"effects takes the same factors twice; old has {', '.join(old) or 'none'}, new has "
            f"{', '.join(new) or 'none'}"
        )
    sides = [[np.array(float(side[name])) for name in old] for side in (old, new)]
    return {name: float(part) for name, part in zip(old, product_effects(*sides), strict=True)}


def product_effects(old: Sequence[Array], new: Sequence[Array]) -> list[Array]:
    """Return the effect of each factor on a product, as :func:`effects`, for arrays of one shape."""
    parts = []
    for i in range(len(old)):
        others = [j for j in range(len(old)) if j != i]
        part = np.zeros(np.broadcast(*old, *new).shape)
        for changed, weight in _subsets(others):
            product = np.full(part.shape, weight)
            for j in others:
                product = product * (new[j] if j in changed else old[j])
            part += product * (new[i] - old[i])
        parts.append(part)
    return parts


@dataclass(frozen=True)
class Terms:
    """The terms of each cell of two populations: of each factor of the mix, and of the rate.

    Attributes
    ----------
    mix : list of numpy.ndarray
        The effect of each factor in each cell; their sum over the cells is the effect of the factor.
    rate : numpy.ndarray
        The effect of the rate in each cell.
    old, new : numpy.ndarray
        The rates of both populations, without the axes of the cells; missing where a population is empty.
    weights : pair of numpy.ndarray
        The share of each cell in its population.
    rates : numpy.ndarray
        The mean of both rates of each cell.
    """

    mix: list[Array]
    rate: Array
    old: Array
    new: Array
    weights: tuple[Array, Array]
    rates: Array


def decomposed(old: tuple[Array, Array], new: tuple[Array, Array], factors: int) -> Terms:
    r"""Split the difference of two rates into the mix of each factor and the rates of the cells.

    Parameters
    ----------
    old, new : pair of numpy.ndarray
        Sizes :math:`N` of the cells, and their rates :math:`r`. The first ``factors`` axes are those of the cells; all
        arrays broadcast. The rate of an empty cell is not used: it takes that of the other population.
    factors : int
        The number of factors, P.

    Notes
    -----
    With :math:`w = N/\sum N` the rate effect is :math:`\sum (r_2-r_1)(w_1+w_2)/2`, the mix effect
    :math:`\sum (w_2-w_1)(r_1+r_2)/2`. The mix is split among the factors by :func:`effects` of
    :math:`w_c = \prod_i A_i(c)`, with

    .. math:: A_i = \prod_{S \subseteq \text{others}} (N_{S+i}/N_S)^{|S|!(P-|S|-1)!/P!}

    where :math:`N_S` is the margin of the labels of the cell on the factors *S*; 0 where a margin is 0.

    References
    ----------
    Kitagawa EM (1955), JASA 50:1168-1194; Das Gupta P (1993), US Census Bureau P23-186, equation 5.36.
    """
    axes = tuple(range(factors))
    with np.errstate(divide="ignore", invalid="ignore"):
        w1, w2 = (sizes / sizes.sum(axis=axes, keepdims=True) for sizes, _ in (old, new))
    r1 = np.where(old[0] > 0, old[1], np.where(new[0] > 0, new[1], 0.0))
    r2 = np.where(new[0] > 0, new[1], r1)
    mean = (r1 + r2) / 2
    shares = [_factor_shares(sizes, factors) for sizes, _ in (old, new)]
    mix = [part * mean for part in product_effects(*shares)]
    rate = (r2 - r1) * (w1 + w2) / 2
    return Terms(mix, rate, (w1 * r1).sum(axis=axes), (w2 * r2).sum(axis=axes), (w1, w2), mean)


def _factor_shares(sizes: Array, factors: int) -> list[Array]:
    """Return A of each factor: the share of each cell is their product."""
    margins: dict[tuple[int, ...], Array] = {}
    for size in range(factors + 1):
        for kept in combinations(range(factors), size):
            rest = tuple(axis for axis in range(factors) if axis not in kept)
            margins[kept] = sizes.sum(axis=rest, keepdims=True)
    empty = margins[()] == 0
    out = []
    for i in range(factors):
        share = np.ones(sizes.shape)
        for kept, weight in _subsets([j for j in range(factors) if j != i]):
            part, whole = margins[tuple(sorted((*kept, i)))], margins[kept]
            ratio = np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)
            share = share * ratio**weight
        out.append(np.where(empty, np.nan, share))
    return out


def _subsets(others: Sequence[int]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield each subset of the other factors with its weight in the Shapley value."""
    of = len(others) + 1
    for size in range(of):
        weight = factorial(size) * factorial(of - size - 1) / factorial(of)
        for subset in combinations(others, size):
            yield subset, weight
