"""Lines and questions for variables that hold dates."""

from __future__ import annotations

from advocacy.responses.proposal.evidence import date_forms
from advocacy.responses.proposal.levels import Kind
from advocacy.responses.proposal.lines import Choice, Part, as_it_stands, ask, proposed_line
from advocacy.responses.proposal.roles import Proposal


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
