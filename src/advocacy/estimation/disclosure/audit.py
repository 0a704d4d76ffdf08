"""What a reader can work out of tables as they were published."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from advocacy.estimation.disclosure.relations import Added, Count, Rest
from advocacy.estimation.disclosure.rows import Pair, rows_of
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.disclosure.step import Step
from advocacy.estimation.estimates import Estimates


@dataclass(frozen=True)
class Recovered:
    """Something that a reader of published tables can work out.

    Parameters
    ----------
    what
        ``row`` that is withheld, ``difference`` of two sets of scores that no table shows, or
        ``addition`` since the previous release.
    base
        The ratings that it is about.
    numerator
        Those of the base that count; ``None`` where the estimand is no proportion.
    n, hits
        Smallest and largest number of each that the reader has to allow for.
    """

    what: str
    base: Count
    numerator: Count | None
    n: tuple[float, float]
    hits: tuple[float, float] | None


def audit(
    tables: Sequence[Estimates],
    rules: DisclosureRules,
    previous: Sequence[Estimates] = (),
) -> list[Recovered]:
    """Return what a reader can work out of published tables, although it is not shown.

    That is: a withheld row of which n and numerator are known exactly; and a withheld row, a
    difference of two sets of scores or an addition of which it is certain that it breaks the
    rules on ratings and numerators.

    Parameters
    ----------
    tables
        What `withhold` gave, or read from files; all tables that are published together.
    rules, previous
        As `withhold` takes them.
    """
    rows = [*rows_of(tables, "now"), *rows_of(previous, "before")]
    step = Step(rules, rows[: sum(map(len, tables))], rows[sum(map(len, tables)) :])
    # A row is withheld where it says so: another table may show some of its counts.
    withheld = dict.fromkeys(row.pair for row in rows if np.isnan(row.n))
    found = [_recovered(step, "row", pair) for pair in withheld]
    found += [_recovered(step, "difference", pair) for pair in step.unseen]
    added = [pair for pair in step.pairs if _was_shown_before(step, pair)]
    found += [_recovered(step, "addition", pair) for pair in added]
    return [finding for finding in found if finding is not None]


def _recovered(step: Step, what: str, pair: Pair) -> Recovered | None:
    """Return what can be worked out of a pair of counts, if it is too much."""
    base, numerator = pair
    keys: list[Hashable] = [
        Added(count) if what == "addition" else count for count in pair if count
    ]
    if numerator and what != "addition":
        keys.append(Rest(base, numerator))
    limits = [step.rules.smallest_n] + [step.rules.smallest_count] * 2
    found = [_interval(step, key, limit) for key, limit in zip(keys, limits, strict=False)]
    n, hits = found[0], found[1] if len(found) > 1 else None
    if n[1] <= 0:
        return None
    small = any(
        high < limit and _avoidable(step, key, limit)
        for key, (_, high), limit in zip(keys, found, limits, strict=False)
    )
    if small or (what == "row" and all(low == high for low, high in found)):
        return Recovered(what, base, numerator, n, hits)
    return None


def _was_shown_before(step: Step, pair: Pair) -> bool:
    """Whether the previous release has a place for a pair of counts of this one."""
    return all(Added(count) in step.relations.columns for count in pair if count)


def _interval(step: Step, key: Hashable, limit: float) -> tuple[float, float]:
    """Return the reader's interval, or as much of it as shows that it is wide enough."""
    column = step.relations.columns[key]
    low, high = step.reader.low, step.reader.high
    if not (low[column] < high[column] and high[column] >= limit):
        step.reader.search(column)
    return float(low[column]), float(high[column])


def _avoidable(step: Step, key: Hashable, limit: float) -> bool:
    """Whether a count could reach the limit if this release showed no number.

    It cannot where a row that no table lists stands for no rating.
    """
    column = step.relations.columns[key]
    step.unshown.search(column)
    return bool(step.unshown.high[column] >= limit)
