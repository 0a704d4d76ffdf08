"""What documents claim, a row a claim, and how the book rules on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from advocacy.evidence.schema import Row, Rule, lacks, names, one_of
from advocacy.evidence.table import hold_to, read_cells

# What the documents are called, by the name that a row gives.
DOCUMENTS = {
    "ennova": "Ennova, “Anbefaler dine ambassadører faktisk deg?”",
    "kantar": "Kantar Sifo, 2019-05-08",
    "questionpro": "QuestionPro, on the value of a programme",
    "netigate": "Netigate, “Customer Experience”",
    "swedish": "Swedish article on customer experience",
}
TESTED = "tested here"
QUOTED = "quoted with its source"
NOT_YET = "not yet tested here"
NOT_TESTABLE = "not testable with these data"
RULINGS = (TESTED, QUOTED, NOT_YET, NOT_TESTABLE)
COLUMNS = ("id", "document", "claim", "ruling", "where", "reason")

_CHAPTER = re.compile(r"[a-z][a-z_]*")


@dataclass(frozen=True)
class Claim:
    """A claim of a document.

    Parameters
    ----------
    id
        Its name.
    document
        Which of `DOCUMENTS`.
    claim
        What the document says, in our words and with its figures.
    ruling
        One of `RULINGS`.
    where
        The chapter that tests it; empty where none does.
    reason
        Of the ruling, in a sentence.
    """

    id: str
    document: str
    claim: str
    ruling: str
    where: str
    reason: str


def _no_sentence(row: Row) -> bool:
    return not row["reason"].endswith(".") or ". " in row["reason"]


RULES = (
    names("a claim"),
    one_of("document", DOCUMENTS),
    lacks("claim", "The claim is not said.", "Say in a sentence what the document claims."),
    one_of("ruling", RULINGS),
    Rule(
        "where",
        lambda row: row["ruling"] == TESTED and not _CHAPTER.fullmatch(row["where"]),
        "{where!r} is no chapter that tests the claim.",
        f"Name the chapter without .md, or rule otherwise: {QUOTED}, {NOT_YET}, {NOT_TESTABLE}.",
    ),
    Rule(
        "where",
        lambda row: row["ruling"] != TESTED and bool(row["where"]),
        "A claim that is {ruling} has a chapter that tests it, {where}.",
        f"Leave it empty, or rule: {TESTED}.",
    ),
    lacks("reason", "The ruling has no reason.", "Give it in one sentence."),
    Rule("reason", _no_sentence, "The reason is not one sentence.", "Give it in one sentence."),
)


def read_claims(path: Path) -> tuple[Claim, ...]:
    """Read a table of claims, a row a claim, and check each row.

    Parameters
    ----------
    path
        A CSV file in UTF-8 with the columns `COLUMNS`.

    Raises
    ------
    DataError
        A row breaks one of `RULES`, two rows have one name, or the columns are others.
    UsageError
        This is no ordinary file.
    """
    rows = [cells for _, cells in read_cells(path, COLUMNS, "claims")]
    hold_to(RULES, rows, path, "claims")
    return tuple(Claim(**row) for row in rows)
