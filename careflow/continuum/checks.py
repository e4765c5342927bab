"""Checks that the levels, ranks and edges of a continuum do not contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from careflow.arguments.messages import either, hint, shown
from careflow.continuum.level import Edge, Level
from careflow.continuum.order import Pair
from careflow.continuum.text import normalized
from careflow.errors import DefinitionError

MOST_LEVELS = 100
UNDECLARED = "no edges were declared, so a move between any two levels counts as one along the continuum"


def check_count(count: int) -> None:
    """Raise DefinitionError unless there are 1 to 100 levels."""
    if count < 1:
        raise DefinitionError("a continuum needs a level or more, but none are given; name the levels of care.")
    if count > MOST_LEVELS:
        raise DefinitionError(f"{count:,} levels are given; careflow takes up to {MOST_LEVELS}, so group some of them.")


def checked_levels(items: Sequence[object]) -> list[Level]:
    """Return the levels of a continuum from levels and names; raise DefinitionError if they contradict each other."""
    check_count(len(items))
    levels = [item if isinstance(item, Level) else Level(item) for item in items]  # type: ignore[arg-type]
    _check_different([level.name for level in levels], "named", "name")
    _check_different([level.short for level in levels], "printed as", "short name")
    _check_different([level.label for level in levels], "labelled", "label")
    _check_short_and_label(levels)
    codes = Counter(alias for level in levels for alias in level.aliases) + Counter(level.name for level in levels)
    for code, count in codes.items():
        if count > 1:
            raise DefinitionError(
                f"the alias {shown(code)} also stands for another level, or is a level's own name; remove it there."
            )
    return levels


def _check_different(texts: Sequence[str], verb: str, kind: str) -> None:
    """Raise DefinitionError if two texts are equal or look the same."""
    by_normalized: dict[str, str] = {}
    for text in texts:
        other = by_normalized.get(normalized(text))
        if other == text:
            raise DefinitionError(f"two levels are {verb} {shown(text)}; give each level its own {kind}.")
        if other is not None:
            raise DefinitionError(
                f"the {kind}s {shown(other)} and {shown(text)} look the same; give each level a {kind} of its own."
            )
        by_normalized[normalized(text)] = text


def _check_short_and_label(levels: Sequence[Level]) -> None:
    """Raise DefinitionError if the short name or label of a level is the name of another."""
    owner = {normalized(level.name): level.name for level in levels}
    for level in levels:
        for key, text in (("short", level.short), ("label", level.label)):
            if (other := owner.get(normalized(text), level.name)) != level.name:
                raise DefinitionError(
                    f"level {shown(level.name)}: {key!r} is the name of another level ({shown(other)}); "
                    "change one of them."
                )


def check_known(name: object, names: Sequence[str], where: str) -> None:
    """Raise DefinitionError if ``name`` is not one of the levels."""
    if name not in names:
        listed = names if len(names) <= 20 else (*names[:20], "…")
        raise DefinitionError(
            f"{where} names {shown(name)}, which is not a level{hint(name, names)}; the levels are {either(listed)}."
        )


def checked_pairs(pairs: Iterable[Pair], names: Sequence[str]) -> tuple[Pair, ...]:
    """Return pairs (more intensive, less intensive) of different levels; raise DefinitionError otherwise."""
    out = []
    for high, low in pairs:
        check_known(high, names, "'above'")
        check_known(low, names, f"level {shown(high)}: 'above'")
        if high == low:
            raise DefinitionError(f"level {shown(high)} is above itself; remove that.")
        out.append((high, low))
    return tuple(out)


def checked_edges(edges: Iterable[Edge], names: Sequence[str]) -> tuple[Edge, ...]:
    """Return different edges between levels, in the order of ``names``; raise DefinitionError otherwise."""
    by_pair: dict[Pair, Edge] = {}
    for edge in edges:
        where = f"the edge from {shown(edge.frm)} to {shown(edge.to)}"
        check_known(edge.frm, names, where)
        check_known(edge.to, names, where)
        if (edge.frm, edge.to) in by_pair:
            raise DefinitionError(f"{where} is given twice; remove one.")
        by_pair[edge.frm, edge.to] = edge
    position = {name: i for i, name in enumerate(names)}
    return tuple(sorted(by_pair.values(), key=lambda edge: (position[edge.frm], position[edge.to])))


def every_edge(names: Sequence[str]) -> tuple[Edge, ...]:
    """Return the edges of a continuum without declared edges: one between any two levels."""
    return tuple(Edge(a, b, "added", UNDECLARED) for a in names for b in names if a != b)
