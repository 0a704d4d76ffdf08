"""Tables that only the book has: targets side by side, comparisons, tests of curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.curves.curve import Curve
from advocacy.estimation.curves.curve_tests import OTHERS
from advocacy.report import results
from advocacy.report.contents.comparison import p_value, signed
from advocacy.report.figures.estimates import by_target
from advocacy.report.media.markdown import blocks, joined, markdown_table
from advocacy.report.wording import (
    RELIABILITY,
    RUNGS,
    SIMULATED,
    TARGETS,
    amount,
    confidence,
    count,
    level,
    limits,
    question,
)

Row = dict[str, Any]
WITHHELD = "*Withheld: what it rests on is withheld.*\n"


def targets_table(tables: Sequence[Estimates]) -> str:
    """Return a Markdown table with a row for each domain and inference target.

    Parameters
    ----------
    tables
        The same tables of each target.
    """
    sides = [
        [_named(row, table) for table in side for row in table.table.to_pylist()]
        for side in by_target(tables)
    ]
    first = sides[0][0][1]
    rows = []
    for (name, one), *others in zip(*sides, strict=True):
        rows.append([name, count(one["n"]), amount(one, "estimate"), *_precision(one)])
        rows += [["", "", "", *_precision(other)] for _, other in others]
    limits_of = f"{confidence(first['conf_level'])} interval"
    headings = ["", "n", "%", "programmes", limits_of, "effective n", "design effect", "df", "note"]
    if not any(row[-1] for row in rows):
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    return _with_face(first, markdown_table(headings, "lrrlrrrrl"[: len(headings)], rows))


def _precision(row: Row) -> list[str]:
    deff = "–" if row["deff"] is None else f"{row['deff']:.1f}"
    numbers = [limits(row), count(row["n_eff"]), deff, count(row["df"])]
    target = TARGETS[row["target"]].replace("programmes", "").strip()
    return [target, *numbers, RELIABILITY[row["reliability"]]]


def _named(row: Row, table: Estimates) -> tuple[str, Row]:
    return " · ".join(level(name, row[name]) for name in table.by) or "All", row


def comparison_page(result: Comparison) -> str:
    """Return a comparison as Markdown: the terminal's tables and notes."""
    return joined(blocks(results.tables(result))) if _any(result) else WITHHELD


def pairs_pages(result: Comparison) -> tuple[str, str]:
    """Return a comparison of all pairs as Markdown: its levels and tests, and apart the pairs."""
    if not _any(result):
        return WITHHELD, WITHHELD
    parts = blocks(results.tables(result))
    tables = [number for number, part in enumerate(parts) if part.startswith("|")]
    pairs = slice(tables[1], tables[1] + 2)  # the table and its note
    face = [part for part in parts[:1] if SIMULATED in part]
    return joined([*parts[: pairs.start], *parts[pairs.stop :]]), joined([*face, *parts[pairs]])


def _any(result: Estimates) -> bool:
    return bool(result.table["estimate"].null_count < len(result))


def curve_page(curve: Curve) -> str:
    """Return the rates of curves as Markdown, a table a curve."""
    return joined(blocks(results.tables(curve)))


def tests_table(tests: Sequence[Curve]) -> str:
    """Return a Markdown table of what curves show, a row a curve."""
    rows = []
    for table in tests:
        segments = [name for name in table.by if name != "score"]
        found: dict[str, list[Row]] = {}
        for row in table.table.to_pylist():
            key = " · ".join(level(name, row[name]) for name in segments) or "All"
            found.setdefault(key, []).append(row)
        rows += [[name, *_tests(own)] for name, own in found.items()]
    first = tests[0].table.slice(0, 1).to_pylist()[0]
    headings = ["", "AUC", "best cut", "9 less 10, points", "p", "9 less 10 of the others", "p",
                "largest fall, points", "p"]  # fmt: skip
    return _with_face(first, markdown_table(headings, "lrrrrrrrr", rows))


def _tests(rows: Sequence[Row]) -> list[str]:
    by_name = {(row["quantity"], row["reference"]): row for row in rows}
    auc, best = by_name.get(("auc", None)), by_name.get(("best_cut", None))
    fall = next((row for row in rows if row["quantity"] == "largest_fall"), None)
    return [
        _interval(auc, lambda value: f"{value:.3f}"),
        _interval(best, lambda value: f"{value:.0f}"),
        *_difference(by_name.get(("difference", "10"))),
        *_difference(by_name.get(("difference", OTHERS))),
        *(_fall(fall) if fall else ["–", "–"]),
    ]


def _difference(row: Row | None) -> list[str]:
    if row is None:
        return ["–", "–"]
    return [_interval(row, lambda value: signed(value, 1, 100)), p_value(row["p_value"])]


def _fall(row: Row) -> list[str]:
    if row["estimate"] <= 0:
        return ["none", p_value(row["p_value"])]
    scores = f"{row['score']} to {row['reference']}"
    return [f"{100 * row['estimate']:.1f}, from {scores}", p_value(row["p_value"])]


def _interval(row: Row | None, write: Callable[[float], str]) -> str:
    if row is None or row["estimate"] is None:
        return "–"
    text = write(row["estimate"])
    if row["conf_low"] is None:
        return text
    return f"{text} ({write(row['conf_low'])} to {write(row['conf_high'])})"


def withheld_table(tables: Sequence[Estimates]) -> str:
    """Return a Markdown table with how many rows of each crossing are withheld."""
    rows = []
    for table in tables:
        flags = table.table["reliability"].to_pylist()
        names = " × ".join(table.by) or "all"
        few = flags.count("suppress") + flags.count("no_interval")
        rows.append([names, str(len(flags)), str(flags.count("withheld")), str(few)])
    headings = ["crossing", "rows", "withheld", "shown as unreliable"]
    kinds = {kind for table in tables for kind in table.table["source_kind"].to_pylist()}
    face = f"\n*{SIMULATED}.*\n" if "simulated" in kinds else ""
    return markdown_table(headings, "lrrr", rows) + face


def _with_face(first: Row, table: str) -> str:
    """Return a table below its question, rung and target, and above the simulated label."""
    rung = RUNGS[first["rung"]]
    kind = f"{rung[0].upper()}{rung[1:]} · {first['source_kind']} data."
    end = f"\n*{SIMULATED}.*\n" if first["source_kind"] == "simulated" else ""
    return f"**{question(first)}** *{kind}*\n\n{table}{end}"
