"""What the book is made of: tables as they are published, and what else is read for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advocacy.estimation.estimates_file import read_estimates
from advocacy.responses.dataset.ledger import excluded_ratings, read_accounts, rejection_reasons
from advocacy.study.pooling import asked_of_posterior
from advocacy.study.protocol import Protocol
from advocacy.study.validation import against_r, coverage, pooling, scaling

AREA, FIT = "area-level", "fit"


@dataclass(frozen=True)
class Source:
    """A file that the book is made of, and what reads it."""

    path: Path
    read: Callable[[Path], Any]


def sources(study: Protocol) -> dict[str, Source]:
    """Return what the book is made of, by name: tables as they are published, and other files."""
    tables = {name: table.published for name, table in study.tables.items()}
    for name in (*asked_of_posterior(study), AREA):
        tables[name] = study.pooled / f"{name}.parquet"
    accounts = study.derived / "accounts.csv"
    validation = study.root / "analysis" / "validation"
    return {
        **{name: Source(path, read_estimates) for name, path in tables.items()},
        FIT: Source(study.pooled / "diagnostics.json", _read_json),
        "truth": Source(study.deliveries / "truth.json", _read_json),
        "accounts": Source(accounts, read_accounts),
        # These lie beside the accounts, and change with them.
        "rejected": Source(accounts, lambda path: rejection_reasons(path.parent)),
        "excluded": Source(accounts, lambda path: excluded_ratings(path.parent)),
        "coverage": Source(validation / "coverage.csv", coverage.read_coverage),
        "contrasts": Source(validation / "contrast_errors.csv", coverage.read_contrasts),
        "pooling": Source(validation / "pooling.csv", pooling.read_pooling),
        "pooling_studies": Source(validation / "pooling_studies.csv", pooling.read_studies),
        "against_r": Source(validation / "against_r.csv", against_r.read_against_r),
        "scaling": Source(study.root / "benchmarks" / "scaling.csv", scaling.read_scaling),
    }


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
