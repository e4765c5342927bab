"""Arguments of charts as the result spells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from careflow.continuum import Continuum
from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES
from careflow.estimate.select import name_among


def spelled(arguments: Mapping[str, Any], continuum: Continuum) -> dict[str, Any]:
    """Return the arguments of a chart with levels, outcomes and directions by their names, however they are written.

    What means none of them stays as it is, for the chart to say what there is.

    Examples
    --------
    >>> spelled({"frm": "PHP", "to": "Left-Early", "emphasis": [("RTC", "PHP")]}, Continuum.standard())
    {'frm': 'php', 'to': 'left early', 'emphasis': [('residential', 'php')]}
    """
    names = (*continuum.names, *OUTCOMES, *DIRECTIONS)

    def name(word: Any) -> Any:
        if isinstance(word, (list, tuple)):
            return tuple(map(name, word))
        meant = name_among(word, names, continuum) if isinstance(word, str) else None
        return word if meant is None else meant

    out = dict(arguments)
    out |= {key: name(out[key]) for key in ("frm", "to", "level", "measure") if isinstance(out.get(key), str)}
    out |= {key: list(map(name, out[key])) for key in ("levels", "emphasis") if isinstance(out.get(key), (list, tuple))}
    if isinstance(short := out.get("short_labels"), Mapping):
        out["short_labels"] = {name(key): value for key, value in short.items()}
    return out
