"""The decorator that checks the arguments of a public function before the function runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import wraps
from types import UnionType
from typing import Any, Final, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from careflow.arguments.checks import LEVEL_OF_CARE, Argument, Check
from careflow.arguments.messages import hint
from careflow.errors import ArgumentError

P = ParamSpec("P")
T = TypeVar("T")

_NAME: Final = re.compile(r"[A-Za-z_]\w*")

NEEDED: Final = {
    "cutoff": "the last day on which the data are complete, such as cutoff='2025-12-31'; it is never read from a clock",
}
"""The meaning of required parameters, for messages."""

INSTEAD: Final = {
    "level": f"{LEVEL_OF_CARE}; a confidence is given with confidence=",
    "from": "the level left is frm=, since from is a word of Python",
}
"""The right arguments instead of frequent wrong names."""


def checked(**checks: Check) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that checks the arguments of a function before it runs.

    Unknown and missing arguments raise an error with their names. Each argument is passed to the check of its
    parameter, unless both the argument and the default are None.

    Parameters
    ----------
    **checks : callable
        The check of each parameter.

    Raises
    ------
    ArgumentError
        By the decorated function, if its arguments do not fit.

    Examples
    --------
    >>> from careflow.arguments.checks import whole
    >>> @checked(days=whole(1))
    ... def wait(*, days: int = 30, unit: str | None = None) -> int:
    ...     return days
    >>> wait(days=7)
    7
    >>> wait(day=7)
    Traceback (most recent call last):
    careflow.errors.ArgumentError: wait() has no argument day= (did you mean 'days'?); it takes days=, unit=.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)
        defined_as = function.__qualname__.removesuffix(".__init__")
        bound_to = next(iter(signature.parameters), "")

        @wraps(function)
        def with_checks(*args: P.args, **kwargs: P.kwargs) -> T:
            call = _named(defined_as, bound_to, args)
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                bound = None
            if bound is None:  # raised outside the handler, so that the error has no context
                raise ArgumentError(_misfit(call, signature, args, kwargs))
            for name, value in bound.arguments.items():
                if name in checks and not (value is None and signature.parameters[name].default is None):
                    bound.arguments[name] = checks[name](value, Argument(call, name))
            return function(*bound.args, **bound.kwargs)

        with_checks.__signature__ = _spelled_out(signature, function)  # type: ignore[attr-defined]
        return with_checks

    return decorate


def _spelled_out(signature: inspect.Signature, function: Callable[..., Any]) -> inspect.Signature:
    """Return a signature that shows the choices of an argument where its annotation has the name of a list of them."""
    names = getattr(function, "__globals__", {})

    def spelled(annotation: Any) -> Any:
        if not isinstance(annotation, str):
            return annotation
        return _NAME.sub(lambda match: _choices(names.get(match[0])) or match[0], annotation)

    parameters = [
        parameter.replace(annotation=spelled(parameter.annotation)) for parameter in signature.parameters.values()
    ]
    return signature.replace(parameters=parameters)


def _choices(annotation: Any) -> str:
    """Return a Literal, or a union with one, as it is written; "" for any other type.

    Examples
    --------
    >>> from typing import Literal
    >>> _choices(Literal["person"] | None), _choices(int)
    ("Literal['person'] | None", '')
    """
    if get_origin(annotation) is Literal:
        return f"Literal[{', '.join(map(repr, get_args(annotation)))}]"
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else ()
    if not any(get_origin(part) is Literal for part in parts):
        return ""
    return " | ".join(_choices(part) or ("None" if part is type(None) else getattr(part, "__name__", str(part)))
                      for part in parts)  # fmt: skip


def constructed(cls: type[T]) -> type[T]:
    """Check the names of the arguments with which a dataclass is made, as :func:`checked` does for a function.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @constructed
    ... @dataclass
    ... class Room:
    ...     beds: int = 1
    >>> Room(bed=2)
    Traceback (most recent call last):
    careflow.errors.ArgumentError: Room() has no argument bed= (did you mean 'beds'?); it takes beds=.
    """
    cls.__init__ = checked()(cls.__init__)  # type: ignore[method-assign]
    return cls


def _named(defined_as: str, bound_to: str, args: tuple[Any, ...]) -> str:
    """Return the name of a function for messages: a method by the class that it was called on, not its base."""
    if not args or bound_to not in ("self", "cls") or "." not in defined_as:
        return defined_as
    owner = args[0] if bound_to == "cls" else type(args[0])
    return f"{owner.__name__}.{defined_as.rpartition('.')[2]}"


def _misfit(call: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Return the message for a call whose arguments do not fit the function."""
    parameters = {name: parameter for name, parameter in signature.parameters.items() if name not in ("self", "cls")}
    named = [name for name, parameter in parameters.items() if parameter.kind is not parameter.VAR_KEYWORD]
    takes = ", ".join(f"{name}=" for name in named)
    for name in kwargs:
        if name not in parameters:
            if name in INSTEAD:
                return f"{call}() has no argument {name}=: {INSTEAD[name]}."
            return f"{call}() has no argument {name}={hint(name, named)}; it takes {takes}."
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [name for name, parameter in parameters.items() if parameter.kind in kinds]
    n_positional = len(args) - (len(parameters) < len(signature.parameters))
    if n_positional > len(positional):
        rule = (
            f"takes {', '.join(positional)} in this order and the others by name" if positional else "takes all by name"
        )
        return f"{call}() was given {n_positional} arguments without a name, but {rule}: {takes}."
    if twice := [name for name in positional[:n_positional] if name in kwargs]:
        return f"{call}() was given {twice[0]}= twice: by position and by name."
    missing = next(
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty and name not in {*kwargs, *positional[:n_positional]}
    )
    return f"{call}() needs {missing}=" + (f": {NEEDED[missing]}." if missing in NEEDED else f"; it takes {takes}.")
