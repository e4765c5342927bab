"""`protect`: suppress or round cells of results that are published together, and prove the protection."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, overload

from careflow.arguments import Argument, checked, flag, instance, one_of, path, whole
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.result import Result
from careflow.protect.cells.cell_table import CellTable
from careflow.protect.cells.hierarchies import hide_coarse_last
from careflow.protect.history.ledger import Ledger, locked, spec_of
from careflow.protect.history.series_plan import first_month, joined, plan_of
from careflow.protect.history.state import State
from careflow.protect.history.successive_releases import JointRelease, join
from careflow.protect.history.unchanged_rows import rows_by_block, with_unchanged_rows
from careflow.protect.insiders import Insider, cell_owners, insider_labels, insider_of_series, planned_insider
from careflow.protect.release_notes import notes, planned_people, same_for_all
from careflow.protect.results.links import link
from careflow.protect.results.mask import Mask
from careflow.protect.results.registry import kind_of
from careflow.protect.results.windows import hide_longest_window_last
from careflow.protect.rounding.rounding import RoundedProof, rounded
from careflow.protect.rounding.successive_releases import join_rounded, rounded_spec
from careflow.protect.suppression.earlier_tables import EarlierTables
from careflow.protect.suppression.linear_system import VIRTUAL
from careflow.protect.suppression.proof import Checked, Proof
from careflow.protect.suppression.prove import UnprotectableError, prove

Mode = Literal["suppress", "round"]


TOGETHER: Final = "publish together what was counted together"
ENTRY_ORDER: Final = {"Rates": 0}
_a_result: Final = instance(Result)


@dataclass(frozen=True, eq=False, repr=False)
class Released(Sequence[Result]):
    """Protected results, in the order in which they were given, with their proof.

    A release of one result has the attributes and methods of that result too: ``safe.frame``, ``safe.matrix()``.

    Attributes
    ----------
    results : tuple of Result
        The protected results, of the same classes. Frames have a column ``hidden``; suppressed numbers are missing.
    proof : Proof or RoundedProof
        ``proof.check()`` verifies it by arithmetic. It holds the true counts: never publish it.
    release : int or None
        Number of the release in the ledger; None without a ledger.
    warnings : tuple of str
        Rows that the rule allows and that may still disclose, such as those in which everybody did the same.
    mode : {"suppress", "round"}
        As given to `protect`.
    ledger : str or None
        Id of the ledger; None without a ledger.
    checked : Checked
        The outcome of ``proof.check()``.
    """

    results: tuple[Result, ...]
    proof: Proof | RoundedProof
    release: int | None = None
    warnings: tuple[str, ...] = ()
    mode: Mode = "suppress"
    ledger: str | None = None
    checked: Checked = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "checked", self.proof.check())

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        return self.results[at]

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.results)

    def __repr__(self) -> str:
        kinds = ", ".join(type(result).__name__ for result in self.results)
        return f"<Released: {kinds}; {self.statement}>"

    def __getattr__(self, name: str) -> Any:
        results = self.__dict__.get("results", ())
        if len(results) == 1 and not name.startswith("__"):
            return getattr(results[0], name)
        raise AttributeError(f"a release of {len(results)} results has no {name!r}; take one of them, as in release[0]")

    @property
    def statement(self) -> str:
        """The sentence for the report: the rule, the cells proved and hidden, and what is not defended against."""
        return str(self.checked)


@checked(below=whole(2, 1000), ledger=path, mode=one_of("suppress", "round"), progress=flag)
def protect(
    results: Result | Sequence[Result],
    below: int = 11,
    ledger: str | os.PathLike[str] | None = None,
    mode: Mode = "suppress",
    *,
    insider: Insider | None = None,
    progress: bool | None = None,
) -> Released:
    """Suppress (or round) cells of results that are published together, and prove that small cells are protected.

    Small cells are suppressed (primary suppression), and further cells so that no small cell can be worked out from
    the sums (secondary suppression). The results are one system of linked tables.

    Parameters
    ----------
    results : Result or sequence of Result
        Made from one set of counts. Give all results that are published together in one call.
    below : int
        The threshold, 2 to 1,000. A count of 1 to ``below`` - 1, or of fewer than ``below`` people, is small. Zero is
        shown.
    ledger : path, optional
        Folder with the earlier releases of the same data. What they hid stays hidden, what they showed stays shown, all
        releases are proved jointly, and this release is added. It holds true counts: never publish it.
    mode : {"suppress", "round"}
        ``"suppress"`` prints a number exactly or not at all. ``"round"`` hides 0 to ``below`` - 1 and rounds all other
        numbers to multiples of 5.
    insider : str or dict, optional
        A stratum, such as ``"facility"``: the proof then also holds against each facility that knows its own numbers
        (of this release and of earlier ones in the ledger). ``{"facility": "North"}`` is one facility only. Later
        releases of the ledger are then proved against the same insiders, asked for or not.
    progress : bool, optional
        Show a progress bar; by default on a terminal only.

    Returns
    -------
    Released
        The protected results, of the same classes and in the same order, and the proof.

    Raises
    ------
    DisclosureError
        When a cell cannot be protected, when the results are of different data or are protected already, when a kind of
        result has no rules, or when the ledger is broken or of other data.
    ArgumentError
        For a value of an option that is not allowed.

    Notes
    -----
    For each small cell with value ``a`` the proof holds two alternative tables of whole numbers that satisfy every sum
    and agree with every published number: in one the cell is at least ``below``, in the other it is the least that it
    could be. So the feasibility interval of the cell reaches from that least value to at least ``below``. The rules for
    each kind of result are in docs/disclosure.md. "Meets the rule of 11, proved against these tables" is all that is
    claimed.

    References
    ----------
    Hundepool, A., et al. (2012). Statistical Disclosure Control. Wiley. Chapter 4.

    Fischetti, M., & Salazar, J. J. (2001). Solving the cell suppression problem on tabular data with linear
    constraints. Management Science, 47(7), 1008-1027.
    """
    given = _checked(results)
    if mode == "round" and insider is not None:
        raise ArgumentError("mode='round' has no proof against insiders; use mode='suppress', or leave out insider=")
    plan = plan_of(given)
    join_release = join_rounded if mode == "round" else join

    def release(
        joint: JointRelease, entered_cells: list[Any], number: int | None = None, ledger_id: str | None = None
    ) -> tuple[Released, State]:
        if mode == "round":
            results, proof, state = rounded(given, entered_cells, joint, below)
            return Released(results, proof, number, mode="round", ledger=ledger_id), state
        return _released(given, entered_cells, joint, below, progress, number, insiders, ledger_id, plan)

    if ledger is None:
        insiders = insider_labels(insider, given)
        table, entered_cells = enter_results(given, below)
        return release(join_release(table, State(), below), entered_cells)[0]
    with locked(ledger):
        history = Ledger.open(ledger)
        history.sweep()
        spec, cutoff = spec_of(given[0], below), given[0].about.cutoff
        spec = rounded_spec(spec) if mode == "round" else spec
        history.check_spec(spec, cutoff)
        plan = joined(history.state.plan, plan)
        earlier_strata = {cell.stratum for cell in history.state.cells}
        insider_labels(insider, given, earlier_strata)  # a name that is not there is an error, whatever was promised
        insider = insider_of_series(insider, history.state.plan)
        insiders = insider_labels(insider, given, earlier_strata)
        plan |= planned_insider(insider) | planned_people(given)
        table, entered_cells = enter_results(given, below, plan)
        history.check_same_data(table)
        joint = join_release(table, history.state, below)
        number = len(history.releases) + 1 if joint.new else len(history.releases)
        try:
            released, state = release(joint, entered_cells, number, history.id)
        except UnprotectableError:
            # A reader knows that an unchanged row changed by less than the threshold. Judge every row afresh instead.
            joint = join(table, history.state, below, separate=True)
            released, state = release(joint, entered_cells, number, history.id)
        state.plan = plan
        if joint.new:
            history.append(state, spec, cutoff)
        return released


def _released(
    given: list[Result],
    entered_cells: list[Any],
    joint: JointRelease,
    below: int,
    progress: bool | None,
    number: int | None = None,
    insiders: tuple[str, tuple[str, ...]] | None = None,
    ledger_id: str | None = None,
    plan: dict[str, Any] | None = None,
) -> tuple[Released, State]:
    """Prove, mask, print unchanged rows as before, and return the release with the state for the ledger."""
    system = joint.state.system()
    if insiders is not None:
        system = replace(system, owner=cell_owners(system.names, *insiders))
    proof = prove(system, below, progress=progress, notes=notes(given, insiders, plan), earlier=joint.state.tables)
    checked = proof.check()
    if not checked:
        raise DisclosureError(f"this release {checked}; nothing was released")
    state = joint.after_release(proof.hidden)
    # The new count of an unchanged row is in the system as a cell that is not printed: no other row may print it.
    masked_cells = proof.hidden | ((proof.system.status == VIRTUAL) & ~joint.derived)
    mask = Mask(
        masked_cells[joint.numbers],
        proof.system.values[joint.numbers].astype(float),
        below,
        proof.least_for_readers()[joint.numbers],
    )
    results, rows = [], dict(state.rows)
    for result, cells in zip(given, entered_cells, strict=True):
        kind = kind_of(result)
        masked = kind.masked(result, cells, mask)
        masked = with_unchanged_rows(masked, kind.tables, kind.block, rows, joint.unchanged)
        if ledger_id is not None:
            rows |= rows_by_block(masked, kind.tables, kind.block)
        hidden = int(masked.frame["hidden"].sum())
        about = mask.about(masked.about, kind.total(masked), hidden, len(masked.frame), kind.counted)
        results.append(replace(masked, about=about))
    state.rows = rows
    if ledger_id is not None:
        state.tables = EarlierTables.of(proof)
    released = Released(tuple(results), proof, number, tuple(same_for_all(results)), ledger=ledger_id)
    return released, state


def _checked(results: Result | Sequence[Result]) -> list[Result]:
    if isinstance(results, Released):
        raise DisclosureError("these results are protected already; give protect() the results they were made from")
    one = isinstance(results, Result | str) or hasattr(results, "columns") or not isinstance(results, Iterable)
    given: list[Any] = [results] if one else list(results)  # type: ignore[arg-type]
    if not given:
        raise ArgumentError("there are no results to protect; give one result or a list of results")
    for result in given:
        _a_result(result, Argument("protect", "results"))
        if "hidden" in result.frame.columns:
            raise DisclosureError("these results are protected already; give protect() the results they were made from")
        kind_of(result)
    first = given[0]
    for result in given[1:]:
        if result.about.cutoff != first.about.cutoff or result.about.start != first.about.start:
            raise DisclosureError(f"the results have different cut-offs or first days; {TOGETHER}")
        if result.continuum != first.continuum:
            raise DisclosureError(f"the results have different continuums; {TOGETHER}")
    return given


def enter_results(
    given: list[Result], below: int = 11, plan: dict[str, Any] | None = None
) -> tuple[CellTable, list[Any]]:
    """Enter all results in one table of cells, and link the cells that several results count.

    ``plan`` is that of the series, whose quarters and years may be those of a year that begins in another month.
    """
    about = given[0].about
    table = CellTable(about.cutoff, about.start, first_month(given, plan))
    table.linked, table.below = about.linked, below
    # Rates first: the cells that they share with others have their names and costs.
    order = sorted(range(len(given)), key=lambda i: ENTRY_ORDER.get(type(given[i]).__name__, 1))
    cells_of = {i: kind_of(given[i]).enter(table, given[i]) for i in order}
    entered_cells = [cells_of[i] for i in range(len(given))]
    link(table)
    hide_coarse_last(table)
    hide_longest_window_last(table)
    return table, entered_cells
