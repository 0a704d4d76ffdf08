"""Numbers of the ledger that others have published, and the ranges that they span."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.evidence.published import SOURCE_KIND, published_range
from advocacy.evidence.schema import PER_CENT, QUANTITIES
from advocacy.report.contents.evidence.published import label, value, window
from advocacy.report.numbers import Numbers
from advocacy.report.wording import ENGLISH, PERCENT, Row

_FACTS = (
    "quantity", "label", "what", "base", "window_months", "unit", "low", "high", "estimate",
    "conf_low", "conf_high", "n", "n_note", "source", "year", "seen", "doi", "address", "include",
    "why", "source_kind",
)  # fmt: skip


def published_numbers(figures: Estimates, prefix: str) -> Numbers:
    """Return each published figure and the range of each quantity, as numbers.

    Parameters
    ----------
    figures
        As `read_published` returns them.
    prefix
        Start of the identifiers. ``<prefix>:<id>`` is a figure, ``<prefix>:<id>:n`` and
        ``<prefix>:<id>:window`` are of it where they were seen; ``<prefix>:<quantity>:low``,
        ``...:high`` and ``...:figures`` are of all that are drawn of a quantity.
    """
    numbers: Numbers = {}
    for row in figures.table.to_pylist():
        facts = {name: row[name] for name in _FACTS} | {"published_by": published_by(row)}
        for part, text in _texts(row).items():
            numbers[f"{prefix}:{row['id']}{part}"] = {"text": text, **facts}
    for quantity in QUANTITIES:
        numbers |= _range(figures, quantity, prefix)
    return numbers


def published_by(row: Row) -> str:
    """Return who published a figure, and where it is found."""
    return f"{label(row)}, {_found_at(row)}"


def _found_at(row: Row) -> str:
    return f"https://doi.org/{row['doi']}" if row["doi"] else str(row["address"])


def _texts(row: Row) -> dict[str, str]:
    texts = {}
    if row["low"] is not None:
        unit = PERCENT if row["unit"] in (PER_CENT, "change") else ""
        texts[""] = f"{value(row, ENGLISH)}{unit}"
        texts[":low"] = f"{value({**row, 'high': row['low']}, ENGLISH)}{unit}"
    if row["n"] is not None:
        texts[":n"] = ENGLISH.count(row["n"])
    if row["window_months"] is not None:
        texts[":window"] = window(row, ENGLISH)
    return texts


def _range(figures: Estimates, quantity: str, prefix: str) -> Numbers:
    found = published_range(figures, quantity)
    if found is None:
        return {}
    own = [row for row in figures.table.to_pylist() if row["id"] in found.figures]
    facts = {
        "quantity": quantity,
        "figures": " ".join(found.figures),
        "published_by": "; ".join(dict.fromkeys(map(published_by, own))),
        "low": 100 * found.low,
        "high": 100 * found.high,
        "source_kind": SOURCE_KIND,
    }
    texts = {
        "low": f"{ENGLISH.shortest(min(row['low'] for row in own))}{PERCENT}",
        "high": f"{ENGLISH.shortest(max(row['high'] for row in own))}{PERCENT}",
        "figures": ENGLISH.count(len(own)),
        "with_n": ENGLISH.count(sum(row["n"] is not None for row in own)),
    }
    return {f"{prefix}:{quantity}:{part}": {"text": text, **facts} for part, text in texts.items()}
