"""The type of an estimand: what is counted in which base, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from advocacy.errors import UsageError
from advocacy.estimation.conditions import (
    Counted,
    InIntent,
    conditions_of,
    counted_sql,
    refuse_hidden_score,
)
from advocacy.estimation.follow_up.ending import Incidence
from advocacy.survey.cells.statement import Ratio


class Unit(StrEnum):
    """Unit in which an estimand is shown; the first three are 100 times its value."""

    PER_CENT = "per cent"
    PERCENTAGE_POINTS = "percentage points"
    POINTS = "points from −100 to 100"
    SCORE = "points on 0–10"


@dataclass(frozen=True)
class Estimand:
    """A ratio of two weighted totals, or an incidence, and what it means.

    Parameters
    ----------
    name
        Its name in code, tables and commands.
    rung
        Rung of the estimand ladder: retrospective, prospective, verified_past,
        verified_after, or intent where no behaviour is involved.
    quantity
        What kind of number it is: rate (of those in the intent set), share, balance (one share
        less another) or mean.
    numerator
        What a rating of the base counts; nothing where that is NULL.
    base
        What a rating counts in the base, 0 or more; it is outside where that is 0 or NULL.
    needs
        Canonical columns without which it is refused.
    asks
        The question that it answers, for titles; ``{intent}`` is the intent in words.
    unit
        Unit in which it is shown.
    incidence
        What is waited for in a follow-up. The estimand is then the share who have it within the
        months, among all of the base if all were followed as long; ``None`` for ratios of totals.
    complete_cases_of
        What is waited for, of a ratio of those alone who were followed to the end.

    Raises
    ------
    UsageError
        SQL of the base, or of the numerator of a proportion, names the score.
    """

    name: str
    rung: str
    quantity: str
    numerator: Counted
    base: Counted
    needs: tuple[str, ...]
    asks: str
    unit: Unit = Unit.PER_CENT
    incidence: Incidence | None = None
    complete_cases_of: Incidence | None = None

    def __post_init__(self) -> None:
        refuse_hidden_score(self.base, f"base of {self.name}")
        if self.proportion:
            refuse_hidden_score(self.numerator, f"numerator of {self.name}")

    @property
    def proportion(self) -> bool:
        """Whether all ratings count 0 or 1; other ratios have a Wald interval and no flags."""
        return isinstance(self.numerator, tuple) and isinstance(self.base, tuple)

    @property
    def conditional(self) -> bool:
        """Whether the intent set conditions the base, so that the score can replace it."""
        return InIntent() in conditions_of(self.base)

    @property
    def uses_intent(self) -> bool:
        """Whether it depends on an intent set at all."""
        return self.conditional or InIntent() in conditions_of(self.numerator)

    def refuse_incidence(self, what: str) -> None:
        """Refuse an incidence for what is made of ratios alone.

        Raises
        ------
        UsageError
            It is one.
        """
        if self.incidence:
            raise UsageError(
                f"{self.name} allows for those who leave the follow-up; {what} is of ratios, "
                "which cannot.",
                remedy=f"Use {self.name}_complete, of those who were followed up to the end.",
            )

    def ratio(self, intent: str) -> Ratio:
        """Return the estimand as a ratio, for an intent set given as an SQL condition."""
        base = f"coalesce(({counted_sql(self.base, intent)})::DOUBLE, 0)"
        numerator = f"coalesce(({counted_sql(self.numerator, intent)})::DOUBLE, 0)"
        return Ratio(numerator=f"CASE WHEN {base} <> 0 THEN {numerator} ELSE 0 END", base=base)
