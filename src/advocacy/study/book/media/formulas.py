"""The formulas of the book as MathML, which is shown without a script."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from bs4 import BeautifulSoup

from advocacy.files import write_text
from advocacy.study.book.media.assembled import PrintError
from advocacy.study.book.media.browser import find_browser, opened

MATHJAX = Path("_static/mathjax/tex-chtml.js")
# MathJax, which the pages have too, says each formula in MathML; no page is set.
_SETTING = """
window.MathJax = {startup: {typeset: false, pageReady() {
  const said = JSON.parse(document.getElementById("asked").textContent)
    .map(([tex, display]) => MathJax.tex2mml(tex, {display}));
  document.getElementById("said").textContent = JSON.stringify(said);
  return Promise.resolve();
}}};
"""
Formula = tuple[str, bool]


def mathml(html: Path, formulas: Iterable[Formula]) -> dict[Formula, str]:
    """Return formulas in MathML.

    Parameters
    ----------
    html
        Folder of the built pages, with MathJax.
    formulas
        In TeX, and whether each has a line of its own.

    Raises
    ------
    PrintError
        There is no Chromium, or it has not set a formula.
    """
    asked = sorted(set(formulas))
    if not asked:
        return {}
    browser = find_browser()
    with TemporaryDirectory() as folder:
        page = Path(folder, "formulas.html")
        write_text(page, _page(html, asked))
        said, complaint = opened(browser, page, Path(folder, "profile"), ["--dump-dom"])
    answer = BeautifulSoup(said, "html.parser").find(id="said")
    found = json.loads(answer.get_text() or "[]") if answer else []
    wrong = next((tex for (tex, _), one in zip(asked, found, strict=False) if "<merror" in one), "")
    if len(found) != len(asked) or wrong:
        what = f"the formula {wrong}" if wrong else "the formulas"
        raise PrintError(
            f"{Path(browser).name} has not set {what}: {complaint[-500:].strip()}",
            where=browser, remedy="Mend the formula, or try again with a newer Chromium.",
        )  # fmt: skip
    return {formula: _plain(one) for formula, one in zip(asked, found, strict=True)}


def _page(html: Path, asked: list[Formula]) -> str:
    script = (html / MATHJAX).resolve().as_uri()
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Formulas</title></head>'
        f'<body><pre id="asked">{escape(json.dumps(asked))}</pre><pre id="said"></pre>'
        f'<script>{_SETTING}</script><script src="{escape(script)}"></script></body></html>'
    )


def _plain(formula: str) -> str:
    """Return MathML without what MathJax notes for itself, or leaves empty."""
    soup = BeautifulSoup(formula, "html.parser")
    for tag in soup.find_all(True):
        tag.attrs = {
            name: value for name, value in tag.attrs.items() if value and name[:5] != "data-"
        }
    return soup.decode()
