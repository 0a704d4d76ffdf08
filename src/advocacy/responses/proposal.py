"""The crosswalk that a file suggests: lines to confirm, questions to answer, what is refused.

Lines are written only where the file leaves no doubt about a code. Where it does, the lines
stand in the choices of a question, and nothing is written until a person has chosen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from math import isfinite

from advocacy.errors import UsageError
from advocacy.responses.crosswalk import FORMAT, GUESS, HEADER
from advocacy.responses.labelled import LabelledTable
from advocacy.responses.levels import Kind, Level, Profile
from advocacy.responses.roles import Proposal, propose_roles, steps
from advocacy.responses.schema import COLUMNS, Type
from advocacy.responses.wordings import answer, coded, country, ending, level, without_code

_TEN_POINTS = (
    "is a 1-10 scale. It is never turned into 0-10: a 10 of ten answers is not a 10 of eleven, "
    "and there is no 0. No line is written for score; the other questions can still be used."
)


@dataclass(frozen=True)
class ProposedLine:
    """One line of a crosswalk that is not yet confirmed; the fields are those of the file."""

    raw_variable: str
    raw_value: str
    column: str
    canonical_value: str
    note: str = ""

    def text(self) -> str:
        """Return the line as it stands in the file."""
        return _csv([self]).rstrip("\n")


@dataclass(frozen=True)
class Choice:
    """One answer to a question, and the lines that settle it; none leave the values out."""

    text: str
    lines: tuple[ProposedLine, ...] = ()


@dataclass(frozen=True)
class Question:
    """What only a person can know.

    Parameters
    ----------
    text
        The question, with what the file says.
    choices
        Its answers, called a, b, … in this order.
    column
        Set where the question is which variable holds this column.
    """

    text: str
    choices: tuple[Choice, ...]
    column: str = ""


@dataclass(frozen=True)
class ProposedCrosswalk:
    """Lines without doubt, questions, and sentences on what cannot be used and why."""

    roles: tuple[Proposal, ...]
    lines: tuple[ProposedLine, ...]
    questions: tuple[Question, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    """What one variable gives: lines, questions of its own, doubtful codes, and a refusal.

    ``doubtful`` are codes whose label says "don't know" although they could be answers; they
    are asked about together, as many variables share them.
    """

    lines: tuple[ProposedLine, ...] = ()
    questions: tuple[Question, ...] = ()
    doubtful: tuple[tuple[Level, ProposedLine], ...] = ()
    refusal: str = ""


def propose_crosswalk(table: LabelledTable) -> ProposedCrosswalk:
    """Return the proposal for a file."""
    roles = tuple(propose_roles(table))
    parts = [(role, _explained(role, _part(role))) for role in roles if role.column]
    contests, settled = _contests(parts)
    doubts = _doubts([pair for _, part in parts for pair in part.doubtful])
    own = [question for _, part in parts for question in part.questions]
    return ProposedCrosswalk(
        roles=roles,
        lines=tuple(line for _, part in settled for line in part.lines),
        questions=(*contests, *own, *doubts),
        refusals=tuple(part.refusal for _, part in parts if part.refusal),
    )


def settle(proposal: ProposedCrosswalk, answers: Mapping[int, str]) -> tuple[ProposedLine, ...]:
    """Return the lines of the crosswalk once questions have been answered.

    Parameters
    ----------
    answers
        Letter of the choice by number of the question, from 1. Questions without answer add
        no line.

    Raises
    ------
    UsageError
        There is no such question or choice.
    """
    chosen = [
        (proposal.questions[_index(number, proposal)], _choice(number, letter, proposal))
        for number, letter in sorted(answers.items())
    ]
    which = [line for question, choice in chosen if question.column for line in choice.lines]
    codes = [line for question, choice in chosen if not question.column for line in choice.lines]
    open_columns = {question.column for question in proposal.questions if question.column}
    owners = {line.column: line.raw_variable for line in which}
    fitting = [
        line
        for line in codes
        if owners.get(line.column, "" if line.column in open_columns else line.raw_variable)
        == line.raw_variable
    ]
    return _ordered(proposal, _with_values([*proposal.lines, *which, *fitting]))


def _with_values(lines: list[ProposedLine]) -> list[ProposedLine]:
    """Leave out variables of which only missing codes are settled: they would hold nothing."""
    given = {(line.raw_variable, line.column) for line in lines if line.canonical_value}
    return [line for line in lines if (line.raw_variable, line.column) in given]


def crosswalk_text(lines: Iterable[ProposedLine]) -> str:
    """Return the content of a crosswalk file."""
    return f"# advocacy crosswalk format {FORMAT}\n{','.join(HEADER)}\n{_csv(lines)}"


def _csv(lines: Iterable[ProposedLine]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in lines:
        writer.writerow(
            (line.raw_variable, line.raw_value, line.column, line.canonical_value, line.note)
        )
    return text.getvalue()


def _index(number: int, proposal: ProposedCrosswalk) -> int:
    if not 1 <= number <= len(proposal.questions):
        raise UsageError(
            f"There is no question {number}; there are {len(proposal.questions)}.",
            where="--answer",
            remedy="Run the command without --answer to see the questions.",
        )
    return number - 1


def _choice(number: int, letter: str, proposal: ProposedCrosswalk) -> Choice:
    choices = proposal.questions[number - 1].choices
    index = ord(letter) - ord("a") if len(letter) == 1 else -1
    if not 0 <= index < len(choices):
        raise UsageError(
            f"Question {number} has no answer {letter!r}.",
            where="--answer",
            remedy=f"Choose one of: {', '.join(letters(choices))}.",
        )
    return choices[index]


def letters(choices: tuple[Choice, ...]) -> list[str]:
    """Return the letters that choices are called by."""
    return [chr(ord("a") + at) for at in range(len(choices))]


def _ordered(proposal: ProposedCrosswalk, lines: list[ProposedLine]) -> tuple[ProposedLine, ...]:
    """Return lines in the order of the file's variables; equal ones keep theirs."""
    place = {role.name: at for at, role in enumerate(proposal.roles)}
    return tuple(sorted(lines, key=lambda line: place[line.raw_variable]))


def _contests(
    parts: list[tuple[Proposal, _Part]],
) -> tuple[list[Question], list[tuple[Proposal, _Part]]]:
    """Ask which variable holds a column that several could; return what needs no question."""
    # A candidate that cannot be used is no choice.
    usable = [(role, part) for role, part in parts if not part.refusal]
    questions, settled = [], []
    for column, group in groupby(sorted(usable, key=lambda pair: pair[0].column), _column):
        claims = list(group)
        if len(claims) == 1:
            settled += claims
        else:
            questions.append(_which(column, claims))
    return questions, settled


def _column(pair: tuple[Proposal, _Part]) -> str:
    return pair[0].column


def _which(column: str, claims: list[tuple[Proposal, _Part]]) -> Question:
    named = ", ".join(_named(role) for role, _ in claims)
    why = (
        "One may be about the relationship and the other about a single contact; they are "
        "different questions. "
        if column == "score"
        else ""
    )
    choices = [Choice(_named(role), part.lines) for role, part in claims]
    text = f"Which variable is {column}? {why}Candidates: {named}."
    return Question(text, (*choices, Choice("none of them")), column)


def _named(role: Proposal) -> str:
    label = role.profile.variable.label
    shown = f" {label!r}" if label and label != role.name else ""
    return f"{role.name}{shown} ({role.confidence:.2f})"


def _doubts(doubtful: list[tuple[Level, ProposedLine]]) -> list[Question]:
    """Ask once about each code that could be an answer but is labelled as none."""
    questions = []
    ordered = sorted(doubtful, key=lambda pair: (pair[0].value, pair[0].label))
    for (value, label), group in groupby(ordered, key=lambda pair: (pair[0].value, pair[0].label)):
        pairs = list(group)
        lines = tuple(line for _, line in pairs)
        names = ", ".join(line.raw_variable for line in lines)
        rows = sum(step.count for step, _ in pairs)
        says = f"is labelled {label!r}" if label else "has no label and lies outside the scale"
        text = (
            f"Is code {value} of {names} missing? It {says}, and the file does not declare it "
            f"missing ({rows} answers)."
        )
        leave = Choice("no, or unsure: rows that hold it are rejected and listed")
        questions.append(Question(text, (Choice("yes, missing", lines), leave)))
    return questions


def _explained(role: Proposal, part: _Part) -> _Part:
    """Say in the note of a variable's first line what was asked and why we guess its column."""
    if not part.lines:
        return part
    first, *rest = part.lines
    label = role.profile.variable.label
    said = [first.note, *([repr(label)] if label and label != role.name else []), *role.reasons]
    return replace(part, lines=(replace(first, note="; ".join(said)), *rest))


def _part(role: Proposal) -> _Part:
    column = COLUMNS[role.column]
    if role.column == "score":
        return _score(role)
    if column.type is Type.BOOLEAN:
        return _yes_no(role)
    if role.column in _LEVELS:
        return _levels(role, _LEVELS[role.column])
    if role.column == "industry":
        return _Part(refusal=_industry(role))
    if column.type is Type.DATE:
        return _date(role)
    if column.type is Type.NUMBER and column.unit == "":
        return _driver(role)
    return _as_it_stands(role)


def _score(role: Proposal) -> _Part:
    found = {number: step for step in _points(role) if (number := step.number) is not None}
    written = {number: _leading_number(step.label) for number, step in found.items()}
    shifted = [number for number, says in written.items() if says is not None]
    if 11.0 in found and shifted and all(written[n] == n - 1 for n in shifted):
        return _eleven_codes(role)
    if len(shifted) > 1 and all(written[n] == 10 - n for n in shifted):
        return _reversed(role, 0, 10, "The labels count down")
    labelled = [number for number, step in found.items() if step.label and number <= 11]
    if labelled and min(labelled) == 1 and 0.0 not in found:
        return _one_to_ten(role)
    if not labelled and 0.0 not in found and {1.0, 11.0} <= found.keys():
        return _bare_eleven(role)
    if _runs_down(role, "score"):
        return _reversed(role, 0, 10, "Its ends are the wrong way round")
    return _scale(role, 0, 10)


def _eleven_codes(role: Proposal) -> _Part:
    """Ask whether codes 1-11 are the scores 0-10, as their labels say."""
    lines = tuple(_line(role, str(s + 1), str(s), f"0-10 stored as 1-11, {s}") for s in range(11))
    text = (
        f"Does {role.name} store the scores 0-10 as the codes 1-11? Its labels say so: taken as "
        "they stand, all scores would be one too high."
    )
    return _with_missing(role, _ask(text, Choice("yes: code 1 is score 0", lines)), 1, 11)


def _bare_eleven(role: Proposal) -> _Part:
    """Ask what codes 1-11 without labels are: nothing in the file can tell."""
    shifted = tuple(_line(role, str(s + 1), str(s), "0-10 stored as 1-11") for s in range(11))
    kept = (_line(role, "0..10", "*", "0-10"), _line(role, "11", "", "don't know"))
    text = (
        f"{role.name} holds the codes 1-11 without labels and no 0. Are they the scores 0-10, or "
        "0-10 with 11 for don't know? A 1-10 scale cannot be used as score: then take neither."
    )
    choices = (
        Choice("the scores 0-10 as codes 1-11", shifted),
        Choice("0-10 as they stand, 11 is missing", kept),
    )
    return _with_missing(role, _ask(text, *choices), 1, 11)


def _one_to_ten(role: Proposal) -> _Part:
    found = [step for step in _points(role) if step.label]
    text = f"{role.name} ({found[0].label!r} to {found[-1].label!r}) {_TEN_POINTS}"
    inside = [s for s in role.profile.levels if s.value == "11" and answer(s.label) == "missing"]
    for step in inside:
        if not step.declared_missing:
            text += (
                f" Code 11 is {step.label!r}, which the file does not declare as missing: "
                "it would have counted as an answer."
            )
    return _Part(refusal=text)


def _reversed(role: Proposal, low: int, high: int, because: str) -> _Part:
    turned = tuple(
        _line(role, str(code), str(low + high - code), "reversed scale")
        for code in range(low, high + 1)
    )
    text = (
        f"Is the scale of {role.name} reversed? {because[0].upper()}{because[1:]}: {_ends(role)}."
    )
    choices = (
        Choice("yes: turn it", turned),
        Choice("no: take it as it stands", (_line(role, f"{low}..{high}", "*"),)),
    )
    return _with_missing(role, _ask(text, *choices), low, high)


def _scale(role: Proposal, low: int, high: int, how: str = "") -> _Part:
    line = _line(role, f"{low}..{high}", "*", how or f"the scale {low}-{high}")
    return _with_missing(role, _Part(lines=(line,)), low, high)


def _driver(role: Proposal) -> _Part:
    numbers = [(step.number or 0.0, step.label) for step in _points(role)]
    labelled = [number for number, label in numbers if label]
    if not numbers:
        return _Part(refusal=f"{role.name} has no values that can be points of a scale.")
    if len(labelled) < 2:
        low, high = _usual_scale(number for number, _ in numbers)
        return _scale(role, low, high, f"no labels: scale {low}-{high} read from the values")
    low, high = int(min(labelled)), int(max(labelled))
    if _runs_down(role, role.column):
        return _reversed(role, low, high, "Its ends are the wrong way round")
    return _scale(role, low, high)


def _usual_scale(numbers: Iterable[float]) -> tuple[int, int]:
    """Return the shortest usual scale that holds the values up to the first gap."""
    found = sorted({int(number) for number in numbers})
    top = next((n for n in found if n + 1 not in found and n >= 4), found[-1])
    low = 0 if found[0] == 0 else 1
    return low, next((high for high in (5, 7, 10) if top <= high), top)


def _points(role: Proposal) -> list[Level]:
    return [s for s in steps(role.profile) if s.number is not None and 0 <= s.number <= 11]


def _leading_number(label: str) -> float | None:
    digits = "".join(c if c.isdigit() else " " for c in label[:3]).split()
    return float(digits[0]) if digits and label.startswith(digits[0]) else None


def _runs_down(role: Proposal, column: str) -> bool:
    labelled = [step.label for step in _points(role) if step.label]
    return (
        len(labelled) >= 2
        and ending(labelled[0], column, "high")
        and ending(labelled[-1], column, "low")
    )


def _ends(role: Proposal) -> str:
    labelled = [step for step in _points(role) if step.label]
    if not labelled:
        return "no labels"
    first, last = labelled[0], labelled[-1]
    return f"{first.value} is {first.label!r}, {last.value} is {last.label!r}"


def _yes_no(role: Proposal) -> _Part:
    levels = [step for step in role.profile.levels if not step.declared_missing]
    meant = {step.value: answer(step.label or step.value) for step in levels}
    values = {"yes": "true", "no": "false"}
    if not {"yes", "no"} <= set(meant.values()):
        return _bare_yes_no(role, levels)
    lines = [
        _line(role, step.value, values[meant[step.value]], repr(step.label or step.value))
        for step in levels
        if meant[step.value] in values
    ]
    doubtful = tuple(
        (step, _line(role, step.value, "", "neither yes nor no"))
        for step in levels
        if not meant[step.value]
    )
    missing = tuple(
        _line(role, step.value, "", repr(step.label))
        for step in levels
        if meant[step.value] == "missing"
    )
    return _Part(lines=(*lines, *missing, *_declared(role)), doubtful=doubtful)


def _bare_yes_no(role: Proposal, levels: list[Level]) -> _Part:
    """Ask which of two codes without usable labels is yes."""
    answers = [step for step in levels if answer(step.label) != "missing"]
    found = sorted(answers, key=lambda step: -step.count)[:2]
    if len(found) < 2:
        return _Part(refusal=f"{role.name} has fewer than two answers: yes and no cannot be told.")
    first, second = sorted(found, key=lambda step: step.number or 0.0)
    choices = [
        Choice(
            f"{yes.value} is yes, {no.value} is no",
            (_line(role, yes.value, "true", "yes"), _line(role, no.value, "false", "no")),
        )
        for yes, no in ((first, second), (second, first))
    ]
    shown = ", ".join(f"{s.value} {s.label!r}" if s.label else s.value for s in levels)
    part = _ask(f"Which code of {role.name} is yes? Its codes are {shown}.", *choices)
    rest = [step for step in levels if step not in found]
    doubtful = tuple((step, _line(role, step.value, "", "neither")) for step in rest)
    return replace(part, lines=_declared(role), doubtful=doubtful)


def _levels(role: Proposal, canonical: Callable[[str], str]) -> _Part:
    """Return a line for each labelled code or text whose canonical value is known."""
    if role.profile.kind is Kind.NUMBER and not any(s.label for s in role.profile.levels):
        return _Part(
            refusal=f"{role.name} has codes without labels: we cannot tell what they mean as "
            f"{role.column}. Write a line for each code: `{role.name},1,{role.column},...,`."
        )
    lines, doubtful = [], []
    for step in role.profile.levels:
        text = without_code(step.label or step.value)
        value = canonical(text)
        if step.declared_missing or answer(step.label) == "missing":
            lines.append(_line(role, step.value, "", repr(step.label)))
        elif value:
            lines.append(_line(role, step.value, value, repr(text)))
        else:
            doubtful.append((step, _line(role, step.value, "", "no value of it that we know")))
    if not role.profile.listed:
        return _as_it_stands(role)
    return _Part(lines=tuple(lines), doubtful=tuple(doubtful))


def _named_level(column: str) -> Callable[[str], str]:
    """Return a function from a label to our value for it, or the label where any is allowed."""
    return lambda text: level(text, column) or text


_LEVELS: dict[str, Callable[[str], str]] = {
    "country": country,
    "sector": lambda text: coded(text, ("B2B", "B2C")),
    "customer_status": lambda text: (
        level(text, "customer_status") or coded(text, ("current", "lapsed"))
    ),
    "channel": _named_level("channel"),
    "journey_stage": _named_level("journey_stage"),
    "touchpoint": _named_level("touchpoint"),
    "wave": _named_level("wave"),
}


def _industry(role: Proposal) -> str:
    return (
        f"{role.name} may be an industry. The column is the supplier's industry as a NACE "
        "section, not the respondent's; write it as a constant, such as `,,industry,L,`."
    )


def _date(role: Proposal) -> _Part:
    """Return the line that reads the dates; ask where day and month cannot be told apart."""
    if role.profile.kind is Kind.DATE:
        return _as_it_stands(role)
    examples = role.profile.examples
    fitting = [form for form in _DATE_FORMS if all(_is_date(text, form) for text in examples)]
    lines = [_line(role, "*", f"@date:{form}", f"dates such as {examples[0]}") for form in fitting]
    if not lines:
        return _Part(
            refusal=f"{role.name} holds dates as text ({examples[0]!r} for one) in no form that "
            f"we know. Write `{role.name},*,{role.column},@date:%d.%m.%Y,` with its own form."
        )
    if len(lines) == 1:
        return _Part(lines=(lines[0],))
    choices = [Choice(f"as {line.canonical_value}", (line,)) for line in lines]
    return _ask(f"How are the dates of {role.name} written, {examples[0]!r} for one?", *choices)


_DATE_FORMS = tuple(
    f"{day}{time}"
    for day in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d.%m.%y")
    for time in ("", " %H:%M", " %H:%M:%S")
)


def _is_date(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _as_it_stands(role: Proposal) -> _Part:
    labelled = [
        _line(role, step.value, "", repr(step.label))
        for step in role.profile.levels
        if answer(step.label) == "missing" and not step.declared_missing
    ]
    line = _line(role, "*", "*", "as it stands")
    return _Part(lines=(line, *labelled, *_declared(role)))


def _with_missing(role: Proposal, part: _Part, low: int, high: int) -> _Part:
    """Add the codes beside the scale: missing where the file says so, else asked about."""
    lines, doubtful = list(part.lines), list(part.doubtful)
    for step in role.profile.levels:
        number = step.number
        if step.declared_missing:
            continue
        outside = number is None or not low <= number <= high
        labelled = answer(step.label) == "missing"
        if labelled and number is not None and number > high + 1:
            lines.append(_line(role, step.value, "", repr(step.label)))
        elif labelled or outside:
            why = repr(step.label) if step.label else "outside the scale, no label"
            doubtful.append((step, _line(role, step.value, "", why)))
    return replace(part, lines=(*lines, *_declared(role)), doubtful=tuple(doubtful))


def _declared(role: Proposal) -> tuple[ProposedLine, ...]:
    """Return a line for each code, or range of codes, that the file declares missing."""
    labels = {step.value: step.label for step in role.profile.levels}
    lines = []
    for code in role.profile.variable.user_missing:
        if isinstance(code.low, str) or isinstance(code.high, str):
            raw = str(code.low)
        elif code.low == code.high:
            raw = f"{code.low:.15g}"
        else:
            raw = _closed(role.profile, code.low, code.high)
        if raw:
            said = f"declared missing {labels.get(raw, '')}".strip()
            lines.append(_line(role, raw, "", said))
    return tuple(lines)


def _closed(profile: Profile, low: float, high: float) -> str:
    """Return a range of codes; an open end stops at the outermost code that is there."""
    inside = [s.number for s in profile.levels if s.declared_missing and s.number is not None]
    if not isfinite(low):
        low = min(inside, default=high)
    if not isfinite(high):
        high = max(inside, default=low)
    # The crosswalk has no exponent.
    return f"{low:.6f}".rstrip("0").rstrip(".") + ".." + f"{high:.6f}".rstrip("0").rstrip(".")


def _ask(text: str, *choices: Choice) -> _Part:
    neither = Choice("neither, or unsure: leave the variable out")
    return _Part(questions=(Question(text, (*choices, neither)),))


def _line(role: Proposal, raw: str, value: str, why: str = "") -> ProposedLine:
    said = f": {why}" if why else ""
    note = f"{GUESS} {role.confidence:.2f}{said}"
    return ProposedLine(role.name, raw, role.column, value, note)
