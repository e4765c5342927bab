"""Builds the site: ``sphinx-build -W --keep-going -b html docs docs/_build/html``."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import calls  # noqa: E402
import made  # noqa: E402

import careflow  # noqa: E402

project = "careflow"
author = "the careflow developers"
project_copyright = "the careflow developers, MIT licence"
version = release = careflow.__version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_design",
    "mathml",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "data", "**/.ipynb_checkpoints", "**/*.html", "**/start.md"]
default_role = "literal"  # a name in single backquotes in a docstring
suppress_warnings = ["ref.footnote", "config.cache"]

# Pages of code run when they are built; a cell that fails or prints a warning stops the build.
nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_output_stderr = "remove-warn"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4

autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "careflow"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_context = {"default_mode": "light"}
html_sidebars = {"index": [], "tour": [], "cookbook": [], "gallery/index": []}
html_theme_options = {
    "logo": {"text": "careflow"},
    "navbar_end": ["navbar-icon-links"],
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
}


def setup(app: object) -> None:
    """Make the pages that follow from the code, the notebooks and the sample."""
    made.notebooks(HERE)
    made.gallery(HERE)
    made.reference(HERE)
    calls.table(HERE)
