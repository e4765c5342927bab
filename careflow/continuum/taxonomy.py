"""The checked fields of a continuum: levels of care, their order of intensity, and the moves that belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Self

from careflow.arguments.messages import either, hint, shown
from careflow.continuum.checks import checked_edges, checked_levels, checked_pairs, every_edge
from careflow.continuum.crosswalk_lines import Line, check_crosswalks
from careflow.continuum.level import Edge, Level
from careflow.continuum.order import Order, Pair, order_of
from careflow.continuum.outcomes import LATERAL, OFF_CONTINUUM, STEP_DOWN, STEP_UP
from careflow.continuum.spellings import level_meant, level_spellings, why_unclear
from careflow.continuum.text import check_name, check_names, check_text
from careflow.errors import ArgumentError


@dataclass(frozen=True, repr=False, eq=False)
class Taxonomy:
    """The checked fields of :class:`~careflow.continuum.Continuum`, which documents them.

    Modules that show, export or cross continua need only this class; Continuum imports those modules.
    """

    name: str
    levels: tuple[Level, ...]
    above: tuple[Pair, ...] = None  # type: ignore[assignment]  # default: the order of the list
    edges: tuple[Edge, ...] = None  # type: ignore[assignment]  # default: every pair of levels
    title: str = ""
    edition: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()
    crosswalks: tuple[tuple[str, tuple[Line, ...]], ...] = ()
    _order: Order = field(init=False)

    def __post_init__(self) -> None:
        def put(**values: object) -> None:
            for key, value in values.items():
                object.__setattr__(self, key, value)

        put(name=check_name(self.name, "the name of the continuum"), sources=check_names(self.sources, "'sources'"))
        for key in ("title", "edition", "note"):
            check_text(getattr(self, key), repr(key))
        levels = {level.name: level for level in checked_levels(self.levels)}
        names = tuple(levels)
        order = order_of(names, tuple(pairwise(names)) if self.above is None else checked_pairs(self.above, names))
        ranked = zip(order.names, order.ranks, strict=True)
        put(levels=tuple(replace(levels[name], rank=rank) for name, rank in ranked), above=order.covers, _order=order)
        put(edges=every_edge(order.names) if self.edges is None else checked_edges(self.edges, order.names))
        put(crosswalks=check_crosswalks(self.crosswalks))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {level.name: position for position, level in enumerate(self.levels)}

    @cached_property
    def _edges(self) -> dict[Pair, Edge]:
        return {(edge.frm, edge.to): edge for edge in self.edges}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the levels, most intensive first."""
        return self._order.names

    def index(self, name: str) -> int:
        """Return the place of a level, 0 for the most intensive, however it is written; ArgumentError if there is none.

        >>> from careflow.continuum import Continuum
        >>> Continuum.standard().index("Partial Hospitalization")
        2
        """
        try:
            return self._positions[name]
        except (KeyError, TypeError):
            if (meant := self.level_meant(name)) is not None:
                return self._positions[meant]
            some = self.names if len(self) <= 20 else (*self.names[:20], "…")
            why = why_unclear(name, self.name) if isinstance(name, str) else ""
            raise ArgumentError(
                f"no level {shown(name)} in this continuum{'' if why else hint(name, self.names)}; "
                f"it has {either(some)}{f' ({why})' if why else ''}."
            ) from None

    def level_meant(self, word: object) -> str | None:
        """Return the name of the level that a word means, or None.

        A level may be called by its name, short name, label or alias, in any case, and where the continuum comes with
        the package by the field's words for it.

        >>> from careflow.continuum import Continuum
        >>> [Continuum.standard().level_meant(word) for word in ("PHP", "day treatment", "RTC", "detox")]
        ['php', 'php', 'residential', None]
        >>> Continuum.asam(edition=4).level_meant("ASAM Level 3.5")
        '3.5'
        """
        return level_meant(word, self.name, self.spellings) if isinstance(word, str) else None

    @cached_property
    def spellings(self) -> dict[str, str]:
        """The level of each way to write it, folded: names, short names, labels, aliases, the field's words."""
        return level_spellings(self.name, self.levels)

    def __getitem__(self, name: str) -> Level:
        return self.levels[self.index(name)]

    def __contains__(self, name: object) -> bool:
        return name in self._order.names

    def __iter__(self) -> Iterator[Level]:
        return iter(self.levels)

    def __len__(self) -> int:
        return len(self.levels)

    def short(self, name: str) -> str:
        """Return the short name of a level, the text on charts."""
        return self[name].short

    def direction(self, frm: str, to: str) -> str:
        """Return ``"step-down"``, ``"step-up"`` or ``"lateral"`` for a move.

        A move is lateral within a level, between levels of equal rank, and between levels that are not comparable.
        """
        a, b = self.index(frm), self.index(to)
        if self._order.below[a] >> b & 1:
            return STEP_DOWN
        return STEP_UP if self._order.below[b] >> a & 1 else LATERAL

    def has_edge(self, frm: str, to: str) -> bool:
        """Return whether a move belongs to the continuum, named or added."""
        return (self[frm].name, self[to].name) in self._edges

    def edge_kind(self, frm: str, to: str) -> str | None:
        """Return ``"named"``, ``"added"`` or ``"off the continuum"`` for a move; None within a level.

        >>> from careflow.continuum import Continuum
        >>> care = Continuum.standard()
        >>> care.edge_kind("residential", "php"), care.edge_kind("php", "outpatient"), care.edge_kind("php", "php")
        ('named', 'added', None)
        """
        pair = self[frm].name, self[to].name
        if pair[0] == pair[1]:
            return None
        return self._edges[pair].basis if pair in self._edges else OFF_CONTINUUM

    def passed(self, frm: str, to: str) -> tuple[str, ...]:
        """Return the levels that a move passes over: those less intensive than one of its ends and more than the other.

        >>> from careflow.continuum import Continuum
        >>> Continuum.standard().passed("residential", "outpatient"), Continuum.standard().passed("iop", "php")
        (('php', 'iop'), ())
        """
        ends = self.index(frm), self.index(to)
        low, high = (min(ends), max(ends))
        below = self._order.below
        return tuple(name for i, name in enumerate(self.names) if below[low] >> i & 1 and below[i] >> high & 1)

    @property
    def silent(self) -> int:
        """The number of pairs of levels of equal rank or not comparable; 0 if the order is total."""
        return self._order.silent

    @cached_property
    def declared(self) -> bool:
        """Whether the definition has edges; without them every pair of levels is an edge."""
        return self.edges != every_edge(self.names)

    @property
    def aliases(self) -> dict[str, str]:
        """The level of each alias, a value for ``levels=`` of :func:`careflow.read_episodes`.

        >>> from careflow.continuum import Continuum
        >>> Continuum.asam(edition=4).aliases["3.7 BIO"]
        '3.7'
        """
        return {alias: level.name for level in self.levels for alias in level.aliases}

    def ladder(self) -> Self:
        """Return the continuum with a total order, that of :attr:`names`.

        The name of the result says so, since a direction between levels that are not comparable is then a choice.
        """
        return replace(self, name=f"{self.name} (ladder)", above=tuple(pairwise(self.names))) if self.silent else self
