"""The words of an enriched SPSS file: what `responses.writers.enriching` adds to each row."""

from __future__ import annotations

from advocacy.estimation.estimands import find_intent
from advocacy.report.wording import ENGLISH, Words
from advocacy.responses.writers.enriching import Group, Marks

_GROUPS = ("detractors", "passives", "promoters")  # codes 1 to 3


def marks(words: Words = ENGLISH) -> Marks:
    """Return what is added to each row of a file, in a language."""
    return Marks(
        weight=words("enriched.weight"),
        group=words("enriched.group"),
        state=words("enriched.state"),
        reason=words("enriched.reason"),
        groups=tuple(
            Group(words(f"enriched.{name}"), tuple(find_intent(name).scores)) for name in _GROUPS
        ),
        states=(
            words("enriched.counted"),
            words("enriched.not_counted"),
            words("enriched.set_aside"),
        ),
    )
