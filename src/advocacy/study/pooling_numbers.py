"""Numbers of the ledger that the multilevel model gives: rates, ranks, shares, expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.contents.parts import first_row
from advocacy.report.figures.pooled_frames import median_variances
from advocacy.report.wording import ENGLISH, PERCENT

Row = dict[str, Any]
Numbers = dict[str, dict[str, Any]]
_FACTS = (
    "estimand", "rung", "intent", "target", "quantity", "estimate", "std_error", "conf_low",
    "conf_high", "conf_level", "interval", "source_kind",
)  # fmt: skip


def pooling_numbers(tables: Mapping[str, Estimates], answers: int, conf_level: float) -> Numbers:
    """Return the numbers of pooling; of a fit that is not published, those of the protocol alone.

    Parameters
    ----------
    tables
        What `pooled_tables` gave; empty where the fit misses its diagnostics.
    answers, conf_level
        Of the protocol.
    """
    numbers: Numbers = {
        "next:answers": {"text": ENGLISH.count(answers), "value": answers},
        "next:conf_level": {"text": ENGLISH.confidence(conf_level), "value": conf_level},
    }
    if not tables:
        return numbers
    for name in ("rates", "next", "next-answers"):
        numbers |= _cell_numbers(name, tables[name])
    for row in tables["variance"].table.to_pylist():
        limits = ENGLISH.interval(row["conf_low"], row["conf_high"])
        for part, text in (("share", ENGLISH.percent(row["estimate"])), ("share_interval", limits)):
            numbers[f"variance:{row['term']}:{part}"] = {"text": f"{text}{PERCENT}", **_facts(row)}
    return numbers | _width_numbers(tables["rates"], tables["next"], answers)


def _cell_numbers(name: str, table: Estimates) -> Numbers:
    numbers: Numbers = {}
    for row in table.table.to_pylist():
        limits = row["conf_low"], row["conf_high"]
        if name == "rates":
            stem = stem_of("pooled", row, table.by)
            texts = {"rate": f"{ENGLISH.percent(row['estimate'])}{PERCENT}",
                     "interval": f"{ENGLISH.interval(*limits)}{PERCENT}"}  # fmt: skip
            if row["n_programmes"] is not None:
                texts["programmes"] = ENGLISH.count(row["n_programmes"])
        else:
            stem = stem_of("expect", row, table.by)
            texts = {"range" if name == "next" else "answers": ENGLISH.whole_per_cent(*limits)}
        numbers |= {f"{stem}:{part}": {"text": text, **_facts(row)} for part, text in texts.items()}
    return numbers


def area_numbers(area: Estimates) -> Numbers:
    """Return the area-level rates of cells, as numbers of the ledger."""
    return {
        f"{stem_of('area', row, area.by)}:rate": {
            "text": f"{ENGLISH.percent(row['estimate'])}{PERCENT}", **_facts(row)
        }
        for row in area.table.to_pylist()
        if row["estimate"] is not None
    }  # fmt: skip


def places_numbers(rates: Estimates) -> Numbers:
    """Return the pooled rates of the levels of a segment, as numbers of the ledger."""
    table = f"pooled_{'_'.join(rates.by)}"
    return {
        f"{stem_of(table, row, rates.by)}:rate": {
            "text": f"{ENGLISH.percent(row['estimate'])}{PERCENT}",
            "segment": {name: row[name] for name in rates.by}, **_facts(row),
        }
        for row in rates.table.to_pylist()
        if row["estimate"] is not None
    }  # fmt: skip


def ranks_numbers(ranks: Estimates) -> Numbers:
    """Return the mean ranks of the levels of a segment with their intervals, as numbers."""
    return {
        f"{rank_of(row, ranks.by)}:{part}": {
            "text": text, "segment": {ranks.by[0]: row[ranks.by[0]]}, **_facts(row)
        }
        for row in ranks.table.to_pylist()
        for part, text in (
            ("mean_rank", f"{row['estimate']:.1f}"), ("mean_rank_interval", whole(row)),
        )
    }  # fmt: skip


def _width_numbers(rates: Estimates, following: Estimates, answers: int) -> Numbers:
    mean, own, answer = median_variances(rates, following)
    parts = {"mean": mean, "programmes": own - mean, "answers": answer / answers}
    kind = first_row(rates)["source_kind"]
    whole = sum(parts.values())
    return {
        f"expect:width:{name}": {
            "text": f"{ENGLISH.percent(part / whole)}{PERCENT}",
            "value": part / whole,
            "source_kind": kind,
        }
        for name, part in parts.items()
    }


def stem_of(prefix: str, row: Any, by: Sequence[str]) -> str:
    """Return the beginning of the identifiers of a row's numbers."""
    return f"{prefix}:{','.join(row[name] for name in by)}"


def rank_of(row: Row, by: Sequence[str]) -> str:
    """Return the beginning of the identifiers of a level's rank."""
    return f"ranks_{by[0]}:{row[by[0]]}"


def whole(row: Row) -> str:
    """Write the limits of a rank."""
    return f"{row['conf_low']:.0f} to {row['conf_high']:.0f}"


def _facts(row: Row) -> Row:
    return {key: row[key] for key in _FACTS}
