"""Citations of a number in four formats: plain text, BibTeX, RIS and CSL-JSON.

Formats: RIS as in Research Information Systems' specification of 2011, CSL-JSON as in the schema
of the Citation Style Language 1.0.2.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """The book that a number is cited from.

    Parameters
    ----------
    title, author
        Of the book; the author is a body, never divided into given and family name.
    version
        Its release.
    date
        Day on which the release is dated, as ISO 8601.
    """

    title: str
    author: str
    version: str
    date: str


@dataclass(frozen=True)
class Cited:
    """A number as it is cited.

    Parameters
    ----------
    identifier
        In the ledger of numbers.
    text
        The number as the book writes it.
    what
        What it is, in words; its kind of evidence stands in them.
    address
        Of its page.
    published_by
        Which others published it, and where that is found; empty where the book alone does.
    """

    identifier: str
    text: str
    what: str
    address: str
    published_by: str = ""

    @property
    def title(self) -> str:
        """The title under which it is cited."""
        return f"{self.what}: {self.text} [{self.identifier}]"

    @property
    def url(self) -> str:
        """The address where it is one of the web; nothing for a path within the book."""
        return self.address if "://" in self.address else ""

    @property
    def origin(self) -> str:
        """The sentence that names who published it; nothing where the book alone does."""
        return f"Source: {self.published_by}." if self.published_by else ""


def plain(cited: Cited, source: Source) -> str:
    """Return a citation in plain text: author, date, what, number, its source, book, address."""
    origin = f"{cited.origin} " if cited.origin else ""
    return (
        f"{source.author} ({source.date}). {cited.title}. {origin}"
        f"In {source.title}, version {source.version}. {cited.address}"
    )


def bibtex(cited: Cited, source: Source) -> str:
    """Return a citation as an entry of BibTeX, for LaTeX with or without UTF-8."""
    version = f"Version {source.version} of {source.date}."
    fields = {
        "author": f"{{{_tex(source.author)}}}",
        "title": f"{{{_tex(cited.title)}}}",
        "howpublished": f"In {_tex(source.title)}, version {_tex(source.version)}",
        "year": source.date[:4],
        "month": str(int(source.date[5:7])),
        "note": _tex(" ".join(filter(None, [version, cited.origin]))),
        "url": cited.url,
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{key(cited, source)},\n{lines}\n}}\n"


def ris(cited: Cited, source: Source) -> str:
    """Return a citation as a record of RIS; its lines end as the format asks."""
    fields = [
        ("TY", "DATA"), ("AU", source.author), ("TI", cited.title), ("T2", source.title),
        ("ET", source.version), ("PY", source.date[:4]), ("DA", source.date.replace("-", "/")),
        ("AN", cited.identifier),
    ]  # fmt: skip
    fields += [("UR", cited.url)] if cited.url else []
    fields += [("N1", cited.origin)] if cited.origin else []
    lines = [*fields, ("ER", "")]
    return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in lines)


def csl_json(cited: Cited, source: Source) -> str:
    """Return a citation as CSL-JSON: a list of one item."""
    item = {
        "id": key(cited, source),
        "type": "dataset",
        "title": cited.title,
        "author": [{"literal": source.author}],
        "container-title": source.title,
        "version": source.version,
        "issued": {"date-parts": [[int(part) for part in source.date.split("-")]]},
        "number": cited.identifier,
        **({"URL": cited.url} if cited.url else {}),
        **({"note": cited.origin} if cited.origin else {}),
    }
    return json.dumps([item], ensure_ascii=False) + "\n"


# Formats by the ending of their files.
FORMATS = {"txt": plain, "bib": bibtex, "ris": ris, "csl.json": csl_json}


def key(cited: Cited, source: Source) -> str:
    """Return a key of the citation, of letters that every program takes."""
    plain_key = re.sub(r"[^A-Za-z0-9.]+", "-", f"advocacy-{source.version}-{cited.identifier}")
    return plain_key.strip("-")


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)
