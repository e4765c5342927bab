"""Arguments of charts as the result spells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from careflow.arguments.messages import choice
from careflow.continuum import Continuum
from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES
from careflow.errors import ArgumentError
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


def united(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a chart with levels and outcomes that are put together by the name of their rows.

    A list, or a mapping of one name to a list, is what ``to`` and ``frm`` of the estimators take. Rates are then those
    of the union, estimated again; any other result has the rows already.

    Raises
    ------
    ArgumentError
        If a mapping names several unions: a chart is of one.

    Examples
    --------
    >>> united({"result": object(), "frm": "php", "to": ["iop", "outpatient"]})["to"]
    'iop or outpatient'
    """
    arguments = {**_of_the_result(arguments), **{key: value for key, value in arguments.items() if value is not None}}
    asked = {key: arguments.get(key) for key in ("frm", "to")}
    several = {key: value for key, value in asked.items() if isinstance(value, list | tuple | set | Mapping)}
    for key, value in several.items():
        if isinstance(value, Mapping) and len(value) != 1:
            raise ArgumentError(f"a chart is of one union, and {key}= names {len(value)}; draw a chart of each")
    if not several:
        return dict(arguments)
    result = arguments["result"]
    if hasattr(result, "union"):
        result = result.union(asked["to"], frm=asked["frm"])
        names = {"frm": result.moves.origins[0], "to": result.moves.targets[0]}
    else:
        names = {
            key: next(iter(value)) if isinstance(value, Mapping) else choice(value) for key, value in several.items()
        }
    return {**arguments, "result": result} | {key: names[key] for key in several}


def _of_the_result(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return the one level left, and the one level or outcome reached, that rates were estimated for."""
    result = arguments["result"]
    moves = result.moves if hasattr(result, "union") else None
    if moves is None or arguments.get("measure") is not None:
        return {}
    only = {"frm": moves.origins, "to": moves.targets}
    return {key: names[0] for key, names in only.items() if len(names) == 1}
