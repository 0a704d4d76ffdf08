"""Tables that only the book has: targets side by side, comparisons, tests of curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.curves.curve import Curve
from advocacy.estimation.curves.nine_and_ten import OTHERS
from advocacy.report import results
from advocacy.report.contents import parts
from advocacy.report.contents.comparison import pair_differences, pair_levels
from advocacy.report.document import Column, Document, Entry, Heading, Label, Table
from advocacy.report.figures.estimates import by_target
from advocacy.report.media.markdown import as_markdown, markdown_table
from advocacy.report.wording import ENGLISH, Row


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
    rows = []
    for (name, one), *others in zip(*sides, strict=True):
        rows.append([Entry(name), parts.behind(one, "n", ENGLISH), *_precision(one)])
        rows += [[Entry(""), Entry(""), *_precision(other)] for _, other in others]
    first = sides[0][0][1]
    headings = [
        "n",
        "%",
        parts.interval_heading(first, ENGLISH),
        "effective n",
        "design effect",
        "df",
    ]
    columns = [
        Column(""),
        *parts.number_columns(headings[:1]),
        Column("programmes"),
        *parts.number_columns(headings[1:]),
        Column("note"),
    ]
    return _page(first, parts.without_empty(columns, rows, "note"))


def _precision(row: Row) -> list[Entry]:
    target = ENGLISH(f"target.{row['target']}").replace("programmes", "").strip()
    return [
        Entry(target),
        parts.estimate(row, ENGLISH),
        parts.limits(row, ENGLISH),
        parts.behind(row, "n_eff", ENGLISH),
        Entry(ENGLISH.number(row["deff"], 1), row["deff"], "ratio"),
        parts.behind(row, "df", ENGLISH),
        parts.note(row, ENGLISH),
    ]


def _named(row: Row, table: Estimates) -> tuple[str, Row]:
    return ENGLISH.levels(row, table.by), row


def result_page(result: Estimates) -> str:
    """Return a result as Markdown, as it is shown everywhere."""
    return as_markdown(results.document(result))


def levels_page(result: Comparison) -> str:
    """Return the levels of a comparison of all pairs, and their test, as Markdown."""
    return as_markdown(pair_levels(result))


def pairs_page(result: Comparison) -> str:
    """Return the pairs of a comparison alone as Markdown."""
    return as_markdown(pair_differences(result))


def tests_table(tests: Sequence[Curve]) -> str:
    """Return a Markdown table of what curves show, a row a curve."""
    rows = []
    for table in tests:
        segments = [name for name in table.by if name != "score"]
        found: dict[str, list[Row]] = {}
        for row in table.table.to_pylist():
            found.setdefault(ENGLISH.levels(row, segments), []).append(row)
        rows += [tuple(map(Entry, (name, *_tests(own)))) for name, own in found.items()]
    headings = ["AUC", "best cut", "9 less 10, points", "p", "9 less 10 of the others", "p",
                "largest fall, points", "p"]  # fmt: skip
    columns = (Column(""), *parts.number_columns(headings))
    return _page(parts.first_row(tests[0]), Table(columns, tuple(rows)))


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
    return [
        _interval(row, lambda value: ENGLISH.signed(value, 1, 100)),
        ENGLISH.p_value(row["p_value"]),
    ]


def _fall(row: Row) -> list[str]:
    if row["estimate"] <= 0:
        return ["none", "–"]
    scores, points = f"{row['score']} to {row['reference']}", f"{100 * row['estimate']:.1f}"
    amount = "under 0.1" if points == "0.0" else points
    return [f"{amount}, from {scores}", ENGLISH.p_value(row["p_value"])]


def _interval(row: Row | None, write: Callable[[float], str]) -> str:
    if row is None or row["estimate"] is None:
        return "–"
    text = write(row["estimate"])
    if row["conf_low"] is None:
        return text
    return f"{text} ({write(row['conf_low'])} to {write(row['conf_high'])})"


def further_tables(tables: Sequence[Estimates]) -> str:
    """Return tables that no chapter has a place for, one after the other."""
    return "\n".join(map(result_page, tables))


def withheld_table(tables: Sequence[Estimates]) -> str:
    """Return a Markdown table with how many rows of each crossing are withheld.

    Crossings of another estimand than the first table's have its name in front.
    """
    rows, headline = [], parts.first_row(tables[0])["estimand"]
    for table in tables:
        flags = table.table["reliability"].to_pylist()
        names, estimand = " × ".join(table.by) or "all", parts.first_row(table)["estimand"]
        names = names if estimand == headline else f"{estimand}: {names}"
        few = flags.count("suppress") + flags.count("no_interval")
        numbers = [len(flags), flags.count("withheld"), few]
        rows.append((Entry(names), *(parts.count(number, ENGLISH) for number in numbers)))
    columns = (
        Column("crossing"),
        *parts.number_columns(["rows", "withheld", "shown as unreliable"]),
    )
    of_kind = [row for table in tables for row in table.table.select(["source_kind"]).to_pylist()]
    return as_markdown(Document((*parts.simulated(of_kind, ENGLISH), Table(columns, tuple(rows)))))


def _page(first: Row, table: Table) -> str:
    """Return a table as Markdown below its question, rung and kind of evidence."""
    face = Label(ENGLISH.rung(first), kind=ENGLISH.kind(first))
    question = Heading(ENGLISH.question(first))
    return as_markdown(Document((*parts.simulated([first], ENGLISH), question, face, table)))


def reasons_table(reasons: pa.Table) -> str:
    """Return why values were rejected, as a Markdown table, or that none was."""
    if not len(reasons):
        return "No value was rejected.\n"
    rows = [
        [
            f"`{row['column']}`",
            row["reason"],
            ENGLISH.count(row["sources"]),
            ENGLISH.count(row["values"]),
        ]
        for row in reasons.to_pylist()
    ]
    return markdown_table(["column", "reason", "sources", "values"], "llrr", rows)
