"""Lines and questions for variables that hold codes, names, dates or plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from advocacy.responses.crosswalk.operations import SELECTED
from advocacy.responses.proposal.behaviour import AnswerSet, frequency
from advocacy.responses.proposal.dates import date_forms
from advocacy.responses.proposal.levels import Kind, Level
from advocacy.responses.proposal.lines import (
    Choice,
    Part,
    Question,
    as_it_stands,
    ask,
    declared,
    proposed_line,
)
from advocacy.responses.proposal.roles import Proposal
from advocacy.responses.proposal.wordings import answer, coded, country, level, without_code
from advocacy.responses.schema import is_own_segment


def yes_no(role: Proposal) -> Part:
    """Return which codes are yes and no; ask where their labels do not say so."""
    levels = [step for step in role.profile.levels if not step.declared_missing]
    meant = {step.value: answer(step.label or step.value) for step in levels}
    values = {"yes": "true", "no": "false"}
    if not {"yes", "no"} <= set(meant.values()):
        return _bare_yes_no(role, levels)
    lines = [
        proposed_line(role, step.value, values[meant[step.value]], repr(step.label or step.value))
        for step in levels
        if meant[step.value] in values
    ]
    doubtful = tuple(
        (step, proposed_line(role, step.value, "", "neither yes nor no"))
        for step in levels
        if not meant[step.value]
    )
    missing = tuple(
        proposed_line(role, step.value, "", repr(step.label))
        for step in levels
        if meant[step.value] == "missing"
    )
    return Part(lines=(*lines, *missing, *declared(role)), doubtful=doubtful)


def _bare_yes_no(role: Proposal, levels: list[Level]) -> Part:
    """Ask which of two codes without usable labels is yes."""
    answers = [step for step in levels if answer(step.label) != "missing"]
    found = sorted(answers, key=lambda step: -step.count)[:2]
    if len(found) < 2:
        return Part(refusal=f"{role.name} has fewer than two answers: yes and no cannot be told.")
    first, second = sorted(found, key=lambda step: step.number or 0.0)
    choices = [
        Choice(
            f"{yes.value} is yes, {no.value} is no",
            (
                proposed_line(role, yes.value, "true", "yes"),
                proposed_line(role, no.value, "false", "no"),
            ),
        )
        for yes, no in ((first, second), (second, first))
    ]
    shown = ", ".join(f"{s.value} {s.label!r}" if s.label else s.value for s in levels)
    part = ask(f"Which code of {role.name} is yes? Its codes are {shown}.", *choices)
    rest = [step for step in levels if step not in found]
    doubtful = tuple((step, proposed_line(role, step.value, "", "neither")) for step in rest)
    return replace(part, lines=declared(role), doubtful=doubtful)


def how_often(role: Proposal) -> Part:
    """Take never as no and every other frequency as yes; ask where an answer may be either."""
    said, lines, questions, doubtful = frequency(role.profile), [], [], []
    values = {"never": "false", "some": "true", "missing": ""}
    for step in role.profile.levels:
        if step.value not in said:
            continue
        if said[step.value]:
            text = repr(step.label or step.value)
            lines.append(proposed_line(role, step.value, values[said[step.value]], text))
        elif step.number is not None and not step.label:
            doubtful.append((step, proposed_line(role, step.value, "", "no label")))
        else:
            questions.append(_either(role, step))
    return Part((*lines, *declared(role)), tuple(questions), tuple(doubtful))


def _either(role: Proposal, step: Level) -> Question:
    text = step.label or step.value
    choices = [
        Choice(means, (proposed_line(role, step.value, value, repr(text)),))
        for means, value in (("yes", "true"), ("no", "false"), ("missing", ""))
    ]
    leave = Choice("unsure: rows that hold it are rejected and listed")
    shown = f"code {step.value} {step.label!r}" if step.label else f"the answer {step.value!r}"
    asked = f"Does {shown} of {role.name} mean that they recommended ({step.count} answers)?"
    return Question(asked, (*choices, leave))


def several(role: Proposal, one: AnswerSet) -> Part:
    """Take one yes among several answers as yes; ask where a no cannot be told."""
    values = {"yes": f"@{SELECTED}", "no": "false", "missing": ""}
    lines = tuple(
        replace(proposed_line(role, a.value, values[a.says], repr(a.text)), raw_variable=a.name)
        for a in one.answers
    )
    yes = list(dict.fromkeys(a.text for a in one.answers if a.says == "yes"))
    shown = ", ".join(map(repr, yes))
    if not one.asked:
        constant = replace(proposed_line(role, "", "false", "nothing chosen"), raw_variable="")
        return ask(
            f"Where nothing is chosen of {', '.join(one.names)}, is the answer no? Nothing tells "
            f"those who did not recommend from those who were not asked. Yes is one of {shown}.",
            Choice("yes: everybody was asked", (*lines, constant)),
        )
    if not one.sure:
        return ask(
            f"Is each of these answers a yes to having recommended: {shown}?",
            Choice("yes: one of them is enough", lines),
        )
    return Part(lines=lines)


def named_levels(role: Proposal, canonical: Callable[[str], str]) -> Part:
    """Return a line for each labelled code or text whose canonical value is known."""
    if role.profile.kind is Kind.NUMBER and not any(s.label for s in role.profile.levels):
        return Part(
            refusal=f"{role.name} has codes without labels: we cannot tell what they mean as "
            f"{role.column}. Write a line for each code: `{role.name},1,{role.column},...,`."
        )
    lines, doubtful = [], []
    for step in role.profile.levels:
        text = step.label or step.value
        value = canonical(text)
        if step.declared_missing or answer(step.label) == "missing":
            lines.append(proposed_line(role, step.value, "", repr(step.label)))
        elif value:
            lines.append(proposed_line(role, step.value, value, repr(text)))
        else:
            doubtful.append(
                (step, proposed_line(role, step.value, "", "no value of it that we know"))
            )
    if not role.profile.listed:
        return as_it_stands(role)
    if doubtful and not any(line.canonical_value for line in lines):
        return Part(refusal=_no_level(role, doubtful[0][0]))
    return Part(lines=tuple(lines), doubtful=tuple(doubtful))


def _no_level(role: Proposal, step: Level) -> str:
    """Say that no value of a variable is one of the column, and how it may be used all the same."""
    own = role.name if is_own_segment(role.name) else "segment_..."
    return (
        f"{role.name} may be {role.column}, and no value of it, such as "
        f"{step.label or step.value!r}, is one that we know. Write a line for each, or keep it as "
        f"a segment of your own: `{role.name},*,{own},@label,`."
    )


def _named_level(column: str) -> Callable[[str], str]:
    """Return a function from a label to our value for it, or the label where any is allowed."""
    return lambda text: level(without_code(text), column) or without_code(text)


def _wave(text: str) -> str:
    """Return the name of a wave as it is: what it begins with may be all that tells it apart."""
    return level(without_code(text), "wave") or text


NAMED: dict[str, Callable[[str], str]] = {
    "country": country,
    "sector": lambda text: coded(text, ("B2B", "B2C")),
    "customer_status": lambda text: (
        level(without_code(text), "customer_status") or coded(text, ("current", "lapsed"))
    ),
    "channel": _named_level("channel"),
    "journey_stage": _named_level("journey_stage"),
    "touchpoint": _named_level("touchpoint"),
    "wave": _wave,
}


def industry(role: Proposal) -> str:
    """Say why a variable is not taken for the industry."""
    return (
        f"{role.name} may be an industry. The column is the supplier's industry as a NACE "
        "section, not the respondent's; write it as a constant, such as `,,industry,L,`."
    )


def date_part(role: Proposal) -> Part:
    """Return the line that reads the dates; ask where day and month cannot be told apart."""
    if role.profile.kind is Kind.DATE:
        return as_it_stands(role)
    examples = role.profile.examples
    fitting = date_forms(role.profile)
    lines = [
        proposed_line(role, "*", f"@date:{form}", f"dates such as {examples[0]}")
        for form in fitting
    ]
    if not lines:
        return Part(
            refusal=f"{role.name} holds dates as text ({examples[0]!r} for one) in no form that "
            f"we know. Write `{role.name},*,{role.column},@date:%d.%m.%Y,` with its own form."
        )
    if len(lines) == 1:
        return Part(lines=(lines[0],))
    choices = [Choice(f"as {line.canonical_value}", (line,)) for line in lines]
    return ask(f"How are the dates of {role.name} written, {examples[0]!r} for one?", *choices)
