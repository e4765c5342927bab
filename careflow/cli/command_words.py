"""Messages in the words of the command line: ``--columns person_id=Patient`` instead of ``columns={...}``."""

from __future__ import annotations

import re
from typing import Final

_OPTIONS: Final = (
    *("columns", "levels", "reasons", "where", "cutoff", "start", "continuum", "date_format", "overlaps"),
    *(
        "bridge_days",
        "close_open_after",
        "date_basis",
        "anchor",
        "tz",
        "encoding",
        "sheet",
        "memory",
        "accept",
        "allow",
    ),
    *(
        "within",
        "fiscal_start",
        "by",
        "last",
        "quarter",
        "formats",
        "ledger",
        "insider",
        "title",
        "out",
        "since",
        "measures",
    ),
)
_NAMES: Final = {"formats": "format", "measures": "measure"}
_NAME: Final = rf"(?<![\w.-])({'|'.join(_OPTIONS)})="
_MAPPING: Final = re.compile(_NAME + r"\{([^{}]*)\}")
_LIST: Final = re.compile(_NAME + r"\[([^\[\]]*)\]")
_QUOTED: Final = re.compile(_NAME + r"(?:'([^']*)'|\"([^\"]*)\")")
_READER: Final = re.compile(r"read_episodes\(\.\.\., (columns=.*?)\)")
_NUMBER: Final = re.compile(_NAME + r"(\d+)\b")
_BARE: Final = re.compile(_NAME)
_MODE: Final = re.compile(r"(?<![\w.-])mode=['\"](full|release)['\"]")
_PAIR: Final = re.compile(
    r"\s*(?:'([^']*)'|\"([^\"]*)\"|(\w+))\s*:\s*(?:'([^']*)'|\"([^\"]*)\"|(\[[^\]]*\]|\.\.\.|\d+))\s*,?"
)
_SHAPES: Final = {"columns": "field=column", "levels": "code=level", "reasons": "code=reason", "where": "STRATUM=LABEL"}


def in_command_words(message: str) -> str:
    """Return a message with the arguments of Python written as options of the command.

    Examples
    --------
    >>> in_command_words("Name it with columns={'person_id': 'its name in the file'}.")
    'Name it with --columns "person_id=its name in the file".'
    >>> in_command_words("read fewer columns with columns={...}, or give memory=")
    'read fewer columns with --columns field=column, or give --memory'
    >>> in_command_words("read another with read_episodes(..., columns={'unit': 'its column in the file'}).")
    'read another with --columns "unit=its column in the file".'
    >>> in_command_words("accept=['R06', 'F04']; overlaps='highest'; count again with by=['quarter', 'payer']")
    '--accept R06 F04; --overlaps highest; count again with --by quarter payer'
    """
    text = _READER.sub(r"\1", _MODE.sub(r"--\1", message))
    text = _MAPPING.sub(lambda match: f"{_flag(match[1])} {_pairs(match[1], match[2])}", text)
    text = _LIST.sub(lambda match: f"{_flag(match[1])} {' '.join(_words(match[2]))}", text)
    text = _QUOTED.sub(lambda match: f"{_flag(match[1])} {_shell(match[2] or match[3] or '')}", text)
    text = _NUMBER.sub(lambda match: f"{_flag(match[1])} {match[2]}", text)
    return _BARE.sub(lambda match: _flag(match[1]), text)


def _flag(name: str) -> str:
    return f"--{_NAMES.get(name, name).replace('_', '-')}"


def _pairs(name: str, inside: str) -> str:
    pairs = []
    for match in _PAIR.finditer(inside):
        key, value = next(filter(None, match.groups()[:3]), ""), next(filter(None, match.groups()[3:]), "")
        if value == "..." or value.startswith("["):
            value = "COLUMN" if name == "columns" else "LABEL"
        pairs.append(_shell(f"{key}={value}"))
    return " ".join(pairs) or _SHAPES.get(name, "NAME=VALUE")


def _words(inside: str) -> list[str]:
    return [_shell(word.strip().strip("'\"")) for word in inside.split(",") if word.strip()]


def _shell(word: str) -> str:
    return f'"{word}"' if re.search(r"\s", word) else word
