"""The text of a label, which is laid out once however often a layout asks how large it is."""

from __future__ import annotations

from typing import Any, Final

import matplotlib as mpl
from matplotlib.text import Text

_layouts: dict[tuple[object, ...], Any] = {}
_MOST: Final = 20_000
_SINCE_3_11: Final = ("get_language", "get_fontfeatures")


def kind_of(renderer: Any) -> str:
    """Return what decides how wide a renderer sets words, beside its scale: two of a kind agree.

    A renderer of vectors is wrapped in one that may mix in pixels; the inner one measures.
    """
    return type(getattr(renderer, "_renderer", renderer)).__name__


class Label(Text):
    """A text that remembers its layout by its content and style.

    A constrained layout asks each text for its size several times before it is drawn, and matplotlib works it out anew
    each time. The layout is relative to the place of the text, so that labels that say the same share it.
    """

    def _get_layout(self, renderer: Any) -> Any:
        figure, font = self.get_figure(root=True), self.get_fontproperties()
        settings: Any = mpl.rcParams
        key = (
            kind_of(renderer), figure.dpi, settings["text.hinting"], settings["text.hinting_factor"],  # type: ignore[union-attr]
            self.get_text(), self.get_parse_math(), self.get_wrap(), self.get_usetex(),
            tuple(font.get_family()), font.get_weight(), font.get_size(), font.get_style(), font.get_variant(),
            font.get_stretch(), font.get_file(), font.get_math_fontfamily(),
            *(get() for name in _SINCE_3_11 if (get := getattr(self, name, None)) is not None),
            self.get_horizontalalignment(), self.get_verticalalignment(), self.get_rotation(), self.get_rotation_mode(),
            getattr(self, "_linespacing", None),
        )  # fmt: skip
        if self.get_wrap():  # depends on where the text stands
            return super()._get_layout(renderer)  # type: ignore[misc]
        layout = _layouts.get(key)
        if layout is None:
            if len(_layouts) > _MOST:
                _layouts.clear()
            layout = _layouts[key] = super()._get_layout(renderer)  # type: ignore[misc]
        return layout


def remember(text: Text) -> None:
    """Have a text that matplotlib made, such as the name of a tick, remember its layout as a label does."""
    if type(text) is Text:
        text.__class__ = Label
