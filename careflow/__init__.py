"""Transitions and lengths of stay over the continuum of addiction treatment.

``import careflow`` loads neither matplotlib nor the engine: a name is imported when it is first used. The public names
and their modules are listed once, in ``__init__.pyi``, which type checkers read, too.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from careflow.lazy_names import names_of_stub

__version__ = "0.2.0.dev0"

_MODULES = {name: module for name, (module, _) in names_of_stub(__file__).items()}
_ROOT = Path(__file__).parent
# Packages can be reached, too, but are not listed: ``careflow.records``, ``careflow.sources``.
__all__ = sorted(
    name
    for name, module in _MODULES.items()
    if module != __name__ and not _ROOT.joinpath(*module.split(".")[1:], name).is_dir()
)


if "IPython" in sys.modules:
    import_module("careflow.completion").register()


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise _missing(name)
    own = f"{__name__}.{name}"
    # ``careflow.protect`` is a package and a function: its module can be called.
    if _MODULES[name] in (__name__, own):
        return import_module(own)
    return getattr(import_module(_MODULES[name]), name)


def _missing(name: str) -> AttributeError:
    if name.startswith("_"):
        return AttributeError(f"module {__name__!r} has no attribute {name!r}")
    messages, errors = import_module("careflow.arguments.messages"), import_module("careflow.errors")
    charts = names_of_stub(str(_ROOT / "charts" / "__init__.py"))  # the names alone, without matplotlib
    room = {"write_report": "report", **dict.fromkeys(charts, "charts")}.get(name)
    if room:
        near = f"; it is in careflow.{room}: careflow.{room}.{name}()"
    else:
        near = messages.hint(name, __all__) or f"; it has {', '.join(__all__)}"
    error: AttributeError = errors.MissingNameError(f"careflow has no {messages.shown(name)}{near}.")
    return error


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
