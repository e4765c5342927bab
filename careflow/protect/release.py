"""`protect`: results in, results that may be published out, with the proof that they may."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, overload

from careflow.arguments import Asked, checked, flag, instance, one_of, path, whole
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.multistate.markov_chain import Chain
from careflow.estimate.result import Result
from careflow.protect.cells.cell_table import CellTable
from careflow.protect.cells.hierarchies import link_strata
from careflow.protect.history.ledger import Ledger, locked, spec_of
from careflow.protect.history.successive_releases import JointRelease, State, join
from careflow.protect.history.unchanged_rows import rows_by_block, with_unchanged_rows
from careflow.protect.insiders import Insider, cell_owners, insider_labels
from careflow.protect.results import length_of_stay, rates
from careflow.protect.results.mask import Mask
from careflow.protect.results.registry import kind_of
from careflow.protect.rounding.rounding import RoundedProof, rounded
from careflow.protect.rounding.successive_releases import join_rounded, rounded_spec
from careflow.protect.suppression.linear_system import VIRTUAL
from careflow.protect.suppression.proof import Checked, Proof
from careflow.protect.suppression.prove import UnprotectableError, prove

Mode = Literal["suppress", "round"]


TOGETHER: Final = "publish together what was counted together"
ENTRY_ORDER: Final = {"Rates": 0, "GroupTest": 2}
_a_result: Final = instance(Result)
PEOPLE: Final = ("PersonsServed",)
"""Kinds whose counts are of distinct people and add up to nothing."""
NO_COUNTS: Final = ("CumulativeIncidence", "Occupation", "ExpectedDays")
"""Kinds that show no count."""


@dataclass(frozen=True, eq=False, repr=False)
class Released(Sequence[Result]):
    """Protected results, in the order in which they were given, and their proof.

    A release of one result also answers to the names of that result: ``safe.frame``, ``safe.matrix()``.

    Attributes
    ----------
    results : tuple of Result
        Of the same kinds as went in; frames have ``hidden`` and hidden numbers are missing.
    proof : Proof
        ``proof.check()`` verifies by adding up. It holds true counts: never publish it.
    release : int or None
        Number of the release in the ledger.
    warnings : tuple of str
        What is allowed and still worth a thought, such as rows in which everybody did the same.
    """

    results: tuple[Result, ...]
    proof: Proof | RoundedProof
    release: int | None = None
    warnings: tuple[str, ...] = ()
    mode: Mode = "suppress"
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
        """The sentence for the report: the rule met, proved against these tables, and what is not defended against."""
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
    """Hide what must be hidden in results that are published together, and prove that it cannot be worked out.

    Parameters
    ----------
    results : Result or sequence of Result
        Made from one set of counts. All that goes out together must go in together.
    below : int
        The threshold: a count of 1 to ``below`` - 1, or of fewer than ``below`` people, is small. Zero is shown.
    ledger : path, optional
        A folder that remembers earlier releases of the same data: what they hid stays hidden, what they showed stays
        shown, all are proved together, and this release is entered.
    mode : {"suppress", "round"}
        ``"suppress"`` shows exact numbers or none. ``"round"`` hides 0 to ``below`` - 1 and rounds the rest to fives.
    insider : str or dict, optional
        A stratum, such as ``"facility"``: the proof then holds against each facility that knows its own numbers (of
        this release and of earlier ones in the ledger) as well; or one of them, ``{"facility": "North"}``.
    progress : bool, optional
        Show a bar; by default on a terminal only.

    Returns
    -------
    Released
        The results, of the same kinds, in the same order.

    Raises
    ------
    DisclosureError
        When a cell cannot be protected, when results are of different data or protected already, or when the ledger
        is broken or of other data.
    ArgumentError
        For an option that does not exist.

    Notes
    -----
    The rules are in docs/disclosure.md. "Meets the rule of 11, proved against these tables" is all that is claimed.
    """
    given = _checked(results)
    if mode == "round" and insider is not None:
        raise ArgumentError("mode='round' has no proof against insiders; use mode='suppress', or leave out insider=")
    insiders = insider_labels(insider, given)
    table, entered_cells = enter_results(given)
    join_release = join_rounded if mode == "round" else join

    def release(joint: JointRelease, number: int | None) -> tuple[Released, State]:
        if mode == "round":
            results, proof, state = rounded(given, entered_cells, joint, below)
            return Released(results, proof, number, mode="round"), state
        return _released(given, entered_cells, joint, below, progress, number, insiders)

    if ledger is None:
        return release(join_release(table, State(), below), None)[0]
    with locked(ledger):
        history = Ledger.open(ledger)
        spec, cutoff = spec_of(given[0], below), given[0].about.cutoff
        spec = rounded_spec(spec) if mode == "round" else spec
        history.check_spec(spec, cutoff)
        history.check_same_data(table)
        joint = join_release(table, history.state, below)
        number = len(history.releases) + 1 if joint.new else len(history.releases)
        try:
            released, state = release(joint, number)
        except UnprotectableError:
            # Frozen rows tell that they changed by little: without them there is more room.
            joint = join(table, history.state, below, separate=True)
            released, state = release(joint, number)
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
) -> tuple[Released, State]:
    """Prove, mask, put frozen rows back, and return the release with the state to remember."""
    system = joint.state.system()
    if insiders is not None:
        system = replace(system, owner=cell_owners(system.names, *insiders))
    proof = prove(system, below, progress=progress, notes=_notes(given, insiders))
    checked = proof.check()
    if not checked:
        raise DisclosureError(f"this release {checked}; nothing was released")
    state = joint.after_release(proof.hidden)
    # A count of a frozen row is in the system as a cell that is not printed: nothing may print it either.
    masked_cells = proof.hidden | ((proof.system.status == VIRTUAL) & ~joint.derived)
    mask = Mask(
        masked_cells[joint.numbers],
        proof.system.values[joint.numbers].astype(float),
        below,
        _counts_on_curves(given, number),
    )
    results, rows = [], dict(state.rows)
    for result, cells in zip(given, entered_cells, strict=True):
        kind = kind_of(result)
        masked = kind.masked(result, cells, mask)
        masked = with_unchanged_rows(masked, kind.tables, kind.block, rows, joint.unchanged)
        rows |= rows_by_block(masked, kind.tables, kind.block)
        hidden = int(masked.frame["hidden"].sum())
        about = mask.about(masked.about, kind.total(masked), hidden, len(masked.frame), kind.counted)
        results.append(replace(masked, about=about))
    state.rows = rows
    released = Released(tuple(results), proof, number, tuple(_same_for_all(results)))
    return released, state


def _checked(results: Result | Sequence[Result]) -> list[Result]:
    if isinstance(results, Released):
        raise DisclosureError("this is protected already; protect the results it was made from")
    one = isinstance(results, Result | str) or hasattr(results, "columns") or not isinstance(results, Iterable)
    given: list[Any] = [results] if one else list(results)  # type: ignore[arg-type]
    if not given:
        raise ArgumentError("there is nothing to protect: give one result or a list of them")
    for result in given:
        _a_result(result, Asked("protect", "results"))
        if "hidden" in result.frame.columns:
            raise DisclosureError("this is protected already; protect the results it was made from")
        kind_of(result)
    first = given[0]
    for result in given[1:]:
        if result.about.cutoff != first.about.cutoff or result.about.start != first.about.start:
            raise DisclosureError(f"the results have different cut-offs or first days; {TOGETHER}")
        if result.continuum != first.continuum:
            raise DisclosureError(f"the results have different continuums; {TOGETHER}")
    people = [result for result in given if type(result).__name__ in PEOPLE]
    if people and len(people) < len(given):
        raise DisclosureError(
            "people do not add up over levels or quarters, moves and stays do: protect persons served by itself, "
            "with a ledger of its own"
        )
    return given


def enter_results(given: list[Result]) -> tuple[CellTable, list[Any]]:
    """Enter all results in one book, and tie what several of them tell of."""
    table = CellTable(given[0].about.cutoff)
    # Rates first: what they know of all discharges is what the others are tied to. Tests last: they tie themselves.
    order = sorted(range(len(given)), key=lambda i: ENTRY_ORDER.get(type(given[i]).__name__, 1))
    cells_of = {i: kind_of(given[i]).enter(table, given[i]) for i in order}
    entered_cells = [cells_of[i] for i in range(len(given))]
    rates.link_windows(table)
    stay_tables: list[Any] = [
        pair for pair in zip(given, entered_cells, strict=True) if isinstance(pair[1], length_of_stay.StayCells)
    ]
    length_of_stay.link_last_period(table, stay_tables)
    link_strata(table)
    return table, entered_cells


def _counts_on_curves(given: list[Result], number: int | None) -> bool:
    """Whether curves may show who is at risk: there is one table of stays, and no earlier one to subtract."""
    return number is None and sum(type(result).__name__ == "LengthOfStay" for result in given) <= 1


def _notes(given: list[Result], insiders: tuple[str, tuple[str, ...]] | None) -> tuple[str, ...]:
    persons_known = [_persons_known(result) for result in given]
    notes = []
    if insiders is not None:
        known_by = f"each {insiders[0]}" if len(insiders[1]) > 1 else f"{insiders[0]} {insiders[1][0]}"
        notes.append(f"Proved against {known_by} that knows its own numbers too")
        if not all(insiders[0] in result.about.by for result in given):
            notes.append(
                f"What an insider knows of its own part in tables that are not by {insiders[0]} is not thought of"
            )
    if not all(persons_known):
        notes.append(
            "Distinct people are not known for every count, so there the rule was applied to moves and stays"
            if any(persons_known)
            else "Distinct people behind the counts are not known, so the rule was applied to moves and stays"
        )
    return tuple(notes)


def _persons_known(result: Result) -> bool:
    """Whether the people behind every count are known, or it shows none or shows people."""
    if type(result).__name__ in (*PEOPLE, *NO_COUNTS):
        return True
    source = result.rates if isinstance(result, Chain) else result
    return getattr(source, "contributors", None) is not None


def _same_for_all(results: list[Result]) -> Iterator[str]:
    """Say where everybody did the same: allowed, but it tells of each of them."""
    for result in results:
        if {"n", "of"} <= set(result.frame.columns):
            n, of = result.frame["n"], result.frame["of"]
            if rows := int(((n == of) & (of > 0)).sum()):
                yield (
                    f"{type(result).__name__}: in {rows:,} rows everybody did the same (100%), which tells of each of "
                    "them; leave these rows out if that could harm"
                )
