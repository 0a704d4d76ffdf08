"""What of the numbers is written beside the chapters: pages, scripts of cards, index, files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from itertools import groupby
from pathlib import Path
from typing import Any

from advocacy.errors import AdvocacyError
from advocacy.layers import source_digest
from advocacy.report.citation import Cited, Source, plain
from advocacy.study.citable import entries
from advocacy.study.citable.addresses import FOLDER, address, cased, table_address
from advocacy.study.citable.entries import Ledger
from advocacy.study.citable.pages import as_page, changes_in_words
from advocacy.study.citable.releases import Release, changes

_SHOWN = re.compile(r'data-number="([^"]+)"')
_IMAGE = re.compile(r'src="_images/([\w-]+\.svg)"')
_TITLE = re.compile(r"<title>(.*?)(?: &#8212;.*?)?</title>", re.DOTALL)
# What a figure draws of a row.
_DRAWN = ("rate", "interval", "band", "difference", "difference_interval", "ratio")
_MARKER = ".written.json"  # what is written, by its hash
AUTHOR = "The advocacy authors"


class UnknownNumberError(AdvocacyError, KeyError):
    """A page shows a number that the ledger does not have."""

    __str__ = AdvocacyError.__str__


@dataclass(frozen=True)
class Book:
    """The numbers of a book, and where they are shown.

    Parameters
    ----------
    ledger
        The present numbers, by identifier.
    version, date
        Under which they are published.
    shown
        Names of the chapters that show each number that has a page.
    titles
        Titles of chapters by name.
    releases
        The ledgers of releases, the oldest first.
    title, home
        Of the book; its address on the web may be empty.
    """

    ledger: Ledger
    version: str
    date: str
    shown: Mapping[str, Sequence[str]]
    titles: Mapping[str, str]
    releases: Sequence[Release]
    title: str = "Advocacy"
    home: str = ""


def chapters_that_show(
    html: Path, ledger: Ledger, figures: Mapping[str, Sequence[str]]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return which chapters show each number, and the titles of chapters.

    Parameters
    ----------
    html
        Folder of the book as Sphinx has written it.
    ledger
        The numbers.
    figures
        Names of the tables that each figure is drawn from, by its file's name.

    Raises
    ------
    UnknownNumberError
        A page shows a number that the ledger does not have.
    """
    drawn: dict[str, list[str]] = {}
    for name, entry in ledger.items():
        if entry.get("part") in _DRAWN:
            drawn.setdefault(entry.get("table", ""), []).append(name)
    shown: dict[str, list[str]] = {}
    titles = {}
    for page in sorted(html.glob("*.html")):
        text = page.read_text(encoding="utf-8")
        found = dict.fromkeys(unescape(name) for name in _SHOWN.findall(text))
        unknown = sorted(set(found) - set(ledger))
        if unknown:
            raise UnknownNumberError(
                f"{page.name} shows {unknown[0]}, which the ledger does not have.",
                where=str(page),
                remedy="Build the book again, from the numbers on.",
            )
        for image in dict.fromkeys(_IMAGE.findall(text)):
            of_figure = (drawn.get(table, ()) for table in figures.get(image, ()))
            found |= dict.fromkeys(name for own in of_figure for name in own)
        for name in found:
            shown.setdefault(name, []).append(page.stem)
        title = _TITLE.search(text)
        if found:
            titles[page.stem] = unescape(title[1]).strip() if title else page.stem
    return shown, titles


def write_numbers(html: Path, book: Book) -> bool:
    """Write all that there is of the numbers into the folder of the book.

    A file that is there and would be the same is left alone, one of a number that is no longer
    shown is taken away; ``False`` where nothing of it has changed.
    """
    stamp, marker = _stamp(book), html / FOLDER / _MARKER
    before = json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else {}
    if before.get("of") == stamp:
        return False
    had, have = before.get("files", {}), {}
    folders: set[Path] = set()
    for name, text in _files(book):
        have[name] = sha256(text.encode()).hexdigest()
        if had.get(name) == have[name]:
            continue
        path = html / name
        if path.parent not in folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.add(path.parent)
        path.write_text(text, encoding="utf-8", newline="")
    for name in had.keys() - have.keys():
        (html / name).unlink(missing_ok=True)
    marker.write_text(_compact({"of": stamp, "files": have}), encoding="utf-8")
    return True


def _files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file."""
    about = {"title": book.title, "version": book.version, "date": book.date}
    yield "numbers.csv", entries.as_csv(book.ledger, book.shown)
    yield "numbers.json", entries.as_json(book.ledger, about)
    yield f"{FOLDER}/index.js", _index(book)
    for release in book.releases:
        yield from _of_version(book, release.version, release.date, _of_release(release))
    if book.version not in {release.version for release in book.releases}:
        shown = {name: entry for name, entry in book.ledger.items() if name in book.shown}
        yield from _of_version(book, book.version, book.date, shown)


def _of_version(book: Book, version: str, date: str, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Yield the pages of a release and the scripts of its cards."""
    source = Source(book.title, AUTHOR, version, date)
    versions = [release.version for release in reversed(book.releases)]
    have = {release.version: release.live for release in book.releases}
    changed = changes(book.ledger, book.releases)
    for name, entry in ledger.items():
        had = [one for one in versions if name in have[one]]
        said = changes_in_words(versions, had, changed.get(name, ()))
        titles = {one: book.titles.get(one, one) for one in book.shown.get(name, ())}
        yield address(name, version), as_page(name, entry, source, titles, said, book.home)
    for first, names in groupby(sorted(ledger, key=_first), _first):
        own = {name: ledger[name] for name in names}
        text = f"advocacyNumbers({_compact(_cards(own, source, book.home))});\n"
        yield table_address(first, version), text


def _first(identifier: str) -> str:
    return identifier.split(":")[0]


def _cards(ledger: Ledger, source: Source, home: str) -> dict[str, Any]:
    """Return what cards say of the numbers of a table; texts that many share stand once."""
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    numbers = {}
    for name, entry in ledger.items():
        own = entries.cited(name, entry, source.version, home)
        known = entries.facts(name, entry)
        numbers[name] = [
            entry["text"], entries.interval_as_shown(name, ledger), known.get("n", ""),
            place(own.what), place(" ".join(entries.cautions(entry))),
        ]  # fmt: skip
        numbers[name] += [place(own.published_by)] if own.published_by else []
    by = "{by}" if any(entry.get("published_by") for entry in ledger.values()) else ""
    blank = Cited("{id}", "{text}", "{what}", "{page}", by)
    return {"numbers": numbers, "texts": list(texts), "cite": plain(blank, source)}


def _index(book: Book) -> str:
    """Return what the search looks through, what is retired among it; each text stands once."""
    texts: dict[str, int] = {}
    chapters = list(book.titles)

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    rows = []
    for name, own in sorted(book.shown.items()):
        entry, page = book.ledger[name], address(name, book.version)
        words = [place(text) for text in entries.in_parts(name, entry)]
        rows.append([name, entry["text"], words, [chapters.index(one) for one in own]])
        if page != _plain_address(name, book.version):
            rows[-1].append(page)
    for name, gone in sorted(changes(book.ledger, book.releases).items()):
        if gone[0].now is None:
            words = [place(f"retired since release {gone[0].since}")]
            rows.append([name, gone[0].then, words, [], address(name, gone[0].since)])
    index = {
        "texts": list(texts), "chapters": [[name, book.titles[name]] for name in chapters],
        "version": book.version, "rows": rows,
    }  # fmt: skip
    return f"advocacyIndex({_compact(index)});\n"


def _plain_address(identifier: str, version: str) -> str:
    """Return the address of a number as the script of the search makes it."""
    return f"{FOLDER}/{version}/{'/'.join(map(cased, identifier.split(':')))}.html"


def _of_release(release: Release) -> dict[str, dict[str, Any]]:
    """Return the numbers of a release as the ledger has them."""
    found = {}
    for name, row in release.live.items():
        entry: dict[str, Any] = {key: text for key, text in row.items() if text and key != "shown"}
        entry["segment"] = json.loads(row["segment"]) if row["segment"] else {}
        if row["months"]:
            entry["months"] = float(row["months"])
        found[name] = entry
    return found


def _compact(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _stamp(book: Book) -> str:
    """Return a hash of all that what is written depends on."""
    content = [
        dict(book.ledger), book.version, book.date, dict(book.shown), dict(book.titles), book.title,
        book.home, [[one.version, one.date, dict(one.rows)] for one in book.releases],
        source_digest("study"),
    ]  # fmt: skip
    return sha256(_compact(content).encode()).hexdigest()
