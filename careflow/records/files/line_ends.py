"""Which line ends a delimited text file has: a file put together from several sources may mix them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from careflow.errors import RecordError

_CHUNK: Final = 1 << 20
_NAMES: Final = ("\\r\\n", "\\n", "\\r")


def line_ends(path: Path) -> dict[str, int]:
    r"""Count the line ends of a file by kind, those inside quotation marks left out.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mixed.csv"
    >>> _ = path.write_bytes(b'a,b\r\n1,"x\ny"\r\n2,z\n')
    >>> line_ends(path)
    {'\\r\\n': 2, '\\n': 1}
    """
    found: Counter[str] = Counter()
    quoted = False
    kept = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            chunk = kept + chunk
            # The two bytes of a line end may lie in two chunks.
            kept = b"\r" if chunk.endswith(b"\r") else b""
            quoted = _count(chunk.removesuffix(kept), found, quoted=quoted)
    _count(kept, found, quoted=quoted)
    return {name: found[name] for name in _NAMES if found[name]}


def refuse_mixed(paths: Iterable[Path]) -> None:
    """Say of files that the engine could not read if one of them mixes line ends.

    Raises
    ------
    RecordError
        It does; the message has the kinds and how many there are of each.
    """
    for path in paths:
        found = line_ends(path)
        if len(found) > 1:
            counts = ", ".join(f"{n:,} with {name}" for name, n in found.items())
            raise RecordError(
                f"the file mixes line ends: {counts}. Save it with one kind of line end, for example with "
                "Path(name).write_text(Path(name).read_text('utf-8'), 'utf-8') in Python, or dos2unix.",
                check="S07",
                n=sum(found.values()) - max(found.values()),
            )


def _count(chunk: bytes, found: Counter[str], *, quoted: bool) -> bool:
    """Count the line ends of a part of a file, and return whether it ends inside quotation marks."""
    parts = chunk.split(b'"')
    for part in parts[quoted::2]:
        both = part.count(b"\r\n")
        found["\\r\\n"] += both
        found["\\n"] += part.count(b"\n") - both
        found["\\r"] += part.count(b"\r") - both
    return quoted ^ (len(parts) % 2 == 0)
