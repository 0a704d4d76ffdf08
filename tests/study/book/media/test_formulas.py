"""Formulas of the book as MathML."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.study.book.media import formulas
from advocacy.study.book.media.assembled import PrintError
from advocacy.study.book.media.formulas import mathml

SAID = (
    '<body><pre id="said">["&lt;math data-x=\\"1\\"&gt;&lt;mtable columnspacing=\\"\\" '
    'rowspacing=\\"3pt\\"&gt;&lt;/mtable&gt;&lt;/math&gt;"]</pre></body>'
)


def browser(monkeypatch: pytest.MonkeyPatch, said: str, complaint: str = "") -> None:
    monkeypatch.setattr(formulas, "find_browser", lambda: "browser")
    monkeypatch.setattr(formulas, "opened", lambda *_: (said, complaint))


def test_marks_of_the_program_and_what_is_empty_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(monkeypatch, SAID)
    found = mathml(tmp_path, [("p", True)])
    assert found == {("p", True): '<math><mtable rowspacing="3pt"></mtable></math>'}


def test_a_book_without_formulas_needs_no_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formulas, "find_browser", lambda: pytest.fail("a browser"))
    assert mathml(tmp_path, []) == {}


def test_a_browser_that_sets_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(monkeypatch, "", "no screen")
    with pytest.raises(PrintError, match="has not set the formulas: no screen"):
        mathml(tmp_path, [("p", True)])


def test_a_formula_with_a_fault_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser(monkeypatch, '<pre id="said">["&lt;math&gt;&lt;merror&gt;&lt;/merror&gt;"]</pre>')
    with pytest.raises(PrintError, match=r"has not set the formula \\frac"):
        mathml(tmp_path, [("\\frac", True)])
