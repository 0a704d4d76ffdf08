"""What is estimated, as data. A new estimand is one entry here and works everywhere.

Expressions are SQL over the canonical columns, in which ``{intent}`` stands for "the score is
in the intent set". Where the responses are crossed with the score, there is no intent set.
"""

from __future__ import annotations

from dataclasses import dataclass

from advocacy.errors import UsageError
from advocacy.responses.schema import COLUMNS
from advocacy.survey.cells import Ratio


@dataclass(frozen=True)
class Estimand:
    """A ratio of two weighted totals and what it means.

    Parameters
    ----------
    name
        Its name in code, tables and commands.
    rung
        Rung of the estimand ladder: retrospective, prospective, verified_past,
        verified_after, or intent where no behaviour is involved.
    quantity
        What kind of number it is: rate or share.
    numerator
        SQL condition under which a rating of the base counts.
    base
        SQL condition under which a rating is in the base.
    needs
        Canonical columns without which it is refused.
    asks
        The question that it answers, for titles; ``{intent}`` is the intent in words.
    """

    name: str
    rung: str
    quantity: str
    numerator: str
    base: str
    needs: tuple[str, ...]
    asks: str

    @property
    def conditional(self) -> bool:
        """Whether the intent set conditions the base, so that the score can replace it."""
        return "{intent}" in self.base

    def ratio(self, intent: str, counted: str = "TRUE") -> Ratio:
        """Return the estimand as a ratio, for an intent set and for the ratings that count.

        Both are SQL conditions; ratings that do not count are in no base.
        """
        base = f"coalesce({self.base.format(intent=intent)} AND {counted}, FALSE)"
        numerator = f"coalesce({self.numerator.format(intent=intent)}, FALSE)"
        return Ratio(numerator=f"({base} AND {numerator})", base=base)


@dataclass(frozen=True)
class Intent:
    """A set of scores that counts as the intent to recommend, with its words for titles."""

    name: str
    scores: tuple[int, ...]
    words: str

    def condition(self) -> str:
        """Return the SQL condition; NULL where the score is missing."""
        return f"(score IN ({', '.join(map(str, self.scores))}))"


ESTIMANDS = {
    estimand.name: estimand
    for estimand in (
        Estimand(
            name="recommended_past_12m",
            rung="retrospective",
            quantity="rate",
            numerator="recommended_past_12m",
            base="{intent} AND recommended_past_12m IS NOT NULL",
            needs=("score", "recommended_past_12m"),
            asks="Of those who score {intent} today, what share say that they recommended in the "
            "12 months before?",
        ),
        Estimand(
            name="discouraged_past_12m",
            rung="retrospective",
            quantity="rate",
            numerator="discouraged_past_12m",
            base="{intent} AND discouraged_past_12m IS NOT NULL",
            needs=("score", "discouraged_past_12m"),
            asks="Of those who score {intent} today, what share say that they advised against the "
            "supplier in the 12 months before?",
        ),
        Estimand(
            name="intent_share",
            rung="intent",
            quantity="share",
            numerator="{intent}",
            base="score IS NOT NULL",
            needs=("score",),
            asks="Of all who give a score, what share give {intent}?",
        ),
        Estimand(
            name="true_advocates",
            rung="retrospective",
            quantity="share",
            numerator="{intent} AND recommended_past_12m",
            base="score IS NOT NULL AND recommended_past_12m IS NOT NULL",
            needs=("score", "recommended_past_12m"),
            asks="Of all who give a score and an answer on recommending, what share score {intent} "
            "and say that they recommended in the 12 months before?",
        ),
    )
}

INTENTS = {
    intent.name: intent
    for intent in (
        Intent("score_10", (10,), "10"),
        Intent("promoters", (9, 10), "9 or 10"),
        Intent("top_3", (8, 9, 10), "8 to 10"),
    )
}


def find_estimand(name: str) -> Estimand:
    """Return the estimand with this name.

    Raises
    ------
    UsageError
        There is none; the message lists those there are.
    """
    if name not in ESTIMANDS:
        raise UsageError(f"{name!r} is no estimand.", remedy=f"Use one of: {', '.join(ESTIMANDS)}.")
    return ESTIMANDS[name]


def find_intent(name: str) -> Intent:
    """Return the intent set with this name; any set may be written as ``8,9,10``.

    Raises
    ------
    UsageError
        It is neither a name nor a list of scores from 0 to 10.
    """
    if name in INTENTS:
        return INTENTS[name]
    scores = [int(part) for part in name.split(",") if part.strip().isdigit()]
    score = COLUMNS["score"]
    allowed = range(int(score.minimum or 0), int(score.maximum or 0) + 1)
    if not scores or len(scores) != len(name.split(",")) or not set(scores) <= set(allowed):
        raise UsageError(
            f"{name!r} is no intent set.",
            remedy=f"Use one of: {', '.join(INTENTS)}; or scores such as 8,9,10.",
        )
    chosen = tuple(sorted(set(scores)))
    words = " or ".join(map(str, chosen))
    return Intent("scores_" + "_".join(map(str, chosen)), chosen, words)
