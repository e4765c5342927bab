"""Rates with the counts of which they were made, and the rates of levels put together."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field, replace
from typing import Self

import pandas as pd

from careflow.arguments import checked
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.arguments import immature, interval_name
from careflow.estimate.rates.known_reasons import masked_estimates
from careflow.estimate.rates.methods import METHODS, RateInputs
from careflow.estimate.rates.rate_rows import people_behind
from careflow.estimate.rates.rate_tables import RateTables
from careflow.estimate.rates.unions import Asked, asked, asked_moves
from careflow.estimate.result import Provenance

HIDDEN = "hidden"
"""The column that protection adds."""


@dataclass(frozen=True, repr=False, eq=False)
class CountedRates(RateTables):
    """Rates with the counts of which they were made; :class:`careflow.estimate.Rates` is the public class."""

    inputs: InitVar[RateInputs | None] = None
    # ``dataclasses.replace`` passes no ``inputs``: a result made from this one, such as a protected one, has none and
    # cannot be compared.
    _inputs: RateInputs | None = field(default=None, init=False, repr=False)

    # mypy forgets an InitVar when it analyses a class of an import cycle a second time.
    def __post_init__(self, inputs: RateInputs | None) -> None:  # type: ignore[override]
        object.__setattr__(self, "_inputs", inputs)

    def counted(self, verb: str) -> RateInputs:
        """Return the counts and arguments of these rates, or raise if the rates were changed since."""
        if self._inputs is not None:
            return self._inputs
        if HIDDEN in self.frame:
            raise DisclosureError(
                f"these rates are protected, and {verb} needs the counts of which they were made; {verb} first, on the "
                "rates as they were estimated, and protect the result together with the rates"
            )
        raise ArgumentError(
            f"{verb} needs the counts of which the rates were made, and these were changed; "
            f"{verb} the result of transition_rates"
        )

    def told(self) -> pd.DataFrame:
        """Return the rates; of a few rows, shares of known reasons are missing where the counts know no reason.

        Rates of a few rows (``to="completed"``) do not say that all left for unknown reasons; their counts do.
        """
        if self.moves is None or self._inputs is None:
            return self.frame
        gone = self._inputs.rate_arrays(keep=False)[0].no_reason_known(self._inputs.by)
        return masked_estimates(self.frame, gone)

    def _people_at(self, rows: pd.DataFrame) -> dict[str, int]:
        return people_behind(self, self._inputs, rows)

    @checked(frm=asked, to=asked)
    def union(self, to: Asked | None = None, *, frm: Asked | None = None) -> Self:
        """Return the rates of levels or outcomes put together, estimated again with intervals of their own.

        Parameters
        ----------
        to, frm : str, list of str or mapping, optional
            As in :func:`careflow.transition_rates`: ``rates.union({"day programs": ["php", "iop"]})``.

        Returns
        -------
        Rates
            Only these rows.

        Raises
        ------
        ArgumentError
            If there is no such level or outcome, or the rates are not those that :func:`careflow.transition_rates`
            returned.
        DisclosureError
            If the rates are protected.
        """
        inputs = self.counted("union")
        moves = asked_moves(self.continuum, frm, to, reasons=inputs.method != "incidence")
        return type(self).estimated(replace(inputs, moves=moves))

    @classmethod
    def estimated(cls, inputs: RateInputs) -> Self:
        """Return the rates of counts: the body of :func:`careflow.transition_rates`."""
        method, counts = METHODS[inputs.method], inputs.counts
        to, to_direction = inputs.rate_arrays(keep=False)
        frame, contributors = to.frames(inputs.by)
        directions, direction_contributors = to_direction.frames(inputs.by)
        about = Provenance.of(
            counts,
            measure=method.measure,
            definition=method.definition.format(within=_words(inputs.windows)),
            n=inputs.size(to),
            unit=method.unit,
            dated_by="discharge",
            interval=interval_name(method.interval, inputs.confidence, inputs.cluster),
            within=inputs.windows,
            by=inputs.by,
            confidence=inputs.confidence,
            missing=immature(frame, inputs.by, counts.definition),
        )
        return cls(  # type: ignore[call-arg]
            frame,
            about,
            counts.definition.continuum,
            directions=directions,
            contributors=contributors,
            direction_contributors=direction_contributors,
            moves=inputs.moves,
            inputs=inputs,
        )


def _words(windows: tuple[int, ...]) -> str:
    return ", ".join(map(str, windows[:-1])) + (" and " if len(windows) > 1 else "") + str(windows[-1])
