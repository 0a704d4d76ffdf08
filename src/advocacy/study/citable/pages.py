"""The page of a number: one small file with all that is known of it, and its citations."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

from advocacy.report.citation import FORMATS, Cited, Source
from advocacy.study.citable.addresses import address
from advocacy.study.citable.entries import Entry, cautions, cited, facts
from advocacy.study.citable.releases import Change

_ZIP = "number.zip"
# Files of citations, and what their formats are called.
_CITATIONS = {
    "citation.txt": "Plain text", "citation.bib": "BibTeX",
    "citation.ris": "RIS (Zotero, EndNote)", "citation.csl.json": "CSL-JSON",
}  # fmt: skip
_TYPES = {
    "citation.txt": "text/plain", "citation.bib": "application/x-bibtex",
    "citation.ris": "application/x-research-info-systems",
    "citation.csl.json": "application/json", "number.json": "application/json",
    _ZIP: "application/zip",
}  # fmt: skip
_MADE = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can say: the same bytes each time
_README = """\
{title}

number.json     what is known of the number
citation.txt    a citation in plain text
citation.bib    BibTeX
citation.ris    RIS
citation.csl.json  CSL-JSON

Version {version} of {date}. Page of the number: {address}
{cautions}
Text: CC BY 4.0. Numbers: under the licence of the data behind them.
"""


def as_page(
    identifier: str,
    entry: Entry,
    source: Source,
    shown: Mapping[str, str],
    changed: Sequence[str],
    home: str = "",
) -> str:
    """Return the page of a number as HTML, which needs no script.

    Parameters
    ----------
    identifier, entry
        The number, as the ledger has it.
    source
        The book, in its release.
    shown
        Titles of the chapters that show it, by name.
    changed
        Sentences on what it was in releases, and what has become of it.
    home
        Address of the book on the web, with a slash at the end; empty where it has none.
    """
    number = cited(identifier, entry, source.version, home)
    known = facts(identifier, entry)
    files = as_files(entry, number, source, known)
    root = "../" * address(identifier, source.version).count("/")
    return _PAGE.format(
        root=root,
        identifier=escape(identifier),
        text=escape(entry["text"]),
        what=escape(number.what),
        version=escape(source.version),
        date=source.date,
        title=escape(source.title),
        cautions="".join(f"<p>{escape(text)}</p>" for text in cautions(entry)),
        facts="".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in known.items()),
        shown=", ".join(
            f'<a href="{root}{name}.html">{escape(own)}</a>' for name, own in shown.items()
        )
        or "in no chapter; it is part of the ledger",
        changed="".join(f"<p>{escape(text)}</p>" for text in changed),
        citations="".join(_citation(name, files) for name in _CITATIONS),
        files=f"{_link('number.json', files, 'The number as JSON')} · "
        f"{_link(_ZIP, {_ZIP: as_zip(files)}, 'All of it, with a readme (zip)')}",
    )


def as_files(
    entry: Entry, number: Cited, source: Source, known: Mapping[str, str]
) -> dict[str, str]:
    """Return the files of a number by name: a readme, what is known of it, and its citations."""
    not_for = cautions(entry)
    readme = _README.format(
        title=number.title, version=source.version, date=source.date, address=number.address,
        cautions="".join(f"\n{text}\n" for text in not_for),
    )  # fmt: skip
    content = {
        "identifier": number.identifier, "what": number.what,
        **{name: value for name, value in entry.items() if value not in (None, "")},
        "in_words": known, "not_to_be_used": not_for, "book": source.title,
        "version": source.version, "date": source.date, "page": number.address,
    }  # fmt: skip
    text = json.dumps(content, sort_keys=True, ensure_ascii=False) + "\n"
    citations = {f"citation.{ending}": write(number, source) for ending, write in FORMATS.items()}
    return {"README.txt": readme, "number.json": text, **citations}


def as_zip(files: Mapping[str, str]) -> bytes:
    """Return a zip of files, the same bytes each time."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            about = zipfile.ZipInfo(name, _MADE)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.create_system, about.external_attr = 3, 0o644 << 16  # whatever the system
            packed.writestr(about, text.encode())
    return file.getvalue()


def changes_in_words(
    versions: Sequence[str], had: Sequence[str], changes: Sequence[Change]
) -> list[str]:
    """Return a sentence for each release: what the number was, and what has become of it.

    Parameters
    ----------
    versions
        All releases, the newest first.
    had
        Those that state it.
    changes
        What is not as it was.
    """
    then = {change.since: change for change in changes}
    said = []
    for version in versions:
        if version in then:
            own = then[version]
            now = f"it is now {own.now}" if own.now is not None else "it is retired since"
            said.append(f"Release {version} had {own.then}; {now}.")
        elif version in had:
            said.append(f"It is the same as in release {version}.")
        else:
            said.append(f"Release {version} did not have it.")
    return said or ["There is no earlier release."]


def _citation(name: str, files: Mapping[str, str]) -> str:
    words, text = _CITATIONS[name], escape(files[name])
    return (
        f"<section><h3>{words}</h3>"
        f'<pre tabindex="0" aria-label="Citation as {words}">{text}</pre>'
        f'<p><button type="button" data-copy>Copy</button> {_link(name, files, "Save")}</p>'
        "</section>"
    )


def _link(name: str, files: Mapping[str, str | bytes], words: str) -> str:
    """Return a link to a file that the page itself holds: it works without a server."""
    content = files[name]
    raw = content.encode() if isinstance(content, str) else content
    data = base64.b64encode(raw).decode()
    return f'<a download="{name}" href="data:{_TYPES[name]};base64,{data}">{words}</a>'


_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{identifier}: {text} – {title} {version}</title>
<link rel="stylesheet" href="{root}_static/numbers.css">
<script src="{root}_static/numbers.js" defer></script>
</head>
<body class="number-page">
<header><a href="{root}index.html">{title}</a> ·
<a href="{root}numbers.html">All numbers</a></header>
<main>
<h1><code>{identifier}</code></h1>
<p class="value">{text}</p>
<p>{what}</p>
<div class="caution" role="note"><h2>What it may not be used for</h2>{cautions}</div>
<h2>What it rests on</h2>
<dl>{facts}<dt>version</dt><dd>{version}, of {date}</dd><dt>shown in</dt><dd>{shown}</dd></dl>
<h2>What changed since the release that you cite</h2>
{changed}
<h2>How to cite it</h2>
{citations}
<h2>Files</h2>
<p>{files}</p>
</main>
</body>
</html>
"""
