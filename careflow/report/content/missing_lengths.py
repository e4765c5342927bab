"""Why the median or the restricted mean of a length of stay is missing."""

from __future__ import annotations

from typing import Final

import pandas as pd

from careflow.estimate.survival.stay_result import LengthOfStay
from careflow.formatting import days
from careflow.protect.results.length_of_stay import rests_on_few
from careflow.report.content.grid import HIDDEN_WORD

NOT_REACHED: Final = "not reached"
NOT_KNOWN: Final = "not known"
_COLUMNS: Final = ("median", "rmean")


def missing_lengths(stays: LengthOfStay, below: int | None = None) -> pd.DataFrame:
    """Return the reason for each missing median and restricted mean, from what may be shown alone.

    Parameters
    ----------
    stays : LengthOfStay
        Masked or protected.
    below : int, optional
        The threshold of a release. There a number may be left out in a row that is shown, because it rests on too few
        stays; it is then ``"hidden"``, whether or not it could be estimated.

    Returns
    -------
    pandas.DataFrame
        ``median, rmean``, a row for each row of ``stays.frame``: the reason, or ``""`` where the number is there, where
        the whole row is hidden, and where there was no stay. A mean is missing where nobody was followed to the
        horizon. A median is ``"not reached"`` where more than half were still in care on the last day followed, and
        ``"not known"`` where that cannot be told; after a colon stands how long the stays were followed.
    """
    frame = stays.frame
    shown = (~frame["hidden"].to_numpy(dtype=bool)) & (frame["n"] > 0).to_numpy()
    limits = [
        f"not followed for {days(stays.horizon)}" if pd.isna(day) else f"followed for {days(day)} only"
        for day in frame["known_to"]
    ]
    complete = frame["rmean"].notna().to_numpy()
    medians = [
        NOT_REACHED if whole else f"{NOT_KNOWN if pd.isna(day) else NOT_REACHED}: {limit}"
        for whole, limit, day in zip(complete, limits, frame["known_to"], strict=True)
    ]
    reasons = pd.DataFrame({"median": medians, "rmean": limits}, index=frame.index, dtype=object)
    for name in _COLUMNS:
        if below is not None:
            reasons[name] = reasons[name].mask(rests_on_few(frame, name, below), HIDDEN_WORD)
        reasons[name] = reasons[name].where(shown & frame[name].isna().to_numpy(), "")
    return reasons
