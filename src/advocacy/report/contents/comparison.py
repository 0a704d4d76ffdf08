"""Tables of comparisons for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.estimands import Unit, find_intent
from advocacy.report.contents.estimates import simulated_notice
from advocacy.report.wording import (
    INTERVALS,
    PERCENT,
    RELIABILITY,
    RUNGS,
    TARGETS,
    UNITS,
    amount,
    confidence,
    count,
    level,
    limits,
    question,
    unit,
)

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

MINUS = "\N{MINUS SIGN}"

_ADJUSTED = {"holm": "Holm", "bh": "BH"}
_HEADINGS = {"difference": "difference", "ratio": "ratio", "odds_ratio": "odds ratio"}
_POINTS = {
    Unit.PER_CENT: "percentage points",
    Unit.PERCENTAGE_POINTS: "percentage points",
    Unit.POINTS: "points",
    Unit.SCORE: "points on 0–10",
}
_PARTS = {
    "raw_all": "raw, all ratings",
    "raw_common": "raw, common support",
    "rate_part": "  rate part: same mix",
    "mix_part": "  mix part",
}
_LEVELS_OF = {
    "raw_all": "rate_all",
    "raw_common": "rate_common",
    "rate_part": "rate_standardised",
}

Row = dict[str, Any]


def pairs_tables(result: Comparison) -> Group:
    """Return the rates of each level and the comparisons of all pairs."""
    return _labelled(result, question(_first(result)), _pairwise(result, _rows(result)))


def lift_tables(result: Comparison) -> Group:
    """Return the rates of each intent set and what lies between them."""
    asked = question(_first(result) | {"intent": None})
    return _labelled(result, asked, _lift(result, _rows(result)))


def standardisation_tables(result: Comparison) -> Group:
    """Return the parts of each difference that a common mix leaves and takes away."""
    return _labelled(result, question(_first(result)), _standardised(result, _rows(result)))


def equivalence_tables(result: Comparison) -> Group:
    """Return rates, and whether each is one in two."""
    return _labelled(result, question(_first(result)), _equivalence(result, _rows(result)))


def _labelled(result: Comparison, asked: str, body: list[RenderableType]) -> Group:
    """Return tables under their question, rung and kind of evidence."""
    from rich.console import Group
    from rich.text import Text

    above = [Text(asked, style="bold"), Text(f"{_label(_first(result))}\n", style="dim")]
    return Group(*simulated_notice(result), *above, *body)


def _rows(result: Comparison) -> list[Row]:
    return result.table.to_pylist()  # type: ignore[no-any-return]


def _first(result: Comparison) -> Row:
    return _rows(result)[0]


def _label(first: Row) -> str:
    target = TARGETS[first["target"]]
    return f"{RUNGS[first['rung']]} · target: {target} · {first['source_kind']} data"


# The four kinds


def _pairwise(result: Comparison, rows: list[Row]) -> list[RenderableType]:
    rates = [row for row in rows if row["reference"] is None]
    pairs = [row for row in rows if row["reference"] is not None]
    return [
        _rates(result, rates),
        _note(
            f"exceeds: letters of the levels with a lower value, at p < "
            f"{1 - rates[0]['conf_level']:g} as below. {_interval_note(rates[0])}"
        ),
        _pairs(result, pairs),
        _note(_pairs_note(pairs)),
        *_homogeneity(result, rates),
    ]


def _rates(result: Comparison, rates: list[Row]) -> Table:
    numbers = [UNITS[unit(rates[0])], _interval(rates[0]), "n", "df"]
    table = _table([*result.within, "", result.compares], numbers, ["exceeds", "note"])
    for row in rates:
        names = [level(name, row[name]) for name in result.within]
        table.add_row(
            *names,
            row["letter"],
            level(result.compares, row[result.compares]),
            amount(row, "estimate"),
            limits(row),
            count(row["n"]),
            count(row["df"]),
            row["exceeds"],
            RELIABILITY[row["reliability"]],
        )
    return table


def _pairs(result: Comparison, pairs: list[Row]) -> Table:
    first = pairs[0]
    effect = [] if first["cohens_h"] is None else ["h"]
    rule = _ADJUSTED.get(first["adjust"])
    tested = f"p ({rule})" if rule else "p"
    numbers = [_HEADINGS[first["quantity"]], _interval(first), tested, *effect]
    table = _table([*result.within, result.compares], numbers, ["note"])
    for row in pairs:
        table.add_row(
            *[level(name, row[name]) for name in result.within],
            _pair(row, result.compares),
            *_compared(row),
            p_value(row["p_adjusted"]),
            *[signed(row["cohens_h"], 2) for _ in effect],
            RELIABILITY[row["reliability"]],
        )
    return table


def _pairs_note(pairs: list[Row]) -> str:
    first = pairs[0]
    tests = sum(row["p_value"] is not None for row in pairs)
    adjusted = f" p: adjusted for the {tests} tests here." if tests > 1 else ""
    rule = adjusted if first["adjust"] in _ADJUSTED else " p: of each test, not adjusted."
    effect = " h: Cohen's effect size." if first["cohens_h"] is not None else ""
    return f"{_contrast_note(first)}{rule}{effect}"


def _contrast_note(row: Row) -> str:
    """Say what a column of comparisons is, and how it was tested."""
    if row["quantity"] == "difference":
        return f"Difference in {_POINTS[unit(row)]}; Wald interval and t test against 0."
    what = _HEADINGS[row["quantity"]].capitalize()
    return f"{what}: interval and t test against 1 on the log scale."


def _homogeneity(result: Comparison, rates: list[Row]) -> list[RenderableType]:
    """Say whether three levels or more differ at all; of two, the comparison itself says it."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rates:
        groups.setdefault(tuple(row[name] for name in result.within), []).append(row)
    lines = [
        f"{''.join(f'{name}: ' for name in _names(result, row))}"
        f"F({row['homogeneity_ndf']:.1f}, {row['homogeneity_ddf']:.1f}) = "
        f"{row['homogeneity_f']:.2f}, p {_equals(row['homogeneity_p'])}"
        for row, *others in groups.values()
        if len(others) > 1 and row["homogeneity_f"] is not None
    ]
    if not lines:
        return []
    apart = " (each p on its own)" if len(lines) > 1 else ""
    what = f"Rao–Scott test that all levels of {result.compares} have one rate{apart}: "
    return [_note(what + "; ".join(lines) + ".")]


def _names(result: Comparison, row: Row) -> list[str]:
    within = " × ".join(level(name, row[name]) for name in result.within)
    return [within] if within else []


def _lift(result: Comparison, rows: list[Row]) -> list[RenderableType]:
    rates = [row for row in rows if row["reference"] is None]
    rates.sort(key=lambda row: [_place(rows, row, name) for name in result.by])
    table = _table(
        [*result.by, "score"], [PERCENT.strip(), _interval(rates[0]), "n", "df"], ["note"]
    )
    for row in rates:
        table.add_row(
            *[level(name, row[name]) for name in result.by],
            find_intent(row["intent"]).words,
            amount(row, "estimate"),
            limits(row),
            count(row["n"]),
            count(row["df"]),
            RELIABILITY[row["reliability"]],
        )
    ratios = [row for row in rows if row["quantity"] == "ratio"]
    differences = [row for row in rows if row["quantity"] == "difference"]
    if not ratios:
        return [table, _note(_interval_note(rates[0]))]
    return [
        table,
        _note(_interval_note(rates[0])),
        _lifts(result, differences, ratios),
        _note(
            "Difference in percentage points, with Wald intervals; lift: ratio of the two rates, "
            "with intervals on the log scale."
        ),
    ]


def _lifts(result: Comparison, differences: list[Row], ratios: list[Row]) -> Table:
    numbers = ["difference", _interval(differences[0]), "lift", _interval(ratios[0])]
    table = _table(
        [*result.by, f"{find_intent(ratios[0]['intent']).words} against"], numbers, ["note"]
    )
    for difference, ratio in zip(differences, ratios, strict=True):
        table.add_row(
            *[level(name, ratio[name]) for name in result.by],
            find_intent(ratio["reference"]).words,
            *_compared(difference),
            *_compared(ratio),
            RELIABILITY[ratio["reliability"]],
        )
    return table


def _place(rows: list[Row], row: Row, name: str) -> int:
    return [other[name] for other in rows].index(row[name])


def _standardised(result: Comparison, rows: list[Row]) -> list[RenderableType]:
    shown: list[RenderableType] = []
    for start in range(0, len(rows), 10):
        shown += _decomposition(result.compares, rows[start : start + 10])
    return [*shown, _note(_STANDARDISED)]


_STANDARDISED = (
    "Common support: what both have of the mix. Same mix: the mean of the two mixes there. Rate "
    "part + mix part = raw difference over the common support. Wald intervals and t tests against "
    "0. This describes the two groups; it does not say what a change of mix would do."
)


def _decomposition(compares: str, rows: list[Row]) -> list[RenderableType]:
    levels = [row[compares] for row in rows[:2]]
    rates = {(row["quantity"], row[compares]): amount(row, "estimate") for row in rows[:6]}
    sides = [level(compares, name) for name in levels]
    table = _table(["", *sides], ["difference", _interval(rows[-1]), "p"], ["note"])
    for column in table.columns[1:3]:
        column.justify = "right"
    for row in rows[6:]:
        own = _LEVELS_OF.get(row["quantity"])
        table.add_row(
            _PARTS[row["quantity"]],
            *[rates[own, name] if own else "" for name in levels],
            *_compared(row),
            p_value(row["p_value"]),
            RELIABILITY[row["reliability"]],
        )
    return [_note(_support(rows, sides)), table, _note(_parts_note(rows))]


def _support(rows: list[Row], sides: list[str]) -> str:
    """Say how much of each level lies outside the common support."""
    outside = [
        f"{side} {100 * row['excluded']:.1f}{PERCENT} of {count(row['n'])} ratings"
        for side, row in zip(sides, rows, strict=False)
    ]
    names = f" {MINUS} ".join(sides)
    return (
        f"{names} by mix of {rows[0]['mix']}. Outside the common support, weighted: "
        f"{', '.join(outside)}."
    )


def _parts_note(rows: list[Row]) -> str:
    every, common = count(rows[6]["df"]), count(rows[7]["df"])
    df = every if every == common else f"{every} of all ratings, {common} of the common support"
    own = unit(rows[0])
    return f"Rates: {UNITS[own]}; differences: {_POINTS[own]}. df: {df}."


def _equivalence(result: Comparison, rows: list[Row]) -> list[RenderableType]:
    first = rows[0]
    numbers = [PERCENT.strip(), _interval(first), "n", "df"]
    table = _table(list(result.by), numbers, ["one in two?", f"p (50{PERCENT})", "note"])
    for row in rows:
        table.add_row(
            *[level(name, row[name]) for name in result.by],
            amount(row, "estimate"),
            limits(row),
            count(row["n"]),
            count(row["df"]),
            row["outcome"],
            p_value(row["p_value"]),
            RELIABILITY[row["reliability"]],
        )
    low, high = (amount(first, f"margin_{end}") for end in ("low", "high"))
    return [
        table,
        _note(
            f"equivalent: the {confidence(first['conf_level'])} {INTERVALS[first['interval']]} "
            f"interval lies within {low} to {high}{PERCENT}; different: it lies wholly outside; "
            f"undecided: neither. p is of another question: is the rate exactly 50{PERCENT}?"
        ),
    ]


# Their parts


def _table(names: Sequence[str], numbers: Sequence[str], texts: Sequence[str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in texts:
        table.add_column(heading, no_wrap=heading != "exceeds")
    return table


def _note(text: str) -> RenderableType:
    from rich.text import Text

    return Text(f"{text}\n", style="dim")


def _interval(row: Row) -> str:
    return f"{confidence(row['conf_level'])} interval"


def _interval_note(row: Row) -> str:
    return f"{INTERVALS[row['interval']]} intervals."


def _pair(row: Row, compares: str) -> str:
    sign = MINUS if row["quantity"] == "difference" else "/"
    return f"{level(compares, row[compares])} {sign} {level(compares, row['reference'])}"


def _compared(row: Row) -> list[str]:
    """Write a comparison and its interval: a ratio with two decimals, a difference with sign."""
    ends = [row[name] for name in ("estimate", "conf_low", "conf_high")]
    if row["interval"] == "log":
        texts = [ratio(value) for value in ends]
    else:
        decimals, scale = (2, 1.0) if unit(row) is Unit.SCORE else (1, 100.0)
        texts = [signed(value, decimals, scale) for value in ends]
    return [texts[0], "–" if ends[1] is None else f"{texts[1]} to {texts[2]}"]


def signed(value: float | None, decimals: int, scale: float = 1.0) -> str:
    """Write a difference with its sign, such as +4.5 or −4.5; a dash where there is none."""
    return "–" if value is None else f"{scale * value:+.{decimals}f}".replace("-", MINUS)


def ratio(value: float | None) -> str:
    """Write a ratio with two decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def p_value(value: float | None) -> str:
    """Write a p-value with three decimals, a very small one as < 0.001."""
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _equals(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"
