"""Several measures of the same ratings from one pass, so that they have one joint covariance.

The ratings are crossed with what each counts in every measure, as in `ladder.rungs`; a measure's
base is the domains that it judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats
from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.estimands import ESTIMANDS, find_estimand
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import MOST_CELLS, grouped_pass
from advocacy.survey.cells.groups import Groups
from advocacy.survey.cells.numbering import summed
from advocacy.survey.cells.statement import Domain, Ratio
from advocacy.survey.cells.valued import valued
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import Counts, Quantities, counts, joined, ratios, totals

# What a series is followed by, unless other measures are asked for.
BY_DEFAULT = (
    "nps",
    "mean_score",
    "intent_share",
    "recommended_past_12m",
    "earned_advocacy",
)
_WHOLE = ("nps", "mean_score", "earned_advocacy")
# Measures in which every rating of the base counts once, and a whole number.
MEASURES = tuple(
    name
    for name, estimand in ESTIMANDS.items()
    if name in _WHOLE
    or (estimand.proportion and not estimand.incidence and not estimand.complete_cases_of)
)


@dataclass(frozen=True)
class Measured:
    """Measures of the same ratings.

    Parameters
    ----------
    asked
        What was asked of each.
    cells
        One pass, whose base is the ratings in the base of any of them.
    """

    asked: tuple[Asked, ...]
    cells: Cells

    def value(self, name: str) -> Floats:
        """Return what a rating of each domain counts in a measure; NaN outside its base, (D,)."""
        found: Floats = self.cells.domains.column(name).to_numpy().astype(np.float64)
        return found

    def within(self, groups: Groups, base: npt.NDArray[np.bool_]) -> Groups:
        """Return the groups without the domains that are outside a base, shape (D,)."""
        own = base[groups.domain]
        return replace(groups, group=groups.group[own], domain=groups.domain[own])

    def alone(self, groups: Groups, value: Floats) -> Quantities:
        """Return the mean of a value, NaN outside the base, in each group, as if by itself."""
        own = valued(self.cells, np.nan_to_num(value))
        return ratios(own, self.design, self.within(groups, ~np.isnan(value)))

    def ratios(self, groups: Groups, value: Floats) -> Quantities:
        """Return the same as functions of the pass, which others can be held against."""
        return joined(self.cells, [(self.alone(groups, value), np.nan_to_num(value))])

    def totals(self, groups: Groups, value: Floats) -> Quantities:
        """Return the totals of a value in each group, then those of its base."""
        numerator = np.nan_to_num(value)
        found = totals(
            valued(self.cells, numerator), self.design, self.within(groups, ~np.isnan(value))
        )
        return joined(self.cells, [(found, numerator)])

    def counts(self, groups: Groups, value: Floats) -> Counts:
        """Count what stands behind a value in each group."""
        own = valued(self.cells, np.nan_to_num(value))
        return counts(own, self.within(groups, ~np.isnan(value)))

    def weighted_n(self, groups: Groups, value: Floats) -> Floats:
        """Return the weight of the base of a value in each group, shape (K,)."""
        base = self.cells.totals(self.cells.z) * ~np.isnan(value)
        return summed(groups.group, base[groups.domain], groups.size)

    @property
    def design(self) -> SurveyDesign:
        """How the ratings were drawn."""
        return self.asked[0].design


def together(parts: Sequence[Quantities]) -> Quantities:
    """Return quantities of the same `Measured`, one behind the other."""
    cells = parts[0].cells
    return joined(cells, [(part, np.zeros(cells.n_domains)) for part in parts])


def measure(
    responses: Responses,
    names: Sequence[str],
    *,
    intent: str,
    by: Sequence[str] = (),
    domains: Sequence[Domain] = (),
    where: str | None = None,
    design: SurveyDesign | None = None,
    engine: Engine | None = None,
) -> Measured:
    """Run the pass of several measures.

    Parameters
    ----------
    names
        Names in `MEASURES`.
    by
        Names in `SEGMENTS` without the score, which the ratings are crossed by.
    domains
        What they are crossed by beside these.
    responses, intent, where, design, engine
        As in `estimate`.

    Raises
    ------
    UsageError
        A name is unknown, named twice, or not of `MEASURES`.
    DataError
        No rating is in any base.
    MissingColumnError, DesignError
        As in `estimate`.
    """
    _refuse_others(names)
    asked = tuple(
        ask(responses, name, intent=intent, by=by, where=where, design=design, engine=engine)
        for name in names
    )
    first = asked[0]
    bases = " OR ".join(f"{one.ratio.base} <> 0" for one in asked)
    crossed = [*first.domains, *domains, *map(_judged, asked)]
    ratio = Ratio("0", f"CASE WHEN {bases} THEN 1 ELSE 0 END")
    cells = grouped_pass(responses, first.design, ratio, crossed, first.engine, MOST_CELLS)
    if cells.n.sum() == 0:
        raise DataError(
            f"No rating is in the base of {' or '.join(names)}.",
            where=responses.name,
            remedy="See with `advocacy inspect` what was answered"
            f"{', and whether any rating meets the condition' if where else ''}.",
        )
    return Measured(asked, cells)


def measurable(
    responses: Responses, names: Sequence[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Return the measures that there are columns for, and of the others the columns missing.

    Raises
    ------
    UsageError
        A name is unknown, named twice, or not of `MEASURES`.
    MissingColumnError
        There is no measure at all.
    """
    _refuse_others(names)
    absent = {
        name: [column for column in find_estimand(name).needs if not responses.has(column)]
        for name in names
    }
    there = [name for name, columns in absent.items() if not columns]
    lacking = {name: columns for name, columns in absent.items() if columns}
    if not there:
        columns = list(dict.fromkeys(column for of in lacking.values() for column in of))
        raise MissingColumnError(
            f"None of {', '.join(names)} can be had: there is no {' and no '.join(columns)}.",
            where=responses.name,
            remedy="Map them in the crosswalk: `advocacy codebook` says what they hold.",
        )
    return there, lacking


def _judged(one: Asked) -> Domain:
    """Return what a rating counts in a measure as domains: nothing outside its base."""
    ratio = one.ratio
    return Domain(
        one.estimand.name,
        f"CASE WHEN {ratio.base} <> 0 THEN ({ratio.numerator})::BIGINT END",
    )


def _refuse_others(names: Sequence[str]) -> None:
    for name in names:
        find_estimand(name)
        if name not in MEASURES:
            raise UsageError(
                f"{name} is no mean of whole numbers that ratings count, of which a series is.",
                remedy=f"Use some of: {', '.join(MEASURES)}.",
            )
        if list(names).count(name) > 1:
            raise UsageError(f"{name} is named twice.", remedy="Name it once.")
