"""The scripts of the report page, as text to be put into script elements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
STYLES = ("report.css", "response.css", "charts.css")
SCRIPTS = (
    "unpack.js",
    "core.js",
    "markdown.js",
    "highlight.js",
    "math.js",
    "response.js",
    "rows.js",
    "filters.js",
    "table.js",
    "found.js",
    "download.js",
    "browser.js",
)
"""In the order in which they run. Each adds to the one global object, ``Report``."""


def with_responses(name: str) -> tuple[str, ...]:
    """The scripts of a page of another kind: what shows a response, that is SCRIPTS up to response.js, then its own."""
    return (*SCRIPTS[: SCRIPTS.index("response.js") + 1], name)


def scripts(names: Sequence[str] = SCRIPTS) -> list[str]:
    """The page's scripts in order: KaTeX if it is installed, then those in ``assets``."""
    texts = [*katex(), *((ASSETS / name).read_text(encoding="utf-8") for name in names)]
    return [embedded_script(text) for text in texts]


def embedded_script(text: str) -> str:
    """A script that cannot end the HTML script element it is in."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def katex() -> list[str]:
    """KaTeX, from the copy in sphinxcontrib-katex; empty if that is not installed (the page then says so)."""
    from importlib.util import find_spec

    spec = find_spec("sphinxcontrib")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder) / "katex.min.js"
        if file.exists():
            return [file.read_text(encoding="utf-8")]
    return []
