"""Numbers of the rendered book, each worked out again from the derived tables.

Nothing of the ledger is called here: a number's row is found by its identifier as the book's page
"All numbers" explains it, and it is written by the rules below, which are of this file.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.study.citable.numbers_of_robustness import of_robustness

THIN = "\N{NARROW NO-BREAK SPACE}"
NUMBER = re.compile(r'<a class="number[^"]*"[^>]* data-number="([^"]+)">([^<]+)</a>')
# Columns that a count stands in, by what the count is called.
COUNTS = {
    "n": "n", "n_eff": "n_eff", "at_risk": "at_risk", "at_risk_weighted": "at_risk_weighted",
    "events": "n_numerator", "competing": "n_competing", "df": "df",
}  # fmt: skip
# What is no more than two limits.
LIMITS = ("unasked",)
RATIOS = ("ratio", "odds_ratio", "auc")
# What a rate is called in its table, and scores that are a result rather than a segment.
RATES, FOUND = ("rate", "share", "balance"), ("auc", "best_cut", "largest_fall")
UNSIGNED = (*RATES, *LIMITS, "rate_all", "rate_common", "rate_standardised", "best_cut_share",
            "youden", "mean_distance")  # fmt: skip
# Tables of the fit, by what their numbers are called; a second name is of one part alone.
POOLED = {
    "pooled": "rates", "area": "area-level", "variance": "variance", "expect:range": "next",
    "expect:answers": "next-answers",
    **{f"pooled_{name}": f"rates-{name}" for name in ("sector", "industry", "country")},
    **{f"ranks_{name}": f"ranks-{name}" for name in ("industry", "country")},
}  # fmt: skip
# Trials and measurements, whose tables lie beside the code.
TRIALS = {"coverage", "contrasts", "attrition_tried", "against_r", "scaling", "pooling"}
# What is in no such table: the protocol, rows accounted for, the parts of a width, the truth and
# trials on it, and what others have published, which has a test of its own.
BESIDE = {
    *TRIALS, "study", "next", "data", "pooled", "expect", "published", "truth", "another",
}  # fmt: skip
# Tables of what may be wrong, with rules of their own.
ROBUSTNESS = (
    *("robustness", "misreport", "nonresponse", "recall", "participation", "specifications"),
    "multiverse_test",
)
Row = dict[str, Any]


def shown(study: Path) -> list[tuple[str, str, str]]:
    """Return page, identifier and text of each number of the rendered chapters, once a page."""
    found = {
        (page.name, html.unescape(name), html.unescape(text))
        for page in (study / "book/_build/html").glob("*.html")
        for name, text in NUMBER.findall(page.read_text(encoding="utf-8"))
    }
    return sorted(found)


def table_of(study: Path, name: str) -> tuple[Path, list[str], str] | None:
    """Return the table that a number is in, the levels of its row, and which part it is."""
    *stem, part = name.split(":")
    for length in (len(stem), len(stem) - 1):
        path = study / "data/derived/published" / f"{'-'.join(stem[:length])}.parquet"
        if length and path.exists():
            return path, [level for text in stem[length:] for level in text.split(",")], part
    return None


def of_the_fit(study: Path, name: str) -> set[str] | None:
    """Return how a number of the fit is written; ``None`` where it is in none of its tables.

    The sentence to quote on the next programme has whole per cent, its table one decimal.
    """
    kind, *levels, part = name.split(":")
    table = POOLED.get(kind) or POOLED.get(f"{kind}:{part}")
    if table is None:
        return None
    read = pq.read_table(study / "data/derived/pooled" / f"{table}.parquet")
    segments = read.schema.names[: read.schema.names.index("estimand")]
    rows = [
        row
        for row in read.to_pylist()
        if ",".join(str(row[segment]) for segment in segments) == ":".join(levels)
    ]
    if len(rows) != 1:
        return None
    (row,) = rows
    if part == "programmes":
        return {str(row["n_programmes"])}
    scale, decimals = (1, 0) if row["quantity"] == "rank" else (100, 1)
    if part.endswith("interval") or part in ("range", "answers"):
        ends = [f"{scale * row[end]:.{decimals}f}" for end in ("conf_low", "conf_high")]
        whole = [f"{scale * row[end]:.0f}" for end in ("conf_low", "conf_high")]
        return {" to ".join(ends), *(["–".join(whole)] if kind == "expect" else [])}
    return {f"{scale * row['estimate']:.1f}"}


def rows_with(path: Path, levels: list[str], quantity: str) -> Iterator[Row]:
    """Yield the rows of a quantity whose segments, and what else tells them apart, are these."""
    table = pq.read_table(path)
    names = table.schema.names
    segments = names[: names.index("estimand")]
    for row in table.to_pylist():
        if quantity not in (row["quantity"], "rate" if row["quantity"] in RATES else ""):
            continue
        own = [
            str(row[name])
            for name in segments
            if row[name] is not None and not (name == "score" and row["quantity"] in FOUND)
        ]
        apart = [row.get(name) for name in ("fit", "reference", "answer", "estimand", "intent")]
        apart += [f"{row['months']:.4g}m"] if row.get("months") is not None else []
        beyond = [level for level in levels if level not in own]
        needed = [row[name] for name in ("fit", "reference") if row.get(name) is not None]
        # All rungs of the ladder are held against one, and those who were not asked against those
        # who were, which goes without saying.
        needed = [level for level in needed if level not in ("recommended_past_12m", "asked")]
        if set(own) <= set(levels) and set(needed) <= set(levels) and set(beyond) <= set(apart):
            yield row


def quantity_of(part: str) -> tuple[str, str]:
    """Return the quantity that a part is of, and what of it: estimate, interval, p or a count."""
    if part in LIMITS:
        return part, "interval"
    if part == "excluded":  # all rates of the comparison say it
        return "rate_all", part
    if part in ("rate", "interval", "band", "p", "outcome", *COUNTS):
        return "rate", "estimate" if part == "rate" else part
    for ending in ("_interval", "_p_adjusted", "_p"):
        if part.endswith(ending):
            return part.removesuffix(ending), ending.removeprefix("_")
    return part, "estimate"


def written(row: Row, of: str) -> str:
    """Write what is asked of a row; in tables the unit and the name p stand in the heading."""
    match of:
        case "estimate":
            return amount(row, row["estimate"])
        case "interval":
            return f"{amount(row, row['conf_low'])} to {amount(row, row['conf_high'])}"
        case "band":
            return f"{amount(row, row['band_low'])} to {amount(row, row['band_high'])}"
        case "p":
            return p_value(row["p_value"])
        case "p_adjusted":
            return p_value(row["p_adjusted"])
        case "outcome":
            return str(row["outcome"])
        case "excluded":
            return f"{100 * row['excluded']:.1f}"
        case _:
            return f"{row[COUNTS[of]]:,.0f}".replace(",", THIN)


def amount(row: Row, value: float) -> str:
    if row["quantity"] in RATIOS:
        return f"{value:.2f}"
    if row["quantity"] == "best_cut":
        return f"{value:.0f}"
    if row["quantity"] in UNSIGNED:
        return f"{100 * value:.1f}".replace("-", "\N{MINUS SIGN}")
    return f"{100 * value:+.1f}".replace("-", "\N{MINUS SIGN}")


def p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def bare(text: str) -> str:
    """Return a number without its unit and without what it is called."""
    return text.removesuffix(f"{THIN}%").removeprefix("p = ").removeprefix("p ")


def test_rows_that_a_small_study_does_not_show_are_found(tmp_path: Path) -> None:
    """Of a large one the book shows these too: limits alone, and shares outside the support."""
    folder = tmp_path / "data/derived/published"
    folder.mkdir(parents=True)
    common: Row = {"score": None, "estimand": "e", "reference": None, "excluded": None}
    rows = [
        {**common, "quantity": "rate", "estimate": 0.4, "conf_low": 0.3, "conf_high": 0.5},
        {**common, "quantity": "unasked", "estimate": None, "conf_low": 0.3226,
         "conf_high": 0.4421, "reference": "asked"},
        {**common, "quantity": "rate_all", "estimate": 0.5, "conf_low": 0.4, "conf_high": 0.6,
         "excluded": 0.0984},
        {**common, "quantity": "difference", "estimate": 0.1, "conf_low": 0.0, "conf_high": 0.2,
         "reference": "B2C"},
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "ladder.parquet")
    for name, text in (("unasked", "32.3 to 44.2"), ("excluded", "9.8"), ("rate", "40.0")):
        found = table_of(tmp_path, f"ladder:e:{name}")
        assert found is not None
        path, levels, part = found
        quantity, of = quantity_of(part)
        assert [written(row, of) for row in rows_with(path, levels, quantity)] == [text], name


def test_numbers_of_the_chapters_are_those_of_the_tables(study: Path) -> None:
    """All that have a table are worked out again, so any fifty of them are."""
    numbers = shown(study)
    worked, beside = 0, set()
    for page, name, text in numbers:
        if name.startswith(ROBUSTNESS):
            assert of_robustness(study, name) == {bare(text)}, (page, name)
            worked += 1
            continue
        found = table_of(study, name)
        if found is None:
            again = of_the_fit(study, name)
            if again is None:
                beside.add(name.split(":")[0])
            else:
                assert bare(text) in again, (page, name)
                worked += 1
            continue
        path, levels, part = found
        quantity, of = quantity_of(part)
        rows = {written(row, of) for row in rows_with(path, levels, quantity)}
        assert rows == {bare(text)}, (page, name)
        worked += 1
    of_results = [name for _, name, _ in numbers if name.split(":")[0] not in TRIALS]
    assert worked > 0.8 * len(of_results) > 400
    assert beside <= BESIDE
