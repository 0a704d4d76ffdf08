"""Independent oracle for the Korn-Graubard interval: the Python package `svy`.

    python tests/reference/korn_graubard.py [OUTDIR]     (needs svy==0.35.0 and polars)

Run `estimation.R` first. Reads OUTDIR/input/<design>.csv and writes
OUTDIR/expected/korn_graubard.csv and OUTDIR/versions_svy.csv; OUTDIR defaults to the folder of
this script. Running it again gives byte-identical files.

How svy is asked. `prop(y, where=base and cell, ci_method="korn-graubard", drop_nulls=True)` keeps
the full design: the rows outside `where` enter the variance with weight zero, so each stratum
keeps all its PSUs. df is PSUs minus strata among the rows that count, as R's degf of the subset.

What svy 0.35 computes (estimation/base.py, `_compute_prop_ci` and `_kg_boundary_ci`), against the
definition in METHODS.md section 2 (R function `korn_graubard` in estimation.R):

* 0 < p < 1, se > 1e-12, df >= 1: the same. Effective n = min(n, p(1-p)/se^2 (t_{n-1}/t_df)^2), then
  Clopper-Pearson through the F distribution.
* p = 0 or 1: svy starts from n, MULTIPLIES BY (t_{n-1}/t_df)^2 and caps at n. The definition, and
  NCHS's own SAS macro, which svy names as its model, take n itself. svy's interval is wider
  unless df >= n - 1. Column `case` = "boundary".
* 0 < p < 1, se <= 1e-12: svy gives the point (p, p). The definition has an infinite effective n,
  capped at n. Column `case` = "zero_se".
* df < 1: svy gives NaN at every p; so does METHODS.md. Limits empty, `case` = "no_df".
* p and se count as 0 or 1 within 1e-12 (NCHS's macro does so for p).
* n = 1: no factor for df.

Everything else has `case` = "regular". `definition_low`, `definition_high` hold the definition's
limits, computed here from svy's own p, se, n and df with scipy's beta quantiles, for every row
with df >= 1: equal to svy's in the regular case (asserted to 1e-12), different in the two others.
"""

from __future__ import annotations

import math
import sys
from itertools import product
from pathlib import Path

import polars as pl
import scipy
import svy
from scipy import stats

HERE = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
LEVEL = 0.95
TINY = 1e-12  # svy's own tolerance for p at 0 or 1 and for se at 0
BREAKDOWNS = ("", "sector", "country", "sector,country", "score")
GIVEN = (
    "api_stratified", "api_cluster", "srs", "weighted", "stratified", "clustered",
    "stratified_clustered", "domain_df", "missing_behaviour",
)  # fmt: skip
# R's name for each rule on lonely PSUs, and svy's.
LONELY = {"adjust": "center", "average": "scale", "remove": "skip", "certainty": "skip"}
KEYS = (
    "design",
    "target",
    "weight_scaling",
    "lonely_psu",
    "by",
    "sector",
    "country",
    "score",
)


def read(name: str) -> pl.DataFrame:
    data = pl.read_csv(HERE / "input" / f"{name}.csv", infer_schema=False)
    numbers = [
        pl.col("score").cast(pl.Int64),
        pl.col("recommended_past_12m").cast(pl.Int64),
    ]
    if "weight" in data.columns:
        numbers.append(pl.col("weight").cast(pl.Float64))
    else:
        numbers.append(pl.lit(1.0).alias("weight"))
    return data.with_columns(numbers)


def given_sample(data: pl.DataFrame, lonely: str | None = None) -> svy.Sample:
    parts = {key: key for key in ("stratum", "psu") if key in data.columns}
    if lonely is not None:
        parts["singleton"] = lonely
    return svy.Sample(data, svy.Design(wgt="weight", **parts))


def programme_sample(data: pl.DataFrame, target: str, scaling: str) -> svy.Sample:
    share = pl.col("weight") / pl.col("weight").sum().over("programme")
    rescaled = share * pl.len().over("programme") if scaling == "respondents" else share
    unit = (
        pl.when(pl.col("account").is_not_null())
        .then("account:" + pl.col("account"))
        .otherwise("respondent:" + pl.col("respondent_id"))
    )
    data = data.with_columns(rescaled.alias("rescaled"), unit.alias("unit"))
    if target == "programmes_like_these":
        return svy.Sample(data, svy.Design(wgt="rescaled", psu="programme"))
    return svy.Sample(data, svy.Design(wgt="rescaled", stratum="programme", psu="unit"))


def definition(p: float, se: float, n: int, df: int) -> tuple[float, float]:
    """Korn-Graubard limits as METHODS.md section 2 and NCHS's SAS macro define them."""
    tail = (1 - LEVEL) / 2
    n_eff = float(n)
    if 0 < p < 1 and se > 0:
        factor = (stats.t.ppf(tail, n - 1) / stats.t.ppf(tail, df)) ** 2 if n > 1 else 1.0
        n_eff = min(n_eff, p * (1 - p) / se**2 * factor)
    low = 0.0 if p == 0 else float(stats.beta.ppf(tail, n_eff * p, n_eff * (1 - p) + 1))
    high = 1.0 if p == 1 else float(stats.beta.ppf(1 - tail, n_eff * p + 1, n_eff * (1 - p)))
    return low, high


def cell_row(sample: svy.Sample, by: str, cell: dict[str, object]) -> dict[str, object]:
    # `rating in the base` uses no behaviour: drop_nulls takes the missing ones out.
    domain = svy.col("score") == 10 if by != "score" else svy.col("score") >= 0
    for column, value in cell.items():
        domain = domain & (svy.col(column) == value)
    result = sample.estimation.prop(
        "recommended_past_12m",
        where=domain,
        ci_method="korn-graubard",
        drop_nulls=True,
        alpha=0.05,
    )
    rows = {str(row.y_level): row for row in result.estimates}
    some = next(iter(rows.values()))
    n, df = int(some.n), int(some.df)
    out: dict[str, object] = {"n": n, "df": df}
    if n == 0:
        return out | {"case": "no_base"}
    # Where all behave alike, svy may list one level only.
    row = rows.get("1")
    if row is None:
        p, se, low, high = 0.0, some.se, 1 - some.uci, 1 - some.lci
    else:
        p, se, low, high = row.est, row.se, row.lci, row.uci
    p = 0.0 if p <= TINY else 1.0 if p >= 1 - TINY else p
    out |= {"estimate": p, "std_error": se, "conf_low": low, "conf_high": high}
    if math.isnan(se):  # `average` where every stratum of the domain is lonely
        return out | {"case": "no_variance"}
    if df < 1:
        return out | {"case": "no_df"}
    exact = definition(p, 0.0 if se <= TINY else se, n, df)
    out |= {"definition_low": exact[0], "definition_high": exact[1]}
    if p in (0.0, 1.0):
        return out | {"case": "boundary"}
    if se <= TINY:
        return out | {"case": "zero_se"}
    if max(abs(low - exact[0]), abs(high - exact[1])) > 1e-12:
        raise SystemExit(f"svy leaves the definition in a regular case: {by} {cell} {out} {exact}")
    return out | {"case": "regular"}


def rows_of(sample: svy.Sample, data: pl.DataFrame, *key: str) -> list[dict[str, object]]:
    rows = []
    for by in BREAKDOWNS:
        columns = by.split(",") if by else []
        values = [sorted(data[column].drop_nulls().unique().to_list()) for column in columns]
        for crossing in product(*values):
            cell = dict(zip(columns, crossing, strict=True))
            rows.append(
                dict(zip(KEYS, (*key, by), strict=False)) | cell | cell_row(sample, by, cell)
            )
    return rows


def text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.17g}"
    return f'"{value}"' if "," in str(value) else str(value)


def write(path: Path, columns: tuple[str, ...], rows: list[dict[str, object]]) -> None:
    lines = [
        ",".join(columns),
        *(",".join(text(row.get(c)) for c in columns) for row in rows),
    ]
    path.write_bytes(("\n".join(lines) + "\n").encode())


def main() -> None:
    rows = []
    for name in GIVEN:
        data = read(name)
        rows += rows_of(given_sample(data), data, name, "as_given", "as_given", "fail")
    data = read("lonely")
    for rule, name in LONELY.items():
        rows += rows_of(given_sample(data, name), data, "lonely", "as_given", "as_given", rule)
    data = read("programmes")
    for target in ("these_programmes", "programmes_like_these"):
        for scaling in ("respondents", "equal_programme"):
            sample = programme_sample(data, target, scaling)
            rows += rows_of(sample, data, "programmes", target, scaling, "fail")
    columns = (*KEYS, "n", "estimate", "std_error", "df", "conf_low", "conf_high",
               "case", "definition_low", "definition_high")  # fmt: skip
    write(HERE / "expected" / "korn_graubard.csv", columns, rows)
    versions = {
        "python": ".".join(map(str, sys.version_info[:3])),
        "svy": svy.__version__,
        "polars": pl.__version__,
        "scipy": scipy.__version__,
    }
    write(HERE / "versions_svy.csv", ("component", "version"),
          [{"component": k, "version": v} for k, v in versions.items()])  # fmt: skip
    print(f"korn_graubard.csv: {len(rows)} rows")


main()
