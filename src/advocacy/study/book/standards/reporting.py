"""The card of methods: what standards of reporting ask, and what a study answers.

Items are in `reporting.csv`, in our words. An answer is a link, or comes from the protocol, the
ledger or the data; what the owner of the data alone knows stands under ``[survey]`` in
`source.toml`, and is said to be missing where it does not.

References: AAPOR Code of Professional Ethics and Practices, section III, April 2021; Parker et al.
2017, NCHS Vital and Health Statistics 2(175); von Elm et al. 2007,
doi:10.1371/journal.pmed.0040296.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advocacy import __version__
from advocacy.errors import DataError
from advocacy.reading import ordinary_file
from advocacy.report.media.markdown import literally, markdown_table
from advocacy.report.numbers import Numbers
from advocacy.responses.dataset.source import find_sources
from advocacy.study.book.abridged import Contents, without_links
from advocacy.study.protocol import Protocol

STANDARDS = ("AAPOR", "NCHS", "STROBE")
# What the owner of the data alone knows: entries of [survey] in source.toml.
OWNED = {
    "sponsor": "who paid for the survey",
    "questionnaire": "the questions word for word, or where they are",
    "population": "whom the survey is of, and where they live",
    "recruitment": "from which list people came, and how they were chosen",
    "mode": "web, telephone, face to face, post",
    "languages": "of the interviews",
    "invitations": "the days on which they were sent",
    "response_rate": "with its definition, such as AAPOR RR2",
    "incentives": "what people were given, or none",
    "pretest": "how the questions were tried",
    "sample_size": "how it was fixed",
    "ethics": "consent, and the board that reviewed it",
    "funding": "who paid, for what",
    "interests": "of those who did it",
}
_SURVEY = "survey"
_WEIGHTING = {
    "respondents": "By the weights of the files, scaled so that those of a programme sum to its "
    "ratings; without a weight each rating counts once.",
    "equal_programme": "By the weights of the files, scaled so that each programme counts the "
    "same; without a weight each rating of a programme counts the same.",
    "none": "By the weights of the files as they are; without a weight each rating counts once.",
}
_NO_PRODUCER = '*not known* (`producer = "…"`, above the files).'
_ASKED_ONCE = "Cross-sectional: the behaviour is asked of the 12 months before."
_FOLLOWED = f"{_ASKED_ONCE} Some customers are asked again within a year: a panel beside it."
_SAID = 3  # different answers that are written out; of more, their number
_ITEMS = Path(__file__).with_name("reporting.csv")
_OWNER = re.compile(r"\{owner:(\w+)\}")


@dataclass(frozen=True)
class Item:
    """An item of a standard.

    Parameters
    ----------
    standard, item
        One of `STANDARDS`, and its number or name there.
    asks
        What it asks, in our words.
    answer
        What answers it, with names of values in braces.
    simulated
        What answers it where the data are simulated; empty where the same does.
    """

    standard: str
    item: str
    asks: str
    answer: str
    simulated: str


def items() -> tuple[Item, ...]:
    """Return the items of all standards."""
    with _ITEMS.open(encoding="utf-8", newline="") as file:
        return tuple(Item(**row) for row in csv.DictReader(file))


def card_pages(
    study: Protocol,
    ledger: Numbers,
    contents: Contents,
    interviewed: Sequence[str],
) -> dict[str, str]:
    """Return the card of a study as Markdown tables, by standard.

    Parameters
    ----------
    study
        The protocol.
    ledger
        The numbers.
    contents
        What the book can show.
    interviewed
        The first and the last day of the interviews that count, as ISO 8601; empty without days.

    Raises
    ------
    DataError
        ``[survey]`` of a `source.toml` has an entry that is unknown or no text.
    """
    described = [_described(folder) for folder in find_sources(study.sources)]
    values = _values(study, ledger, contents.kind, described, interviewed)
    owned = [own.get(_SURVEY, {}) for own in described]
    pages = {}
    for standard in STANDARDS:
        rows = [
            [one.asks, without_links(_answer(one, contents.kind, values, owned), contents),
             one.item]
            for one in items() if one.standard == standard
        ]  # fmt: skip
        pages[standard] = markdown_table(["asked", "answer", standard], "lll", rows)
    return pages


def _described(folder: Path) -> dict[str, Any]:
    """Read what describes a source; the import has checked the rest of it."""
    path = folder / "source.toml"
    content = tomllib.loads(ordinary_file(path).read_text(encoding="utf-8"))
    survey = content.get(_SURVEY, {})
    for name, value in survey.items() if isinstance(survey, dict) else [(_SURVEY, survey)]:
        if name not in OWNED or not isinstance(value, str):
            raise DataError(
                f"{name} under [{_SURVEY}] is "
                f"{'no text' if name in OWNED else 'no entry that is known'}.",
                where=str(path),
                remedy=f"Write a text in quotation marks for any of: {', '.join(OWNED)}.",
            )
    return content


def _answer(
    item: Item, kind: str, values: Mapping[str, str], owned: Sequence[Mapping[str, str]]
) -> str:
    template = item.simulated if kind == "simulated" and item.simulated else item.answer
    said = _OWNER.sub(lambda match: _owner(match[1], owned), template)
    return re.sub(r"\{(\w+)\}(?!`)", lambda match: values[match[1]], said)


def _owner(name: str, owned: Sequence[Mapping[str, str]]) -> str:
    """Return what owners say, or that it is missing with the line to write."""
    given = Counter(own[name].strip() for own in owned if own.get(name, "").strip())
    missing = len(owned) - given.total()
    line = f'`{name} = "…"`: {OWNED[name]}'
    if not given:
        return f"*not known* ({line})."
    if len(given) > _SAID:
        said = f"{len(given)} different answers, each in its `source.toml`"
    else:
        said = "; ".join(literally(text).rstrip(".") for text in given)
    lacking = f" (*not known* of {missing} of {len(owned)} sources; {line})"
    return f"{said}{lacking if missing else ''}."


def _values(
    study: Protocol,
    ledger: Numbers,
    kind: str,
    described: Sequence[Mapping[str, Any]],
    interviewed: Sequence[str],
) -> dict[str, str]:
    """Return what the protocol, the ledger and the data answer, by name."""
    producers = dict.fromkeys(str(own.get("producer", "")).strip() for own in described)
    known = [literally(one) for one in producers if one]
    return {
        "version": __version__,
        "kind": kind,
        "sources": _number(ledger, "data:sources"),
        "read": _number(ledger, "data:rows_read"),
        "kept": _number(ledger, "data:rows_kept"),
        "rejected": _number(ledger, "data:rows_rejected"),
        "excluded": _number(ledger, "data:rows_excluded"),
        "n": _number(ledger, "overall:n"),
        "target": _number(ledger, "study:target"),
        "scores": _number(ledger, "study:scores"),
        "level": _number(ledger, "study:conf_level"),
        "interval": _number(ledger, "study:interval"),
        "window": _number(ledger, "study:repeat_window_days"),
        "weighting": _WEIGHTING[study.weight_scaling],
        "producers": f"{'; '.join(known)}." if known else _NO_PRODUCER,
        "dates": " to ".join(interviewed) or "not known, as no column has the day",
        "design": _FOLLOWED if "ladder:converted_within_12m:n" in ledger else _ASKED_ONCE,
    }


def _number(ledger: Numbers, name: str) -> str:
    """Return a number as the book's role reads it; in words where the study does not publish it."""
    return f"{{number}}`{name}`" if name in ledger else "a number that is not published"
