"""Lines for the weight: what the file's own program makes of each of its values."""

from __future__ import annotations

from advocacy.responses.proposal.levels import Kind
from advocacy.responses.proposal.lines import Part, declared, proposed_line
from advocacy.responses.proposal.roles import Proposal
from advocacy.responses.proposal.wordings import answer

# Stands for any number below 0: a crosswalk's ranges include their ends.
_SMALLEST = "0.000000001"


def weight(role: Proposal) -> Part:
    """Take weights as they stand; negative ones and codes for no answer are missing.

    A case without a weight above 0 counts nowhere in SPSS either, which declares weights.
    """
    profile = role.profile
    if profile.kind is not Kind.NUMBER:
        holds = "no values" if profile.kind is Kind.EMPTY else f"{profile.kind}s, not numbers"
        return Part(
            refusal=f"{role.name} is the weight{' by the file' * role.declared}, and holds {holds}."
            " Without it each rating counts once; a weight in numbers can be mapped by "
            "`VARIABLE,*,weight,*,`."
        )
    missing = [
        proposed_line(role, step.value, "", repr(step.label))
        for step in profile.levels
        if answer(step.label) == "missing" and not step.declared_missing
    ]
    if profile.low is not None and profile.low < 0:
        why = "negative: counts nowhere, as in SPSS"
        missing.append(proposed_line(role, f"..-{_SMALLEST}", "", why))
    line = proposed_line(role, "*", "*", "as it stands")
    return Part(lines=(line, *missing, *declared(role)))
