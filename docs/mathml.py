"""Formulas as MathML, written when the site is built: browsers draw it without a script from elsewhere."""

from html import escape
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx


def markup(node: nodes.Element, *, inline: bool) -> str:
    """Return a formula as MathML, or as it was written where that is not understood."""
    source = node.astext()
    try:
        return tex2mathml(source, as_block=not inline)
    except MathError:
        return f"<code>{escape(source)}</code>"


def visit_inline(writer: Any, node: nodes.Element) -> None:
    """Write a formula within a sentence."""
    writer.body.append(markup(node, inline=True))
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.Element) -> None:
    """Write a formula on a line of its own."""
    writer.body.append(f'<div class="formula">{markup(node, inline=False)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the renderer."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
