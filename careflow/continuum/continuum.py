"""A continuum of care: levels, what is more intensive than what, and the moves it knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careflow.continuum.crosswalk import Crosswalk, Line, check_lines, choose
from careflow.continuum.definition import parse_toml, parts_of, read_toml
from careflow.continuum.level import Edge, Level
from careflow.continuum.order import Order, Pair, order_of
from careflow.continuum.outcomes import LATERAL, STEP_DOWN, STEP_UP
from careflow.continuum.text import check_name, check_names, check_text, either, hint, look, shown
from careflow.errors import ArgumentError, DefinitionError

if TYPE_CHECKING:
    import networkx as nx

MOST_LEVELS = 100
UNDECLARED = "no edges were declared, so a move between any two levels counts as one along the continuum"


@dataclass(frozen=True, repr=False, eq=False)
class Continuum:
    """Levels of care in their order of intensity, most intensive first, and the edges between them.

    Parameters
    ----------
    name : str
        What the continuum is called in provenance.
    levels : sequence of Level or str
        At least two and at most 100, with different names.
    above : sequence of (str, str), optional
        Pairs (more intensive, less intensive). The rest follows: if a is above b and b above c, a is above c. Levels
        that no chain of pairs joins are not compared: a move between them is lateral. None is the order given.
    edges : sequence of Edge, optional
        The moves that belong to the continuum. None is every pair of levels.
    title, edition, note : str
        Its long name, the edition of the taxonomy, and what an analyst should know about it.
    sources : sequence of str
        Where the definition is from.
    crosswalks : sequence of (str, sequence of Line)
        What its codes mean in other continua, by the name of the other.

    Raises
    ------
    DefinitionError
        If the definition contradicts itself; the message says what to mend.

    Examples
    --------
    >>> care = Continuum.standard()
    >>> care
    <Continuum 'standard': 5 levels, inpatient > residential > php > iop > outpatient; 18 edges, 6 named, 12 added>
    >>> care.direction("residential", "php"), care.direction("outpatient", "iop"), care.direction("iop", "iop")
    ('step-down', 'step-up', 'lateral')
    >>> care["php"].label, care.index("php"), care.short("php"), len(care)
    ('Partial hospitalization (PHP)', 2, 'PHP', 5)
    >>> Continuum.of(["IC", "NC"]).direction("NC", "IC")
    'step-up'
    """

    name: str
    levels: tuple[Level, ...]
    above: tuple[Pair, ...] | None = None
    edges: tuple[Edge, ...] | None = None
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

        check_name(self.name, "the name of the continuum")
        put(sources=check_names(self.sources, "'sources'") if self.sources else ())
        for key in ("title", "edition", "note"):
            check_text(getattr(self, key), repr(key))
        levels = _levels(self.levels)
        names = [level.name for level in levels]
        above = tuple(zip(names, names[1:], strict=False)) if self.above is None else _known_pairs(self.above, names)
        order = order_of(names, above)
        by_name = {level.name: level for level in levels}
        put(
            levels=tuple(
                replace(by_name[name], rank=rank) for name, rank in zip(order.names, order.ranks, strict=True)
            ),
            above=order.covers,
            _order=order,
        )
        put(edges=_every_edge(order.names) if self.edges is None else _checked_edges(self.edges, names))
        put(crosswalks=tuple((to, tuple(lines)) for to, lines in self.crosswalks))
        for to, lines in self.crosswalks:
            check_lines(lines, f"the crosswalk to {shown(check_name(to, 'the name of a crosswalk'))}")

    # -- where continua come from ------------------------------------------------------------------------------

    @classmethod
    def standard(cls) -> Continuum:
        """Return the five levels: inpatient, residential, php, iop, outpatient.

        Six edges are named by the text on intensive outpatient treatment that the levels are taken from; twelve are
        added, each with its reason, and so is the rank of inpatient above residential.
        """
        return _shipped("standard")

    @classmethod
    def asam(cls, edition: int) -> Continuum:
        """Return the levels of the ASAM criteria, third (2013) or fourth (2023, adults) edition.

        The fourth edition has two dimensions, setting and medical management, and so only a partial order: a move from
        2.7 (medically managed, living at home) to 3.1 (living in, clinically managed) is lateral.

        >>> fourth = Continuum.asam(edition=4)
        >>> fourth.direction("3.7", "2.7"), fourth.direction("2.7", "3.1"), fourth.ladder().direction("2.7", "3.1")
        ('step-down', 'lateral', 'step-up')
        """
        if isinstance(edition, bool) or edition not in (3, 4):
            raise ArgumentError("careflow has the third and the fourth edition of the ASAM criteria: edition=3 or edition=4.")
        return _shipped(f"asam{int(edition)}")

    @classmethod
    def teds(cls) -> Continuum:
        """Return the eight services of the Treatment Episode Data Set (SERVICES, SERVICES_D), by code.

        >>> Continuum.teds().short("7")
        'Outpatient'
        """
        return _shipped("teds")

    @classmethod
    def of(cls, levels: Iterable[str | Level], *, name: str = "own levels") -> Continuum:
        """Return a continuum of the given levels, the most intensive first.

        Parameters
        ----------
        levels : iterable of str or Level
            Names as the records have them, or levels.
        name : str
            What to call it in provenance.

        >>> Continuum.of(["detox", "rehab", "aftercare"]).names
        ('detox', 'rehab', 'aftercare')
        """
        if isinstance(levels, str) or not isinstance(levels, Iterable):
            raise DefinitionError("give the levels as a list of names, the most intensive first: ['residential', 'iop'].")
        return cls(name, tuple(levels))  # type: ignore[arg-type]  # names become levels in __post_init__

    @classmethod
    def from_toml(cls, path: str | Path) -> Continuum:
        """Return the continuum that a TOML file defines; docs/taxonomies.md describes the format.

        Raises
        ------
        DefinitionError
            If the file cannot be read or contradicts itself; the message says where, and what to mend.
        """
        values = read_toml(path)
        try:
            return cls.from_dict(values)
        except DefinitionError as error:
            raise DefinitionError(f"{Path(path).name}: {error}") from None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Continuum:
        """Return the continuum that plain values define: the format of the TOML files, and of :meth:`to_dict`.

        >>> care = Continuum.standard()
        >>> Continuum.from_dict(care.to_dict()) == care
        True
        """
        parts = parts_of(values)
        return cls(
            parts.name, parts.levels, above=parts.above, edges=parts.edges, crosswalks=parts.crosswalks, **parts.texts
        )

    # -- what it knows -----------------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> dict[str, int]:
        return {level.name: place for place, level in enumerate(self.levels)}

    @cached_property
    def _edges(self) -> dict[Pair, Edge]:
        return {(edge.frm, edge.to): edge for edge in self.edges or ()}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the levels, most intensive first."""
        return self._order.names

    def index(self, name: str) -> int:
        """Return the place of a level, 0 for the most intensive; ArgumentError if there is no such level."""
        try:
            return self._places[name]
        except (KeyError, TypeError):
            known = self.names if len(self) <= 20 else (*self.names[:20], "…")
            raise ArgumentError(
                f"no level {shown(name)} in this continuum{hint(name, self.names)}; it has {either(known)}."
            ) from None

    def __getitem__(self, name: str) -> Level:
        return self.levels[self.index(name)]

    def __contains__(self, name: object) -> bool:
        return name in self._order.names

    def __iter__(self) -> Iterator[Level]:
        return iter(self.levels)

    def __len__(self) -> int:
        return len(self.levels)

    def short(self, name: str) -> str:
        """Return what charts print for a level."""
        return self[name].short

    def direction(self, frm: str, to: str) -> str:
        """Return ``"step-down"``, ``"step-up"`` or ``"lateral"`` for a move.

        Lateral is a move within a level, between levels of equal rank, and between levels that are not compared.
        """
        a, b = self.index(frm), self.index(to)
        if self._order.below[a] >> b & 1:
            return STEP_DOWN
        return STEP_UP if self._order.below[b] >> a & 1 else LATERAL

    def has_edge(self, frm: str, to: str) -> bool:
        """Return whether a move belongs to the continuum, named or added."""
        self.index(frm), self.index(to)
        return (frm, to) in self._edges

    @property
    def partial(self) -> bool:
        """Whether some levels are of equal rank or not compared."""
        return self._order.partial

    @property
    def aliases(self) -> dict[str, str]:
        """Level of each other code that files use for it; ``levels=`` of :func:`careflow.read_episodes` takes it.

        >>> Continuum.asam(edition=4).aliases["3.7 BIO"]
        '3.7'
        """
        return {alias: level.name for level in self.levels for alias in level.aliases}

    @property
    def graph(self) -> nx.DiGraph[str]:
        """The continuum as a networkx.DiGraph, a fresh copy: every networkx algorithm works on it.

        Nodes have the attributes of :class:`Level`, edges ``direction``, ``basis`` and ``reason``.

        >>> import networkx as nx
        >>> nx.shortest_path(Continuum.standard().graph, "residential", "outpatient")
        ['residential', 'php', 'outpatient']
        """
        from careflow.continuum.graph import digraph

        return digraph(self)

    def ladder(self) -> Continuum:
        """Return the same continuum with its levels in one line, as :attr:`names` has them: a chosen rank for all.

        The name says so, since a direction that the original leaves open is then a choice.
        """
        return replace(self, name=f"{self.name} (ladder)", above=None) if self.partial else self

    def crosswalk(
        self, to: Continuum | str = "standard", *, choose: Mapping[str, str] | None = None, on: date | str | None = None
    ) -> Crosswalk:
        """Return what this continuum's codes mean as levels of another one.

        Parameters
        ----------
        to : Continuum or str
            The other continuum, or the name of a shipped one.
        choose : mapping, optional
            Switches where custom differs: ``{"3.7": "residential"}`` for ASAM's 3.7, which is inpatient by its name in
            the third edition and residential to many payers and states.
        on : date or str, optional
            Only the lines in force on that day.

        Raises
        ------
        ArgumentError
            If there is no such crosswalk or switch.
        """
        return _crosswalk(self, to, choose or {}, on)

    # -- as values and words -----------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the definition as values that JSON can hold; two continua are equal when these are."""
        lower: dict[str, list[str]] = {name: [] for name in self.names}
        for high, low in self.above or ():
            lower[high].append(low)
        out: dict[str, Any] = {"name": self.name, "title": self.title, "edition": self.edition, "note": self.note}
        out = {key: value for key, value in out.items() if value} | ({"sources": list(self.sources)} if self.sources else {})
        out["levels"] = [level.to_dict() | {"above": lower[level.name]} for level in self.levels]
        if self.edges != _every_edge(self.names):
            out["edges"] = [edge.to_dict() for edge in self.edges or ()]
        if self.crosswalks:
            out["crosswalks"] = [
                {"to": to, "lines": [line.to_dict() for line in lines]} for to, lines in self.crosswalks
            ]
        return out

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Continuum) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.names, self.above))

    def __repr__(self) -> str:
        shorts = [shown(level.name)[1:-1] for level in self.levels]
        if len(shorts) > 12:
            shorts = [*shorts[:5], "…", *shorts[-2:]]
        named = sum(edge.basis == "named" for edge in self.edges or ())
        count = len(self.edges or ())
        order = "not all compared: " + ", ".join(shorts) if self.partial else " > ".join(shorts)
        if self.edges == _every_edge(self.names):
            edges = "edges not declared"
        else:
            edges = f"{count} edges, {named} named, {count - named} added"
        return f"<Continuum {shown(self.name)}: {len(self)} levels, {order}; {edges}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
            for cells in (
                (str(level.rank), level.name, level.label, level.live_in, str(level.hours)) for level in self.levels[:20]
            )
        )
        head = "".join(f"<th>{word}</th>" for word in ("rank", "name", "level", "live in", "hours"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{escape(repr(self)[1:-1])}</p>"


@lru_cache(maxsize=8)
def _shipped(name: str) -> Continuum:
    """Return a continuum of the data files; it cannot be changed, so one copy serves all."""
    data = resources.files("careflow.continuum").joinpath("data", f"{name}.toml").read_bytes()
    return Continuum.from_dict(parse_toml(data, f"{name}.toml"))


SHIPPED = ("standard", "asam3", "asam4", "teds")


def _levels(given: Sequence[Level | str]) -> list[Level]:
    """Return levels that can stand in one continuum, or raise DefinitionError."""
    for item in given:
        if not isinstance(item, Level | str):
            raise DefinitionError(
                f"a level must be a name or a Level, not {type(item).__name__}; put it in quotes, so that '2.10' stays '2.10'."
            )
    levels = [item if isinstance(item, Level) else Level(item) for item in given]
    if len(levels) < 2:
        raise DefinitionError(
            f"a continuum needs two levels or more, but {'one is' if levels else 'none are'} given; add the levels "
            "that people move between."
        )
    if len(levels) > MOST_LEVELS:
        raise DefinitionError(f"{len(levels):,} levels are given; careflow takes up to {MOST_LEVELS}, so group some of them.")
    for what, words in (
        ("named", [level.name for level in levels]),
        ("printed as", [level.short for level in levels]),
    ):
        seen: dict[str, str] = {}
        for word in words:
            if (other := seen.setdefault(look(word), word)) != word or words.count(word) > 1:
                same = f"two levels are {what} {shown(word)}" if other == word else f"{shown(other)} and {shown(word)} look the same"
                raise DefinitionError(f"{same}; give each level its own {'name' if what == 'named' else 'short name'}.")
    names = {level.name for level in levels}
    aliases = [alias for level in levels for alias in level.aliases]
    for alias in aliases:
        if alias in names or aliases.count(alias) > 1:
            raise DefinitionError(f"the alias {shown(alias)} stands for two levels; leave it with one of them.")
    return levels


def _known(name: object, names: Sequence[str], where: str) -> None:
    if name not in names:
        raise DefinitionError(
            f"{where} speaks of {shown(name)}, which is not a level{hint(name, names)}; the levels are {either(names[:20])}."
        )


def _known_pairs(pairs: Iterable[Pair], names: Sequence[str]) -> tuple[Pair, ...]:
    out = []
    for high, low in pairs:
        _known(high, names, "'above'")
        _known(low, names, f"level {shown(high)}: 'above'")
        if high == low:
            raise DefinitionError(f"level {shown(high)} is said to be above itself; take that away.")
        out.append((high, low))
    return tuple(out)


def _checked_edges(edges: Iterable[Edge], names: Sequence[str]) -> tuple[Edge, ...]:
    seen: set[Pair] = set()
    for edge in edges:
        where = f"the edge from {shown(edge.frm)} to {shown(edge.to)}"
        _known(edge.frm, names, where)
        _known(edge.to, names, where)
        if (edge.frm, edge.to) in seen:
            raise DefinitionError(f"{where} is there twice; take one away.")
        seen.add((edge.frm, edge.to))
    return tuple(edges)


def _every_edge(names: Sequence[str]) -> tuple[Edge, ...]:
    return tuple(Edge(a, b, "added", UNDECLARED) for a in names for b in names if a != b)


def _crosswalk(origin: Continuum, to: Continuum | str, chosen: Mapping[str, str], on: date | str | None) -> Crosswalk:
    walks = dict(origin.crosswalks)
    if isinstance(to, str):
        if to not in SHIPPED:
            raise ArgumentError(f"careflow ships no continuum {shown(to)}; it has {either(SHIPPED)}, or give your own.")
        to = _shipped(to)
    where = f"the crosswalk from {shown(origin.name)} to {shown(to.name)}"
    if to.name not in walks:
        known = f"it has crosswalks to {either(walks)}" if walks else "it has no crosswalks"
        raise ArgumentError(f"the continuum {shown(origin.name)} has no crosswalk to {shown(to.name)}; {known}.")
    for line in walks[to.name]:
        for level in {line.level, *line.choices} - {""}:
            _known(level, to.names, f"{where}, line {shown(line.code)},")
    lines, final = choose(walks[to.name], chosen, where)
    if on is not None:
        day = on if isinstance(on, date) else date.fromisoformat(on)
        lines = tuple(line for line in lines if line.first <= day <= line.last)
    return Crosswalk(origin, to, lines, final)
