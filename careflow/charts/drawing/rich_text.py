"""Words before they are drawn: runs of one style, coloured words, wrapping by measured width, cutting."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from careflow.charts.drawing.fonts import BOLD, REGULAR, SEMIBOLD, CareflowLabelWarning, advance
from careflow.charts.drawing.palette import MUTED, ROLES, Palette

_MARKUP: Final = re.compile(
    r"\{\{|\{(?P<role>" + "|".join(ROLES) + r"):(?P<words>[^}]*)\}|\*\*(?P<strong>.+?)\*\*", re.S
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_LONGEST: Final = 400

Family = tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """A stretch of text in one colour and weight."""

    text: str
    color: str = MUTED
    weight: int = REGULAR


def clean(text: object) -> str:
    """Return text without control characters and of a length that can be set."""
    return _CONTROL.sub(" ", str(text))[:_LONGEST]


def plain(text: object) -> str:
    """Escape data that goes into marked-up text, so that a name with braces or stars stays itself.

    >>> runs = parse("Stays at " + plain("{up:x}"), Palette())
    >>> "".join(run.text for run in runs)
    'Stays at {up:x}'
    """
    return clean(text).replace("{", "{{").replace("**", "*\u200b*")


def coloured(role: str, words: str) -> str:
    """Mark words with the colour of a role, or as bold where the role has none.

    >>> coloured("down", "stepped down"), coloured("other", "died")
    ('{down:stepped down}', '**died**')
    """
    if role in ROLES and role != "care":
        return f"{{{role}:{clean(words).replace('{', '(').replace('}', ')')}}}"
    return f"**{plain(words)}**"


def parse(text: str, palette: Palette, color: str = MUTED) -> list[Run]:
    """Split ``{down:stepped down}``, ``**bold**`` and plain text into runs; ``{{`` is a brace.

    >>> [run.text for run in parse("who {down:stepped down}, **all**", Palette())]
    ['who ', 'stepped down', ', ', 'all']
    """
    runs: list[Run] = []
    position = 0
    text = clean(text)
    for match in _MARKUP.finditer(text):
        runs.append(Run(text[position : match.start()], color))
        if match["role"]:
            runs.append(Run(match["words"], palette.ink(match["role"]), SEMIBOLD))
        elif match["strong"]:
            runs.append(Run(match["strong"], color, SEMIBOLD))
        else:
            runs.append(Run("{", color))
        position = match.end()
    runs.append(Run(text[position:], color))
    return [replace(run, text=run.text.replace("\u200b", "")) for run in runs if run.text]


def unmarked(text: str) -> str:
    """Return marked-up text as plain words, for alt text and metadata."""
    return "".join(run.text for run in parse(text, Palette()))


def width(runs: Sequence[Run], size: float, family: Family) -> float:
    """Return the width of runs set at ``size``, in points."""
    return sum(advance(run.text, family, run.weight, size) for run in runs)


def wrap(runs: Sequence[Run], size: float, room: float, family: Family) -> list[list[Run]]:
    """Break runs into lines no wider than ``room`` points, at spaces only.

    A single word that is wider than the room is cut with an ellipsis.
    """
    lines: list[list[Run]] = [[]]
    used = 0.0
    for word, space in _words(runs):
        wide = width(word, size, family)
        gap = width([space], size, family) if space else 0.0
        if lines[-1] and used + gap + wide > room:
            lines.append([])
            used, gap = 0.0, 0.0
        if wide > room:
            word = [replace(word[0], text=cut("".join(run.text for run in word), size, room, family, word[0].weight))]
            wide = width(word, size, family)
        if lines[-1] and space:
            lines[-1].append(space)
        lines[-1].extend(word)
        used += gap + wide
    return [_joined(line) for line in lines]


def cut(
    text: str,
    size: float,
    room: float,
    family: Family,
    weight: int = BOLD,
    among: Sequence[str] = (),
    *,
    whole_text: str = "",
) -> str:
    """Return text cut with an ellipsis to fit ``room`` points, with a warning if it had to be cut.

    Parameters
    ----------
    text : str
        What is to be cut.
    size, room : float
        Type size, and room for it, in points.
    family, weight
        The font.
    among : sequence of str
        The texts that stand beside it, in their order. What is left of them differs where they do: their ends are cut,
        else their middles, else what they have in common; else the text is its number among them.
    told : str
        The whole of which ``text`` is a part, for the warning.
    """
    if _fits(text, size, room, family, weight):
        return text
    warnings.warn(
        f"a label of {len(whole_text or text)} characters was cut to fit; give a shorter one with short_labels=",
        CareflowLabelWarning,
        stacklevel=2,
    )
    others = [other for other in dict.fromkeys(among) if other != text]
    lead, tail = _common(among, text), _common([other[::-1] for other in among], text[::-1])
    core = text[lead : len(text) - tail] if tail else text[lead:]
    methods = (_ended, _middled, lambda text, *how: _ended(f"…{text[lead:]}" if lead else core, *how))
    for method in methods:
        short = method(text, size, room, family, weight)
        if short.strip("…") and all(method(other, size, room, family, weight) != short for other in others):
            return short
    number = str(list(dict.fromkeys(among)).index(text) + 1) if text in among else ""
    return _ended(f"{number} {text}".strip(), size, room, family, weight) if number else "…"


def _fits(text: str, size: float, room: float, family: Family, weight: int) -> bool:
    return advance(text, family, weight, size) <= room + 1e-6


def _common(among: Sequence[str], text: str) -> int:
    """Return how many letters at the start all texts share."""
    columns = zip(*{*among, text}, strict=False)
    return len(list(takewhile(lambda letters: len(set(letters)) == 1, columns))) if len(among) > 1 else 0


def _ended(text: str, size: float, room: float, family: Family, weight: int) -> str:
    """Return the text, or as much of its start as fits, with an ellipsis."""
    if _fits(text, size, room, family, weight):
        return text
    for keep in range(len(text) - 1, 0, -1):
        shorter = text[:keep].rstrip() + "…"
        if _fits(shorter, size, room, family, weight):
            return shorter
    return "…"


def _middled(text: str, size: float, room: float, family: Family, weight: int) -> str:
    """Return the text, or as much of its start and its end as fits, with an ellipsis between them."""
    if _fits(text, size, room, family, weight):
        return text
    for keep in range(len(text) - 1, 1, -1):
        shorter = text[: (keep + 1) // 2].rstrip() + "…" + text[len(text) - keep // 2 :].lstrip()
        if _fits(shorter, size, room, family, weight):
            return shorter
    return "…"


def label_lines(
    name: str, size: float, room: float, family: Family, *, weight: int, lines: int = 2, among: Sequence[str] = ()
) -> list[str]:
    """Break a name over at most ``lines`` lines of ``room`` points; what does not fit is cut and warned about.

    Where names beside it would be broken into the same lines, it is cut as a whole, so that it differs from them.
    """

    def broken(text: str) -> list[str]:
        out = [""]
        for word in clean(text).split(" "):
            longer = f"{out[-1]} {word}".strip()
            if not out[-1] or _fits(longer, size, room, family, weight) or len(out) == lines:
                out[-1] = longer
            else:
                out.append(word)
        return out

    mine = broken(name)
    if all(_fits(line, size, room, family, weight) for line in mine):
        return mine
    others = [broken(other) for other in among if other != name]
    rest = [other[-1] for other in others if other[:-1] == mine[:-1]]
    whole = [cut(line, size, room, family, weight, whole_text=name) for line in mine[:-1]]
    last = mine[-1]
    order = [other[-1] for other in map(broken, among) if other[:-1] == mine[:-1]] if rest else ()
    if any(not _fits(line, size, room, family, weight) for line in mine[:-1]) and others:
        return [cut(clean(name), size, room, family, weight, [clean(one) for one in among])]
    return [*whole, cut(last, size, room, family, weight, order, whole_text=name)]


def _words(runs: Sequence[Run]) -> list[tuple[list[Run], Run | None]]:
    """Return words, each the pieces it is made of, with the space that stands before it."""
    words: list[tuple[list[Run], Run | None]] = []
    space: Run | None = None
    fresh = True
    for run in runs:
        for piece in re.findall(r" +|[^ ]+", run.text):
            part = replace(run, text=piece)
            if piece[0] == " ":
                space, fresh = replace(part, text=" "), True
            elif fresh:
                words.append(([part], space if words else None))
                space, fresh = None, False
            else:
                words[-1][0].append(part)
    return words


def _joined(line: list[Run]) -> list[Run]:
    """Merge neighbours of one style, so that a line is few drawn texts."""
    out: list[Run] = []
    for run in line:
        if out and (out[-1].color, out[-1].weight) == (run.color, run.weight):
            out[-1] = replace(run, text=out[-1].text + run.text)
        elif out and run.text == " ":
            # A space takes the style of the word before it: its colour cannot be seen.
            out[-1] = replace(out[-1], text=out[-1].text + " ")
        else:
            out.append(run)
    return out
