"""Results read from the files that they were saved in."""

from __future__ import annotations

from os import PathLike

from careflow.arguments import checked, path
from careflow.estimate.result import Result
from careflow.estimate.saved import read_result


@checked(path=path)
def load(path: str | PathLike[str]) -> Result:
    """Read a result that :meth:`careflow.estimate.Result.save` wrote.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Result
        Of the class that was saved, with its frames and provenance; ``result.stamp`` names the version, the rules and
        the records. What needs the counts themselves, such as comparing rates, needs the estimate made again.

    Raises
    ------
    CountsError
        If the file does not exist, is damaged, or is not a result of careflow.

    Examples
    --------
    >>> import tempfile, pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a"], "level": ["php"], "admit_date": ["2024-01-01"],
    ...     "discharge_date": ["2024-01-11"]})
    >>> census = cf.census(cf.link(cf.read_episodes(stays, cutoff="2024-03-31")))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = cf.load(census.save(f"{folder}/census.parquet"))
    >>> again.frame.equals(census.frame), again.stamp["cut-off"]
    (True, '2024-03-31')
    """
    result: Result = read_result(path)
    return result
