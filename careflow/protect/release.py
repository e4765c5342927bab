"""`protect`: results in, results that may be published out, with the proof that they may."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, overload

from careflow.arguments import Argument, checked, flag, instance, one_of, path, whole
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.multistate.markov_chain import Chain
from careflow.estimate.result import Result
from careflow.protect.cells.cell_table import Book
from careflow.protect.cells.hierarchies import tie_strata
from careflow.protect.history.ledger import Ledger, locked, spec_of
from careflow.protect.history.successive_releases import Joint, State, join
from careflow.protect.history.unchanged_rows import rows_by_block, with_frozen
from careflow.protect.insiders import Insider, named, owners
from careflow.protect.results import length_of_stay, rates
from careflow.protect.results.mask import Mask
from careflow.protect.results.registry import kind_of
from careflow.protect.rounding.rounding import RoundedProof, rounded
from careflow.protect.rounding.successive_releases import join_rounded, ledger_spec
from careflow.protect.suppression.linear_system import VIRTUAL
from careflow.protect.suppression.proof import Checked, Proof
from careflow.protect.suppression.prove import PinnedError, prove

Mode = Literal["suppress", "round"]


TOGETHER: Final = "publish together what was counted together"
ORDER: Final = {"Rates": 0, "GroupTest": 2}
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
    inside = named(insider, given)
    book, places = entered(given)
    lay = join_rounded if mode == "round" else join

    def release(joint: Joint, number: int | None) -> tuple[Released, State]:
        if mode == "round":
            results, proof, state = rounded(given, places, joint, below)
            return Released(results, proof, number, mode="round"), state
        return _released(given, places, joint, below, progress, number, inside)

    if ledger is None:
        return release(lay(book, State(), below), None)[0]
    with locked(ledger):
        opened = Ledger.open(ledger)
        spec, cutoff = spec_of(given[0], below), given[0].about.cutoff
        spec = ledger_spec(spec) if mode == "round" else spec
        opened.check_spec(spec, cutoff)
        opened.check_same_data(book)
        joint = lay(book, opened.state, below)
        number = len(opened.releases) + 1 if joint.new else len(opened.releases)
        try:
            released, state = release(joint, number)
        except PinnedError:
            # Frozen rows tell that they changed by little: without them there is more room.
            joint = join(book, opened.state, below, apart=True)
            released, state = release(joint, number)
        if joint.new:
            opened.append(state, spec, cutoff)
        return released


def _released(
    given: list[Result],
    places: list[Any],
    joint: Joint,
    below: int,
    progress: bool | None,
    number: int | None = None,
    inside: tuple[str, tuple[str, ...]] | None = None,
) -> tuple[Released, State]:
    """Prove, mask, put frozen rows back, and return the release with the state to remember."""
    system = joint.state.system()
    if inside is not None:
        system = replace(system, owner=owners(system.names, *inside))
    proof = prove(system, below, progress=progress, notes=_notes(given, inside))
    checked = proof.check()
    if not checked:
        raise DisclosureError(f"this release {checked}; nothing was released")
    state = joint.settle(proof.hidden)
    # A count of a frozen row is in the system as a cell that is not printed: nothing may print it either.
    closed = proof.hidden | ((proof.system.status == VIRTUAL) & ~joint.derived)
    mask = Mask(closed[joint.place], proof.system.values[joint.place].astype(float), below, _lone_curves(given, number))
    results, rows = [], dict(state.rows)
    for result, cells in zip(given, places, strict=True):
        kind = kind_of(result)
        masked = kind.masked(result, cells, mask)
        masked = with_frozen(masked, kind.tables, kind.block, rows, joint.frozen)
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
        _a_result(result, Argument("protect", "results"))
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


def entered(given: list[Result]) -> tuple[Book, list[Any]]:
    """Enter all results in one book, and tie what several of them tell of."""
    book = Book(given[0].about.cutoff)
    # Rates first: what they know of all discharges is what the others are tied to. Tests last: they tie themselves.
    order = sorted(range(len(given)), key=lambda i: ORDER.get(type(given[i]).__name__, 1))
    found = {i: kind_of(given[i]).enter(book, given[i]) for i in order}
    places = [found[i] for i in range(len(given))]
    rates.tie_windows(book)
    pairs: list[Any] = [
        pair for pair in zip(given, places, strict=True) if isinstance(pair[1], length_of_stay.StayCells)
    ]
    length_of_stay.tie_last(book, pairs)
    tie_strata(book)
    return book, places


def _lone_curves(given: list[Result], number: int | None) -> bool:
    """Whether curves may show who is at risk: there is one table of stays, and no earlier one to subtract."""
    return number is None and sum(type(result).__name__ == "LengthOfStay" for result in given) <= 1


def _notes(given: list[Result], inside: tuple[str, tuple[str, ...]] | None) -> tuple[str, ...]:
    known = [_knows_people(result) for result in given]
    notes = []
    if inside is not None:
        whose = f"each {inside[0]}" if len(inside[1]) > 1 else f"{inside[0]} {inside[1][0]}"
        notes.append(f"Proved against {whose} that knows its own numbers too")
        if not all(inside[0] in result.about.by for result in given):
            notes.append(
                f"What an insider knows of its own part in tables that are not by {inside[0]} is not thought of"
            )
    if not all(known):
        notes.append(
            "Distinct people are not known for every count, so there the rule was applied to moves and stays"
            if any(known)
            else "Distinct people behind the counts are not known, so the rule was applied to moves and stays"
        )
    return tuple(notes)


def _knows_people(result: Result) -> bool:
    """Whether the people behind every count are known, or it shows none or shows people."""
    if type(result).__name__ in (*PEOPLE, *NO_COUNTS):
        return True
    behind = result.rates if isinstance(result, Chain) else result
    return getattr(behind, "contributors", None) is not None


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
