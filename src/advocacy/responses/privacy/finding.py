"""What is said of a variable that seems to identify persons."""

from __future__ import annotations

from dataclasses import dataclass

# From here on a finding is stated; below it is a doubt, and asked about.
_CERTAIN = 0.8


@dataclass(frozen=True)
class Finding:
    """A variable that seems to identify persons.

    Parameters
    ----------
    variable
        Its name in the file.
    kind
        What it seems to hold: a key of `KINDS`, or of the shapes in `shape.py`.
    confidence
        How sure, from 0.5 to 1: a judgement, no probability.
    reason
        Why, in words; never a value.
    """

    variable: str
    kind: str
    confidence: float
    reason: str

    @property
    def certain(self) -> bool:
        """Whether it is stated; a doubt is asked about. Both are left out until kept by name."""
        return self.confidence >= _CERTAIN
