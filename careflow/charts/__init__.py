"""Charts of results: each takes one result, carries its definition, and shows no suppressed value.

A chart is imported when it is first used. The public names and their modules are listed once, in ``__init__.pyi``.
"""

from importlib import import_module
from typing import Any, Final

from careflow.arguments.messages import hint, shown
from careflow.charts.drawing.theme import register
from careflow.errors import MissingNameError
from careflow.lazy_names import names_of_stub

_NAMES: Final = names_of_stub(__file__)
_ALIASES: Final = ("los",)
"""The name of ``length_of_stay`` in the first version; kept so that old code runs."""

__all__ = sorted(name for name in _NAMES if name not in _ALIASES)

register()


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        near = hint(name, __all__) or f"; it has {', '.join(__all__)}"
        raise MissingNameError(f"careflow.charts has no {shown(name)}{near}.")
    module, own = _NAMES[name]
    value = globals()[name] = getattr(import_module(module), own)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
