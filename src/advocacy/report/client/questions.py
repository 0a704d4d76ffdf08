"""The questions that a survey lacks, word for word, and what each would tell."""

from __future__ import annotations

from advocacy.estimation.overview import Overview
from advocacy.report.document import Column, Document, Entry, Heading, Paragraph, Table
from advocacy.report.wording import Words
from advocacy.responses.proposal.wordings import LANGUAGES
from advocacy.responses.questions import question_to_add

# What a survey of recommending asks, in the order in which it is missed.
ASKED = (
    "score",
    "recommended_past_12m",
    "opportunity",
    "discouraged_past_12m",
    "recommended_since",
    "first_recommended_on",
)


def questions(found: Overview, words: Words) -> Document:
    """Return the questions to add, in every language, with what they unlock."""
    absent = [name for name in ASKED if not found.responses.has(name)]
    if not absent:
        return Document(())
    first = "recommended_past_12m" in absent
    columns = (
        Column(words("client.questions.language")),
        Column(words("client.questions.question")),
    )
    blocks = [
        block
        for name in absent
        for block in (
            Heading(words(f"client.questions.{name}"), 3, name),
            Table(
                columns,
                tuple(
                    (Entry(words(f"client.questions.{code}")), Entry(question_to_add(name, code)))
                    for code in LANGUAGES
                ),
            ),
        )
    ]
    heading = "client.questions.heading_behaviour" if first else "client.questions.heading"
    return Document(
        (Heading(words(heading), 2), Paragraph(words("client.questions.text")), *blocks)
    )
