"""What the levels, ranks and edges of one continuum must be to go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from careflow.arguments.messages import either, hint, shown
from careflow.continuum.level import Edge, Level
from careflow.continuum.order import Pair
from careflow.continuum.text import look
from careflow.errors import DefinitionError

MOST_LEVELS = 100
UNDECLARED = "no edges were declared, so a move between any two levels counts as one along the continuum"


def check_count(count: int) -> None:
    """Raise DefinitionError unless there are 2 to 100 levels."""
    if count < 2:
        raise DefinitionError(
            f"a continuum needs two levels or more, but {'one is' if count else 'none are'} given; "
            "add the levels that people move between."
        )
    if count > MOST_LEVELS:
        raise DefinitionError(f"{count:,} levels are given; careflow takes up to {MOST_LEVELS}, so group some of them.")


def checked_levels(given: Sequence[object]) -> list[Level]:
    """Return levels that can stand in one continuum, names made into levels; else raise DefinitionError."""
    check_count(len(given))
    levels = [item if isinstance(item, Level) else Level(item) for item in given]  # type: ignore[arg-type]
    _check_different([level.name for level in levels], "named", "name")
    _check_different([level.short for level in levels], "printed as", "short name")
    _check_different([level.label for level in levels], "labelled", "label")
    _check_apart(levels)
    words = Counter(alias for level in levels for alias in level.aliases) + Counter(level.name for level in levels)
    for word, count in words.items():
        if count > 1:
            raise DefinitionError(
                f"the alias {shown(word)} also stands for another level, or is a level's own name; leave it out there."
            )
    return levels


def _check_different(words: Sequence[str], what: str, kind: str) -> None:
    seen: dict[str, str] = {}
    for word in words:
        other = seen.get(look(word))
        if other == word:
            raise DefinitionError(f"two levels are {what} {shown(word)}; give each level its own {kind}.")
        if other is not None:
            raise DefinitionError(
                f"the {kind}s {shown(other)} and {shown(word)} look the same; give each level a {kind} of its own."
            )
        seen[look(word)] = word


def _check_apart(levels: Sequence[Level]) -> None:
    """Raise DefinitionError if what is printed for one level is the name of another."""
    owner = {look(level.name): level.name for level in levels}
    for level in levels:
        for key, word in (("short", level.short), ("label", level.label)):
            if (other := owner.get(look(word), level.name)) != level.name:
                raise DefinitionError(
                    f"level {shown(level.name)}: {key!r} is the name of another level ({shown(other)}); "
                    "change one of them."
                )


def check_known(name: object, names: Sequence[str], where: str) -> None:
    """Raise DefinitionError if ``name`` is not one of the levels."""
    if name not in names:
        some = names if len(names) <= 20 else (*names[:20], "…")
        raise DefinitionError(
            f"{where} speaks of {shown(name)}, which is not a level{hint(name, names)}; the levels are {either(some)}."
        )


def checked_pairs(pairs: Iterable[Pair], names: Sequence[str]) -> tuple[Pair, ...]:
    """Return pairs (more intensive, less intensive) of different, known levels; else raise DefinitionError."""
    out = []
    for high, low in pairs:
        check_known(high, names, "'above'")
        check_known(low, names, f"level {shown(high)}: 'above'")
        if high == low:
            raise DefinitionError(f"level {shown(high)} is said to be above itself; take that away.")
        out.append((high, low))
    return tuple(out)


def checked_edges(edges: Iterable[Edge], names: Sequence[str]) -> tuple[Edge, ...]:
    """Return different edges between known levels, in the order of ``names``; else raise DefinitionError."""
    seen: dict[Pair, Edge] = {}
    for edge in edges:
        where = f"the edge from {shown(edge.frm)} to {shown(edge.to)}"
        check_known(edge.frm, names, where)
        check_known(edge.to, names, where)
        if (edge.frm, edge.to) in seen:
            raise DefinitionError(f"{where} is there twice; take one away.")
        seen[edge.frm, edge.to] = edge
    place = {name: i for i, name in enumerate(names)}
    return tuple(sorted(seen.values(), key=lambda edge: (place[edge.frm], place[edge.to])))


def every_edge(names: Sequence[str]) -> tuple[Edge, ...]:
    """Return an edge between any two levels: what a continuum has whose edges were not declared."""
    return tuple(Edge(a, b, "added", UNDECLARED) for a in names for b in names if a != b)
