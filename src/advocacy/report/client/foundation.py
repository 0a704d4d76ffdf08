"""What a report rests on: what was lost or assumed on import, and how numbers were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import metadata

from advocacy.estimation.overview import Overview
from advocacy.report.client.subject import Subject
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Facts, Heading, Items, Table
from advocacy.report.wording import Row, Words
from advocacy.responses.crosswalk.reasons import reason_as_remark
from advocacy.responses.dataset.ledger import Refused

_SHOWN = 30  # remarks of a kind


def lost_or_assumed(found: Overview, subject: Subject, words: Words) -> Document:
    """Return the account of rows, and what was refused, left out and assumed."""
    key = "client.import.heading" if subject.is_file else "client.import.heading_dataset"
    said = [
        *_refused("client.import.set_aside", subject.rejected, words),
        *_refused("client.import.unplaced", subject.unplaced, words),
        *_private(subject, words),
        *_guesses(subject, words),
        *dict.fromkeys(map(words.said, subject.remarks())),
        *_unused(subject, words),
        *map(words.said, found.problems),
    ]
    return Document(
        (
            Heading(words(key), 2),
            _account(subject, words),
            *((Items(tuple(said)),) if said else ()),
        )
    )


def _account(subject: Subject, words: Words) -> Table:
    """Return the account of rows, which adds up."""
    rows = [
        ("read", subject.rows("read")),
        ("rejected", subject.rows("rejected")),
        ("kept", subject.rows("kept")),
        ("excluded", subject.excluded),
        ("counted", subject.counted),
    ]
    columns = (Column(""), Column(words("client.import.rows"), "right"))
    shown = [(words(f"client.import.{name}"), parts.count(number, words)) for name, number in rows]
    return parts.table(columns, shown)


def _refused(key: str, refused: Sequence[Refused], words: Words) -> Iterator[str]:
    for one in refused[:_SHOWN]:
        values = words.count(one.times)
        reason = words.said(reason_as_remark(one.column, one.reason))
        yield words(key, values=values, column=one.column, reason=reason)


def _unused(subject: Subject, words: Words) -> Iterator[str]:
    for variable, column in subject.refused:
        yield words("client.import.unused", variable=variable, column=column)


def _private(subject: Subject, words: Words) -> Iterator[str]:
    names = dict.fromkeys(
        found["variable"] for file in subject.files() for found in file["private"]
    )
    if names:
        yield words("client.import.private", variables=", ".join(names))


def _guesses(subject: Subject, words: Words) -> Iterator[str]:
    columns = [
        column["column"]
        for file in subject.files()
        if file["guesses"]
        for column in file["columns"]
    ]
    if columns:
        yield words("client.import.guesses", columns=", ".join(dict.fromkeys(columns)))


def methods_card(found: Overview, subject: Subject, words: Words) -> Document:
    """Return how the numbers were made, and what they do not tell."""
    row = _first(found)
    package = metadata("advocacy")
    made = f"{package['Name']} {package['Version']}, {package['Author']}"
    named = [
        ("question", words.question(row)),
        ("rung", words.rung(row)),
        ("kind", words(f"client.methods.{row['source_kind']}")),
        ("target", words(f"client.methods.to.{row['target']}")),
        ("weights", _weights(found, words)),
        ("drawn", _drawn(found, words)),
        (
            "intervals",
            words("client.methods.korn_graubard", level=words.confidence(row["conf_level"])),
        ),
        ("response", words("client.methods.response_text")),
        ("withheld", words("client.methods.withheld_text")),
        ("sent", words("client.methods.sent_text")),
        *(("file", _file(file, words)) for file in subject.files()),
        ("made", words("client.methods.made_text", citation=made)),
    ]
    facts = tuple((words(f"client.methods.{name}"), said) for name, said in named)
    body: list[Block] = [Heading(words("client.methods.heading"), 2), Facts(facts)]
    return Document(tuple(body))


def _first(found: Overview) -> Row:
    result = found.rates or found.intent or found.net[0]
    return parts.first_row(result)


def _file(file: dict[str, object], words: Words) -> str:
    return words("client.methods.file_text", name=file["name"], digest=file["sha256"])


def _weights(found: Overview, words: Words) -> str:
    if found.design.weight is None:
        return words("client.methods.unweighted")
    return words("client.methods.weighted", column=found.design.weight)


def _drawn(found: Overview, words: Words) -> str:
    # One programme is no stratum among others.
    alone = found.responses.programmes == 1
    strata = " × ".join(n for n in found.design.strata if not (alone and n == "programme"))
    clusters = ", ".join(found.design.clusters)
    if strata and clusters:
        return words("client.methods.both", strata=strata, clusters=clusters)
    if strata:
        return words("client.methods.stratified", columns=strata)
    if clusters:
        return words("client.methods.clustered", columns=clusters)
    return words("client.methods.simple")
