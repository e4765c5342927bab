"""Completion in Jupyter and IPython of the values of a call: ``rates.matrix("`` and ``quarter=`` offer the quarters.

It reads the object that stands in the notebook by its name, and calls nothing. IPython asks it at each Tab;
:func:`register` hands it to IPython once, when careflow is imported there.
"""

from __future__ import annotations

import inspect
import itertools
import json
import re
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final, NamedTuple

IDENTIFIER: Final = "careflow.completion"
_PERIODS: Final = ("quarter", "month", "year")
_OF_PERIODS: Final = ("quarter", "first", "second", "old", "new")
_STRATA: Final = ("by", "over", "unit", "facet")
_ENDS: Final = {"frm": "from", "to": "to", "level": "level"}
_UNIONS: Final = {"frm": ("24-hour", "all levels"), "to": ("step-down", "lateral", "step-up")}
_CALLEE: Final = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*$")
_KEYWORD: Final = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)")
_EMPTY: Final = re.compile(r"\s*(?:[A-Za-z_]\w*\s*=\s*)?\[?\s*")
_NAME: Final = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*")


class OpenCall(NamedTuple):
    """A call whose text ends where a string can stand: what is called, its arguments so far, the start of the string.

    ``begun`` is None before the quotes.
    """

    callee: str
    arguments: tuple[str, ...]
    begun: str | None


def open_call(text: str) -> OpenCall | None:
    """Return the innermost call that a text breaks off in, if it breaks off in a string or where a value begins.

    Examples
    --------
    >>> open_call('rates.at("2025Q2", frm="resi')
    OpenCall(callee='rates.at', arguments=('"2025Q2"', ' frm="resi'), begun='resi')
    >>> open_call("rates.at(frm=")
    OpenCall(callee='rates.at', arguments=('frm=',), begun=None)
    >>> open_call('rates.at("2025Q2")')
    """
    stack: list[tuple[str, int, list[int]]] = []
    quote, start, at = "", 0, 0
    while at < len(text):
        char = text[at]
        if quote:
            at += char == "\\"
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote, start = char, at + 1
        elif char == "#":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif char in "([{":
            stack.append((char, at, []))
        elif char in ")]}" and stack:
            stack.pop()
        elif char == "," and stack:
            stack[-1][2].append(at)
        at += 1
    calls = [place for place in stack if place[0] == "("]
    if not calls:
        return None
    _, opened, commas = calls[-1]
    callee = _CALLEE.search(text[:opened])
    edges = [opened, *commas, len(text)]
    arguments = tuple(text[a + 1 : b] for a, b in itertools.pairwise(edges))
    if not callee or not (quote or _EMPTY.fullmatch(arguments[-1])):
        return None
    return OpenCall(callee[1], arguments, text[start:] if quote else None)


def choices(text: str, names: Mapping[str, Any]) -> list[str]:
    """Return what may stand where a text breaks off, by the objects that ``names`` holds: in quotes if none are open.

    Examples
    --------
    >>> import careflow as cf
    >>> choices("cf.transition_rates(moves, method='", {"cf": cf})
    ['followed', 'incidence', 'intensity']
    >>> choices("cf.transition_rates(moves, method=", {"cf": cf})
    ['"followed"', '"incidence"', '"intensity"']
    """
    call = open_call(text)
    if call is None:
        return []
    owner = _object(call.callee.rpartition(".")[0], names)
    function = getattr(owner, call.callee.rpartition(".")[2], None)
    if not callable(function) or not str(getattr(function, "__module__", "")).startswith("careflow"):
        return []
    parameters = list(inspect.signature(function).parameters.values())
    keyword = _KEYWORD.match(call.arguments[-1])
    if keyword:
        name = keyword[1]
    elif len(call.arguments) <= len(parameters):
        name = parameters[len(call.arguments) - 1].name
    else:
        return []
    first = _NAME.fullmatch(call.arguments[0])
    source = _object(first[1] if first else "", names) if isinstance(owner, ModuleType) else owner
    labels = _written_choices(function, name) or _labels(source, name)
    if call.begun is None:
        return [json.dumps(label, ensure_ascii=False) for label in labels]
    return [label for label in labels if label.startswith(str(call.begun))]


def _written_choices(function: Any, name: str) -> list[str]:
    """Return the choices of an argument as its docstring lists them: ``value : {"rate", "n"}``."""
    line = re.search(rf"^ *{name} : .*", function.__doc__ or "", re.MULTILINE)
    listed = re.search(r"\{(.*?)\}", line[0]) if line else None
    return re.findall(r'"([^"]*)"', listed[1]) if listed else []


def _object(path: str, names: Mapping[str, Any]) -> Any:
    """Return the object of careflow that a dotted name stands for; None for any other."""
    first, *rest = path.split(".")
    value = names.get(first)
    for name in rest:
        value = getattr(value, name, None) if _of_careflow(value) else None
    return value if _of_careflow(value) else None


def _of_careflow(value: Any) -> bool:
    module = value.__name__ if isinstance(value, ModuleType) else type(value).__module__
    return module.partition(".")[0] == "careflow"


def _labels(source: Any, name: str) -> list[str]:
    """Return what an argument can be, by the result, linked stays or counts that it is an argument for."""
    frame, about = getattr(source, "frame", None), getattr(source, "about", None)
    by = tuple(about.by) if about is not None else ()
    if name in _STRATA:
        records = getattr(source, "episodes", source)
        return list(by) if about is not None else [*_PERIODS, *getattr(records, "strata", ())]
    if name in _ENDS:
        holders: list[Any] = [source, *(getattr(source, part, None) for part in ("episodes", "definition"))]
        care: Any = next((one.continuum for one in holders if hasattr(one, "continuum")), None)
        column = _ENDS[name]
        there = _unique(frame[column]) if frame is not None and column in frame else list(getattr(care, "names", ()))
        return list(dict.fromkeys([*there, *(_UNIONS.get(name, ()) if there else ())]))
    if name in _OF_PERIODS:
        name = next((unit for unit in _PERIODS if unit in by), next(iter(by), name))
    return _unique(frame[name]) if frame is not None and name in frame and name in by else []


def _unique(column: Any) -> list[str]:
    return [str(label) for label in column.dropna().unique()]


def register() -> None:
    """Hand the completion to the IPython that runs, if one does; a second time changes nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", None)
    if matchers is not None and all(getattr(one, "matcher_identifier", "") != IDENTIFIER for one in matchers):
        matchers.append(_matcher(shell))


def _matcher(shell: Any) -> Callable[[Any], dict[str, Any]]:
    completion = sys.modules["IPython.core.completer"].SimpleCompletion

    def match(context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")[: context.cursor_line]
        text = "\n".join([*lines, context.text_until_cursor])
        labels = choices(text, shell.user_ns)
        call = open_call(text) if labels else None
        return {
            "completions": [completion(text=label, type="value") for label in labels],
            "matched_fragment": (call.begun if call else None) or "",
            "suppress": bool(labels and call and call.begun is not None),
        }

    for name, value in (("api_version", 2), ("priority", 50), ("identifier", IDENTIFIER)):
        setattr(match, f"matcher_{name}", value)
    return match
