"""The terms of the book in four languages, each with its meaning; they stand in `glossary.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

from advocacy.report.media.markdown import markdown_table

# Languages by their codes, in the order in which they are shown.
LANGUAGES = {"en": "English", "nb": "norsk bokmål", "sv": "svenska", "da": "dansk"}
_TERMS = Path(__file__).with_name("glossary.csv")


def terms() -> list[dict[str, str]]:
    """Return the terms: one of each language by its code, the `meaning`, and what is in `doubt`."""
    with _TERMS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def glossary_table() -> str:
    """Return the terms as a Markdown table, by their English name; each says its language."""
    rows = [
        [_named(row, "en"), " ".join(_named(row, code) for code in ("nb", "sv", "da")),
         row["meaning"]]
        for row in sorted(terms(), key=lambda row: row["en"])
    ]  # fmt: skip
    return markdown_table(["term", "nb · sv · da", "meaning"], "lll", rows)


def doubts_list() -> str:
    """Return as a Markdown list what is in doubt of terms, by their English name."""
    doubted = sorted((row for row in terms() if row["doubt"]), key=lambda row: row["en"])
    return "".join(f"* *{row['en']}*: {row['doubt']}\n" for row in doubted)


def _named(row: dict[str, str], code: str) -> str:
    """Return a term with its language, for those who hear the page too."""
    word = f'<span lang="{code}">{row[code]}</span>'
    return word if code == "en" else f'<span class="term"><small>{code}</small> {word}</span>'
