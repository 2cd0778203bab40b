"""The manual: Sphinx, MyST, numpydoc, sphinx-gallery. Built with -W by ``make docs``."""

import importlib
import pkgutil
import sys
from pathlib import Path

import spikedim

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

project = "spikedim"
author = "The spikedim authors"
release = version = spikedim.__version__
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "mathml",
]
html_math_renderer = "mathml"
templates_path = ["_templates"]
exclude_patterns = ["_build", "**/GALLERY_HEADER.rst", "sg_execution_times.rst"]
nitpicky = False
smartquotes = False  # options such as --help must keep their hyphens

html_theme = "pydata_sphinx_theme"
html_title = "spikedim"
html_static_path = ["_static"]
html_css_files = ["spikedim.css"]
html_show_sourcelink = False
html_sidebars = {"index": []}
html_theme_options = {
    "show_nav_level": 2,
    "show_toc_level": 2,
    "navbar_align": "left",
    "navigation_with_keys": False,
    "secondary_sidebar_items": {
        "**": ["page-toc"],
        **dict.fromkeys(("claims", "benchmarks", "models", "theory-index"), ()),
    },
    "footer_start": ["copyright"],
    "footer_end": [],
}
copyright = "the spikedim authors, Apache-2.0"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": [str(HERE.parent / "examples")],
    "gallery_dirs": ["auto_examples"],
    "filename_pattern": r"plot_",
    "within_subsection_order": "ExampleTitleSortKey",
    "image_scrapers": ("matplotlib",),
    "remove_config_comments": True,
    "download_all_examples": False,
    "show_memory": False,
    "abort_on_example_error": True,
}


def _write_reference() -> None:
    """One page per room, listing its `__all__`: a new name or room documents itself."""
    folder = HERE / "reference" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = set()
    for module in pkgutil.iter_modules(spikedim.__path__):
        if module.name.startswith("_"):
            continue
        room = f"spikedim.{module.name}"
        public = vars(importlib.import_module(room))
        # A name that another room lends is described where it is at home.
        names = [
            name
            for name in public.get("__all__", [])
            if getattr(public[name], "__module__", room).startswith(room)
        ]
        wanted |= {f"{room}.{name}.rst" for name in names}
        listed = "\n".join(f"   {name}" for name in names)
        text = (
            f"{room}\n{'=' * len(room)}\n\n.. automodule:: {room}\n   :no-members:\n\n"
            f".. currentmodule:: {room}\n\n"
            f".. autosummary::\n   :toctree: api\n   :nosignatures:\n\n{listed}\n"
        )
        path = folder / f"{module.name}.rst"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in (folder / "api").glob("*.rst"):
        if path.name not in wanted:  # of a name that is gone, which a build would look for
            path.unlink()


_write_reference()
