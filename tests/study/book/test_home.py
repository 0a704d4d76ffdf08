"""Where a book is published: by its configuration, or by the environment as it is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.errors import UsageError
from advocacy.study.book.home import VARIABLE, home_of


def configured(folder: Path, home: str) -> Path:
    text = f'title: Book\nsphinx:\n  config:\n    html_baseurl: "{home}"\n'
    (folder / "_config.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_book_that_is_published_nowhere_has_none(tmp_path: Path) -> None:
    assert home_of(configured(tmp_path, "")) == ""
    (tmp_path / "_config.yml").write_text("title: Book\n", encoding="utf-8")
    assert home_of(tmp_path) == ""


@pytest.mark.parametrize("written", ["https://example.org/book", "https://example.org/book/"])
def test_an_address_ends_in_one_slash(written: str, tmp_path: Path) -> None:
    assert home_of(configured(tmp_path, written)) == "https://example.org/book/"


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " https://example.net ")
    assert home_of(configured(tmp_path, "https://example.org")) == "https://example.net/"
    monkeypatch.setenv(VARIABLE, " ")
    assert home_of(tmp_path) == "https://example.org/"


@pytest.mark.parametrize(
    "odd",
    ["example.org/book", "ftp://example.org", "https://", "https://example.org/?page=1", "/a"],
)
def test_what_is_no_address_of_the_web_is_refused_with_where_it_stands(
    odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="not where a book can be") as error:
        home_of(configured(tmp_path, odd))
    assert error.value.where.endswith("_config.yml, html_baseurl")
    monkeypatch.setenv(VARIABLE, odd)
    with pytest.raises(UsageError) as error:
        home_of(tmp_path)
    assert error.value.where == VARIABLE
