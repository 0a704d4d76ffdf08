"""What is in doubt in many files: each question once, with a number that it keeps.

Questions and answers stand in `study-answers.csv` beside the sources. A question is known again by
what it asks, not by its place, so that an answer, a new file or a corrected crosswalk changes no
number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from advocacy.errors import UsageError
from advocacy.files import write_text
from advocacy.responses.crosswalk.rows import read_rows
from advocacy.responses.proposal.lines import ProposedLine, Question
from advocacy.responses.proposal.proposal import ProposedCrosswalk
from advocacy.responses.proposal.settling import letters

_HEADER = ("number", "key", "answer", "sources", "question")


@dataclass(frozen=True)
class Asked:
    """A question where one source asks it: its number there, from 1."""

    source: str
    place: int
    question: Question

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables of the source that the question is about."""
        names = [line.raw_variable for c in self.question.choices for line in c.lines]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Doubt:
    """A question of one or more sources.

    Parameters
    ----------
    number
        The number that it is answered by, kept from run to run.
    key
        What it asks, as a digest.
    asked
        Where it is asked.
    answer
        Letter of the choice; empty where it is open.
    """

    number: int
    key: str
    asked: tuple[Asked, ...]
    answer: str = ""

    @property
    def question(self) -> Question:
        """The question as the first source has it."""
        return self.asked[0].question


def gather(proposals: Mapping[str, ProposedCrosswalk], record: Path) -> list[Doubt]:
    """Return the questions of all sources by number, with the answers of earlier runs.

    Parameters
    ----------
    proposals
        By name of source.
    record
        `study-answers.csv`, which need not be there.
    """
    earlier = _recorded(record)
    asked: dict[str, list[Asked]] = {}
    for source, proposal in proposals.items():
        for place, question in enumerate(proposal.questions, 1):
            asked.setdefault(_key(question, proposal), []).append(Asked(source, place, question))
    following = max((number for number, _ in earlier.values()), default=0) + 1
    doubts = []
    for key, where in asked.items():
        number, answer = earlier.get(key, (following, ""))
        following += key not in earlier
        # A letter that is no choice was not written by us: the question is asked again.
        known = answer in letters(where[0].question.choices)
        doubts.append(Doubt(number, key, tuple(where), answer if known else ""))
    return sorted(doubts, key=lambda doubt: doubt.number)


def answered(doubts: Sequence[Doubt], answers: Iterable[tuple[int, str]]) -> list[Doubt]:
    """Return the questions with further answers; a later one takes the place of an earlier.

    Raises
    ------
    UsageError
        There is no such question or choice: all of them at once.
    """
    found = {doubt.number: doubt for doubt in doubts}
    wrong: list[str] = []
    for number, letter in answers:
        if number not in found:
            wrong.append(f"there is no question {number}")
        elif letter not in letters(found[number].question.choices):
            wrong.append(f"question {number} has no answer {letter!r}")
        else:
            found[number] = replace(found[number], answer=letter)
    if wrong:
        listed = "; ".join(wrong)
        raise UsageError(
            f"{listed[0].upper()}{listed[1:]}.",
            where="--answer",
            remedy="Run the command without --answer to see the questions.",
        )
    return list(found.values())


def chosen(doubts: Iterable[Doubt], source: str) -> dict[int, str]:
    """Return the answers to a source's questions by their number in its proposal."""
    return {
        asked.place: doubt.answer
        for doubt in doubts
        for asked in doubt.asked
        if asked.source == source and doubt.answer
    }


def record_answers(doubts: Iterable[Doubt], record: Path) -> None:
    """Write the questions, with what has been answered; those of files that are gone are kept."""
    rows = {row[1]: row for row in _rows(record)}
    for doubt in doubts:
        sources = " ".join(asked.source for asked in doubt.asked)
        row = [str(doubt.number), doubt.key, doubt.answer, sources, doubt.question.text]
        rows[doubt.key] = row
    if not rows:
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    ordered = list(rows.values())
    ordered.sort(key=_number)
    writer.writerows(ordered)
    write_text(record, text.getvalue())


def _recorded(record: Path) -> dict[str, tuple[int, str]]:
    return {key: (int(number), answer) for number, key, answer, *_ in _rows(record)}


def _number(row: list[str]) -> int:
    return int(row[0])


def _rows(record: Path) -> list[list[str]]:
    if not record.exists():
        return []
    head, *rows = read_rows(record)
    if tuple(head) != _HEADER or not all(len(r) == len(_HEADER) and r[0].isdigit() for r in rows):
        raise UsageError(
            "The answers of earlier runs cannot be read.",
            where=str(record),
            remedy=f"Its columns are {','.join(_HEADER)}. Undo what was changed, or remove the "
            "file and answer again.",
        )
    return rows


def _key(question: Question, proposal: ProposedCrosswalk) -> str:
    """Return a digest of what a question asks, whatever its words and its place.

    Where the file leaves the answer to its reader, the question is of variables of this name and
    label: in another questionnaire it may have another answer.
    """
    labels = {role.name: role.profile.variable.label for role in proposal.roles}
    asks: object = question.about or [
        [(labels[line.raw_variable], *_meaning(line)) for line in choice.lines]
        for choice in question.choices
    ]
    return sha256(repr(asks).encode()).hexdigest()[:12]


def _meaning(line: ProposedLine) -> tuple[str, ...]:
    return line.raw_variable, line.raw_value, line.column, line.canonical_value
