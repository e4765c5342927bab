"""The continuum of care: its constructors, its graph, its crosswalks and its representations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from careflow.arguments import checked, constructed, day, mapping, path
from careflow.arguments.messages import brief, either, shown
from careflow.continuum import show
from careflow.continuum.checks import checked_levels
from careflow.continuum.crosswalk import Crosswalk, cross
from careflow.continuum.definition import SHIPPED, parts_of, read_shipped, read_toml, values_of
from careflow.continuum.level import Level
from careflow.continuum.taxonomy import Taxonomy
from careflow.errors import ArgumentError, DefinitionError

if TYPE_CHECKING:
    import networkx as nx


@constructed
@dataclass(frozen=True, repr=False, eq=False)
class Continuum(Taxonomy):
    """Levels of care in their order of intensity, most intensive first, and the edges between them.

    Parameters
    ----------
    name : str
        The name of the continuum in provenance.
    levels : sequence of Level or str
        At least one and at most 100, with different names.
    above : sequence of (str, str), optional
        Pairs (more intensive, less intensive). The relation is transitive: if a is above b and b above c, a is above c.
        Levels that no chain of pairs joins are not comparable: a move between them is lateral. The default is the order
        of the list.
    edges : sequence of Edge, optional
        The moves that belong to the continuum. The default is every pair of levels.
    title, edition, note : str
        The long name, the edition of the taxonomy, and a note for analysts.
    sources : sequence of str
        The sources of the definition.
    crosswalks : sequence of (str, sequence of Line)
        The levels of its codes in other continua, by the name of the other continuum.

    Raises
    ------
    DefinitionError
        If the definition contradicts itself; the message says what to change.

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

    # -- constructors ------------------------------------------------------------------------------------------

    @classmethod
    def standard(cls) -> Continuum:
        """Return the five levels: inpatient, residential, php, iop, outpatient.

        The levels are those of a text on intensive outpatient treatment. It names six edges. Twelve edges are added,
        each with its reason, and so is the rank of inpatient above residential.
        """
        return _shipped("standard")

    @classmethod
    @checked()
    def asam(cls, edition: int) -> Continuum:
        """Return the levels of the ASAM criteria, third (2013) or fourth (2023, adults) edition.

        The fourth edition has two dimensions, setting and medical management, so its order is partial: a move from 2.7
        (medically managed, living at home) to 3.1 (living in, clinically managed) is lateral.

        >>> fourth = Continuum.asam(edition=4)
        >>> fourth.direction("3.7", "2.7"), fourth.direction("2.7", "3.1"), fourth.ladder().direction("2.7", "3.1")
        ('step-down', 'lateral', 'step-up')
        """
        if isinstance(edition, bool) or edition not in (3, 4):
            raise ArgumentError("careflow has the ASAM criteria in two editions: give edition=3 or edition=4.")
        return _shipped(f"asam{int(edition)}")

    @classmethod
    def teds(cls) -> Continuum:
        """Return the eight services of the Treatment Episode Data Set (SERVICES, SERVICES_D), by code.

        >>> Continuum.teds().short("7")
        'Outpatient'
        """
        return _shipped("teds")

    @classmethod
    @checked()
    def of(cls, levels: Iterable[str | Level], *, name: str = "own levels") -> Continuum:
        """Return a continuum of the given levels, the most intensive first.

        Parameters
        ----------
        levels : iterable of str or Level
            Names as in the records, or levels.
        name : str
            The name in provenance.

        >>> Continuum.of(["detox", "rehab", "aftercare"]).names
        ('detox', 'rehab', 'aftercare')
        """
        if isinstance(levels, str | Set | Mapping) or not isinstance(levels, Iterable):
            raise DefinitionError("give the levels as a list, the most intensive first: ['residential', 'iop'].")
        return cls(name, tuple(checked_levels(tuple(levels))))

    @classmethod
    @checked(path=path)
    def from_toml(cls, path: str | Path) -> Continuum:
        """Return the continuum that a TOML file defines; docs/taxonomies.md describes the format.

        Raises
        ------
        DefinitionError
            If the file cannot be read or contradicts itself; the message says where, and what to change.
        """
        values = read_toml(path)
        try:
            return cls.from_dict(values)
        except DefinitionError as error:
            raise DefinitionError(f"{Path(path).name}: {error}") from None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Continuum:
        """Return the continuum of these values, in the format of the TOML files and of :meth:`to_dict`.

        >>> care = Continuum.standard()
        >>> Continuum.from_dict(care.to_dict()) == care
        True
        """
        parts = parts_of(values)
        return cls(parts.name, parts.levels, above=parts.above, crosswalks=parts.crosswalks, **parts.optional)

    # -- graph and crosswalks ----------------------------------------------------------------------------------

    @property
    def graph(self) -> nx.DiGraph[str]:
        """The continuum as a new networkx.DiGraph.

        Nodes have the attributes of :class:`Level`, edges ``direction``, ``basis`` and ``reason``.

        >>> import networkx as nx
        >>> nx.shortest_path_length(Continuum.standard().graph, "residential", "outpatient")
        2
        """
        from careflow.continuum.graph import digraph

        return digraph(self)

    @checked(choose=mapping("{code: level}"), on=day)
    def crosswalk(
        self, to: Continuum | str = "standard", *, choose: Mapping[str, str] | None = None, on: date | str | None = None
    ) -> Crosswalk:
        """Return the crosswalk from the codes of this continuum to the levels of another one.

        Parameters
        ----------
        to : Continuum or str
            The other continuum, or the name of a shipped one.
        choose : mapping, optional
            Levels of codes that payers read differently: ``{"3.7": "residential"}`` for ASAM's 3.7, which is inpatient
            by its name in the third edition and residential for many payers and states.
        on : date or str, optional
            Only the lines in force on that day.

        Raises
        ------
        ArgumentError
            If there is no such crosswalk, switch or day.

        >>> Continuum.teds().crosswalk().mapping["6"]
        'iop'
        """
        if isinstance(to, str):
            if to not in SHIPPED:
                raise ArgumentError(f"careflow ships no continuum {shown(to)}; it has {either(SHIPPED)}.")
            to = _shipped(to)
        if not isinstance(to, Continuum):
            raise ArgumentError(f"crosswalk() goes to a Continuum, or to {either(SHIPPED)}; it was given {brief(to)}.")
        return cross(self, to, choose or {}, cast("date | None", on))  # the check returns a date

    # -- representations ---------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the definition as values of JSON; continua are equal if these values are."""
        return values_of(self)

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Continuum) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.names, self.above))

    def __repr__(self) -> str:
        return show.line(self)

    def _repr_html_(self) -> str:
        return show.table(self)


@lru_cache(maxsize=len(SHIPPED))
def _shipped(name: str) -> Continuum:
    """Return a continuum of the data files; it is immutable, so it is cached."""
    return Continuum.from_dict(read_shipped(name))
