"""Questions on how often something was done, whose answers are words or classes of counts."""

from __future__ import annotations

from advocacy.responses.proposal.levels import Level, Profile
from advocacy.responses.proposal.wordings import answer, times


def frequency(profile: Profile) -> dict[str, str]:
    """Return what `times` says of each value that the file does not declare missing.

    Empty where the answers are no frequencies: nobody says never or nobody says more, more than
    one answer is neither, or they are plain numbers or yes and no.
    """
    levels = [step for step in profile.levels if not step.declared_missing]
    texts = [step.label or step.value for step in levels]
    words = [text for text in texts if not text.isdigit()]
    if not profile.listed or not words or {"yes", "no"} <= {answer(text) for text in texts}:
        return {}
    never = "never" in map(times, texts)
    said = {step.value: times(step.label or step.value, never) for step in levels}
    said |= {step.value: "" for step in levels if not step.label and _apart(step, levels)}
    kinds = list(said.values())
    return said if {"never", "some"} <= set(kinds) and kinds.count("") <= 1 else {}


def _apart(step: Level, levels: list[Level]) -> bool:
    """Tell whether a code without label lies beyond those with one, as codes of no answer do."""
    labelled = [s.number for s in levels if s.label and s.number is not None]
    if step.number is None or not labelled:
        return False
    return not min(labelled) < step.number < max(labelled)
