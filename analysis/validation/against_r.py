"""Compare estimates with those of R survey and svy, value by value, and write how far apart.

Reads `tests/reference`: designs, and what the other programs say of them. Writes `against_r.csv`
beside this file, a row a subject. A relative difference is |ours − theirs| / |theirs|, of values
of 1e-6 or more.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.contrasts import CONTRASTS, Pairs, contrasted
from advocacy.estimation.comparisons.homogeneity import rao_scott
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.estimation.segments import SEGMENTS
from advocacy.files import write_text
from advocacy.responses import Responses, open_responses
from advocacy.survey import SurveyDesign, survey_design
from advocacy.survey.diagnostics import LARGEST_RATING, SMALLEST_N
from advocacy.survey.margins import read_margins
from advocacy.survey.replication import Replication

TABLE = Path(__file__).with_name("against_r.csv")
REFERENCE = Path(__file__).parents[2] / "tests" / "reference"
SMALL = 1e-6  # below it a value is nothing but rounding, or so near to it that a ratio says nothing
_KEYS = ("sector", "country", "score")
_TEXT = dict.fromkeys(["sector", "country", "by", "weight_scaling", "standardise"], str)

Row = dict[str, Any]


@dataclass
class Apart:
    """How far values are apart: number of values, largest differences, and the designs."""

    values: int = 0
    relative: float = 0.0
    absolute: float = 0.0
    designs: set[str] = field(default_factory=set)

    def add(self, design: str, ours: Any, theirs: Any) -> None:
        """Take in values of a design; what either side does not define is not compared."""
        ours, theirs = (pd.to_numeric(pd.Series(v)).to_numpy(float) for v in (ours, theirs))
        known = np.isfinite(ours) & np.isfinite(theirs)
        apart, size = np.abs(ours - theirs)[known], np.abs(theirs[known])
        self.values += int(known.sum())
        self.designs |= {design} if known.any() else set()
        self.absolute = max(self.absolute, apart.max(initial=0.0))
        large = size >= SMALL
        self.relative = max(self.relative, (apart[large] / size[large]).max(initial=0.0))

    def add_columns(self, design: str, both: pd.DataFrame, columns: tuple[str, ...]) -> None:
        """Add columns of reference values, from a table with ours beside them."""
        for column in columns:
            self.add(design, both[f"{column}_ours"], both[column])


def expected(name: str) -> pd.DataFrame:
    """Read what another program says."""
    frame = pd.read_csv(REFERENCE / "expected" / f"{name}.csv", dtype=_TEXT)
    return frame.fillna({name: "" for name in ("by", "sector", "country") if name in frame})


@cache
def opened(design: str) -> Responses:
    """Open the ratings of a design."""
    return open_responses(REFERENCE / "input" / f"{design}.csv")


def drawn(row: Any, **more: Any) -> SurveyDesign:
    """Describe the design that a row of reference values is of."""
    target = getattr(row, "target", "as_given")
    scaling = getattr(row, "weight_scaling", "as_given")
    return survey_design(
        opened(row.design),
        None if target == "as_given" else target,
        weight_scaling="respondents" if scaling == "as_given" else scaling,
        lonely_psu=getattr(row, "lonely_psu", "fail"),
        nest=row.design == "fpc_nested_codes",
        **more,
    )


def names(by: str) -> list[str]:
    """Return the segments of a crossing."""
    return [name for name in by.split(",") if name]


def beside(rows: pd.DataFrame, found: Estimates, keys: list[str]) -> pd.DataFrame:
    """Return reference values with ours beside them, by the names of the domains."""
    # Where R has 0 degrees of freedom there are none.
    ours = found.to_pandas().fillna({"df": 0.0}).add_suffix("_ours")
    if not keys:
        return rows.reset_index(drop=True).join(ours)
    return rows.merge(ours, left_on=keys, right_on=[f"{key}_ours" for key in keys])


def groups(name: str, *keys: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Return the first row and all rows of each group of reference values."""
    frame = expected(name)
    known = [key for key in keys if key in frame]
    for _, rows in frame.groupby(known, sort=False):
        yield rows.iloc[0], rows


_DRAWN = ("design", "target", "weight_scaling", "lonely_psu", "by")


def estimates(subject: str) -> Apart:
    """Compare estimates, standard errors and df, or the limits of one interval."""
    apart = Apart()
    kind = None if subject == "errors" else subject
    for name in ("estimates", "designs_estimates"):
        for first, rows in groups(name, *_DRAWN, "interval"):
            if first.interval != (kind or "wald"):
                continue
            found = estimate(opened(first.design), by=names(first.by), interval=first.interval,
                             design=drawn(first))  # fmt: skip
            both = beside(rows[rows.n > 0], found, names(first.by))
            flat = (both.std_error == 0) & both.estimate.between(0, 1, inclusive="neither")
            both = both if kind is None else both[~flat]
            columns = ("conf_low", "conf_high") if kind else ("estimate", "std_error", "df")
            apart.add_columns(first.design, both, columns)
    return apart


def korn_graubard() -> Apart:
    """Compare Korn-Graubard limits with svy's where its definition is the standard one.

    Ours is another where one rating makes the rate: section 6 of the methods.
    """
    apart = Apart()
    for first, rows in groups("korn_graubard", *_DRAWN):
        found = estimate(opened(first.design), by=names(first.by), design=drawn(first))
        both = beside(rows[(rows.n > 0) & (rows.case == "regular")], found, names(first.by))
        both = both[(both.n < SMALLEST_N) | (largest_ratings(first, both) < LARGEST_RATING)]
        apart.add_columns(first.design, both, ("conf_low", "conf_high"))
    return apart


def largest_ratings(first: Any, rows: pd.DataFrame) -> pd.Series:
    """Return the share of the weight that the largest rating behind each row has, from the file.

    0 where weights are scaled by programme: none of those designs has a large one.
    """
    keys = names(first.by)
    data = pd.read_csv(REFERENCE / "input" / f"{first.design}.csv").assign(every="")
    if first.target != "as_given" or "weight" not in data:
        return pd.Series(0.0, rows.index)
    data = data[data.recommended_past_12m.notna() & (("score" in keys) | (data.score == 10))]
    weight = data.groupby(keys or "every").weight
    shares = (weight.max() / weight.sum()).rename("share").reset_index()
    found = rows.assign(every="")[keys or ["every"]].merge(shares, how="left")
    return found.share.set_axis(rows.index)


def covariances() -> Apart:
    """Compare the joint covariance of sectors in countries."""
    apart = Apart()
    for name in ("covariance", "designs_covariance"):
        for first, rows in groups(name, *_DRAWN[:-1]):
            found = estimate(opened(first.design), by=["sector", "country"], design=drawn(first))
            keys = found.table.select(["sector", "country"]).to_pylist()
            place = {tuple(key.values()): number for number, key in enumerate(keys)}
            a = [place[key] for key in zip(rows.row_sector, rows.row_country, strict=True)]
            b = [place[key] for key in zip(rows.col_sector, rows.col_country, strict=True)]
            apart.add(first.design, found.covariance()[a, b], rows.covariance)
    return apart


def pairs() -> Apart:
    """Compare differences, ratios and odds ratios of all pairs, with their standard errors."""
    apart = Apart()
    for first, rows in groups("contrasts_pairs", "design", "by", "quantity"):
        if first.quantity not in CONTRASTS:
            continue
        keys = names(first.by)
        found = estimate(opened(first.design), by=keys, design=drawn(first))
        levels = [tuple(row.values()) for row in found.table.select(keys).to_pylist()]
        sides = [
            np.array([levels.index(tuple(key)) for key in rows[columns].to_numpy()])
            for columns in (keys, [f"reference_{key}" for key in keys])
        ]
        contrasts = contrasted(found.quantities, Pairs(CONTRASTS[first.quantity], *sides))
        apart.add(first.design, contrasts.estimate, rows.estimate)
        apart.add(first.design, np.sqrt(contrasts.variance()), rows.std_error)
    return apart


def homogeneity() -> Apart:
    """Compare Rao and Scott's F and the degrees of freedom of its numerator."""
    apart = Apart()
    for first, rows in groups("contrasts_rao_scott", "design", "by"):
        wanted = rows[rows.method == "F"].iloc[0]
        found = estimate(opened(first.design), by=names(first.by), design=drawn(first))
        test = rao_scott(found.quantities)
        columns = ("statistic", "ndf")
        apart.add(first.design, [getattr(test, c) for c in columns], [wanted[c] for c in columns])
    return apart


def lifts() -> Apart:
    """Compare differences and ratios of sets of scores."""
    apart = Apart()
    for first, rows in groups("designs_lift", "design", "by", "intent"):
        by = names(first.by)
        found = lift(opened(first.design), intent=first.intent, by=by, design=drawn(first))
        both = beside(rows, found, [*by, "intent", "reference", "quantity"])
        apart.add_columns(first.design, both, ("estimate", "std_error"))
    return apart


_PARTS = {
    "raw": ("raw_common", "B2B"),
    "rate": ("rate_part", "B2B"),
    "mix": ("mix_part", "B2B"),
    "whole": ("raw_all", "B2B"),
    "standardised_b2b": ("rate_standardised", "B2B"),
    "standardised_b2c": ("rate_standardised", "B2C"),
}


def standardised() -> Apart:
    """Compare standardised differences and their parts."""
    apart = Apart()
    for first, rows in groups("contrasts_standardised", "design", "standardise"):
        mix = names(first.standardise)
        found = standardise(opened(first.design), between="sector", mix=mix, design=drawn(first))
        table = found.to_pandas().set_index(["quantity", "sector"])
        ours = table.loc[[_PARTS[name] for name in rows.quantity]]
        for column in ("estimate", "std_error"):
            apart.add(first.design, ours[column].to_numpy(), rows[column].to_numpy())
    return apart


def estimands() -> Apart:
    """Compare ten other estimands."""
    apart = Apart()
    for first, rows in groups("contrasts_estimands", "design", "estimand", "by"):
        found = estimate(opened(first.design), estimand=first.estimand, by=names(first.by),
                         design=drawn(first))  # fmt: skip
        both = beside(rows, found, names(first.by))
        apart.add_columns(first.design, both, ("estimate", "std_error", "df"))
    return apart


def calibrated() -> Apart:
    """Compare estimates with raked and post-stratified weights."""
    apart = Apart()
    for first, rows in groups("calibration_estimates", "design", "margins", "by"):
        margins = read_margins(REFERENCE / "input" / f"margins_{first.margins}.csv", SEGMENTS)
        found = estimate(opened(first.design), by=names(first.by),
                         design=drawn(first, margins=margins))  # fmt: skip
        both = beside(rows, found, names(first.by))
        apart.add_columns(first.design, both, ("estimate", "std_error"))
    return apart


def jackknife() -> Apart:
    """Compare the jackknife; not in two stages, where R leaves out the second one's part."""
    apart = Apart()
    for first, rows in groups("replication_jackknife", "design", "lonely_psu", "mse", "by"):
        if first.lonely_psu == "average" or first.design == "two_stage":
            continue
        made = Replication("jkn", mse=bool(first.mse))
        found = estimate(opened(first.design), by=names(first.by),
                         design=drawn(first, replication=made))  # fmt: skip
        both = beside(rows, found, names(first.by))
        apart.add_columns(first.design, both, ("estimate", "std_error"))
    return apart


def curves() -> Apart:
    """Compare curves over the scores: each score by itself, and the logistic model."""
    apart = Apart()
    fitted = expected("curve_fitted").query("model == 'linear'").assign(fit="logistic")
    frame = pd.concat([
        expected("curve_rates").assign(fit="direct"),
        fitted.drop(columns="estimate", errors="ignore").rename(columns={"fitted": "estimate"}),
    ])  # fmt: skip
    for design, rows in frame.groupby("design", sort=False):
        for by, own in ((), rows[rows.sector == ""]), (("sector",), rows[rows.sector != ""]):
            row = own.assign(design=design).iloc[0] if len(own) else None
            if row is None:
                continue
            found = curve(opened(str(design)), by=by, fits=("direct", "logistic"),
                          design=survey_design(opened(str(design))))  # fmt: skip
            both = beside(own, found, [*by, "score", "fit"])
            apart.add_columns(str(design), both, ("estimate", "std_error"))
    return apart


def areas() -> Apart:
    """Compare the area under the ROC curve and its linearized standard error."""
    apart = Apart()
    for first, rows in groups("curve_auc", "design"):
        for by, own in ((), rows[rows.sector == ""]), (("sector",), rows[rows.sector != ""]):
            if not len(own):
                continue
            found = curve_tests(opened(first.design), by=by, design=drawn(first)).to_pandas()
            found = found[found.quantity == "auc"]
            found = found[[*by, "estimate", "std_error"]]
            both = own.merge(found, on=list(by)) if by else own.merge(found, how="cross")
            apart.add(first.design, both.estimate, both.auc)
            apart.add(first.design, both.std_error, both.linearized_se)
    return apart


SUBJECTS: tuple[tuple[str, str, Callable[[], Apart]], ...] = (
    ("rates: estimate, standard error, df", "survey", lambda: estimates("errors")),
    ("logit limits", "survey", lambda: estimates("logit")),
    ("beta limits", "survey", lambda: estimates("beta")),
    ("Wald limits", "survey", lambda: estimates("wald")),
    ("Korn–Graubard limits", "svy", korn_graubard),
    ("joint covariances", "survey", covariances),
    ("other estimands: estimate, standard error, df", "survey", estimands),
    ("lift: differences and ratios", "survey", lifts),
    ("all pairs: differences, ratios, odds ratios", "survey", pairs),
    ("Rao–Scott tests: F, df of the numerator", "survey", homogeneity),
    ("standardised differences and their parts", "survey", standardised),
    ("raked and post-stratified rates", "survey", calibrated),
    ("jackknife", "survey", jackknife),
    ("curves: each score, logistic model", "survey", curves),
    ("area under the ROC curve", "survey", areas),
)


def versions() -> dict[str, str]:
    """Return the versions of the other programs, as they were when they made the values."""
    found = {}
    for name in ("versions", "versions_svy"):
        with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found |= {row["component"]: row["version"] for row in csv.DictReader(file)}
    return found


def main() -> None:
    """Compare every subject and write the table."""
    file = io.StringIO()
    columns = ["subject", "with", "designs", "values", "largest_relative", "largest_absolute"]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    of = versions()
    for subject, program, compare in SUBJECTS:
        apart = compare()
        program = f"{'R ' if program == 'survey' else 'Python '}{program} {of[program]}"
        writer.writerow([subject, program, len(apart.designs), apart.values,
                         f"{apart.relative:.2g}", f"{apart.absolute:.2g}"])  # fmt: skip
    write_text(TABLE, file.getvalue())


if __name__ == "__main__":
    main()
