"""What the book is made of: tables as they are published, and what else is read for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from advocacy.estimation import Estimates
from advocacy.estimation.estimates_file import read_estimates
from advocacy.evidence.claims import read_claims
from advocacy.report.numbers import identified
from advocacy.responses.dataset.ledger import excluded_ratings, read_accounts, rejection_reasons
from advocacy.study.pooling import asked_of_posterior
from advocacy.study.protocol import Protocol
from advocacy.study.tasks import opened
from advocacy.study.validation import against_r, attrition, coverage, pooling, scaling

AREA, FIT = "area-level", "fit"
# What others have published, whatever the data of the study.
EVIDENCE, CLAIMS = "evidence", "claims"


@dataclass(frozen=True)
class Source:
    """A file that the book is made of, and what reads it.

    Parameters
    ----------
    path, read
        The file, and what reads it.
    kind
        Kind of evidence of what is in it; ``None`` for that of the study's data.
    """

    path: Path
    read: Callable[[Path], Any]
    kind: str | None = None


@lru_cache(maxsize=1)
def sources(study: Protocol) -> Mapping[str, Source]:
    """Return what the book is made of, by name: tables as they are published, and other files."""
    tables = {name: table.published for name, table in study.tables.items()}
    for name in (*asked_of_posterior(study), *([AREA] if study.pooling else [])):
        tables[name] = study.pooled / f"{name}.parquet"
    return {
        **{name: Source(path, partial(_read_table, study, name)) for name, path in tables.items()},
        **_of_data(study),
        EVIDENCE: Source(study.evidence, read_estimates, "published"),
        CLAIMS: Source(study.published_claims, read_claims, "published"),
        **_of_validation(study.root),
    }


def _read_table(study: Protocol, name: str, path: Path) -> Estimates:
    """Read a table; rows of one of the protocol say which numbers of the ledger they are."""
    table = read_estimates(path)
    return identified(table, name) if name in study.tables else table


def _of_data(study: Protocol) -> dict[str, Source]:
    """Return what is no table, but comes from the study's data."""
    accounts = study.derived / "accounts.csv"
    found = {
        "accounts": Source(accounts, read_accounts),
        # These lie beside the accounts, and change with them.
        "rejected": Source(accounts, lambda path: rejection_reasons(path.parent)),
        "excluded": Source(accounts, lambda path: excluded_ratings(path.parent)),
        "responses": Source(accounts, opened),
    }
    if study.pooling:
        fit = study.pooled / "diagnostics.json"
        found[FIT] = Source(fit, _read_json)
        found["checks"] = Source(fit, _read_checks)
    if study.simulation:
        found["truth"] = Source(study.deliveries / "truth.json", _read_json)
    return found


def _of_validation(root: Path) -> dict[str, Source]:
    """Return what the method was tried on, which is simulated or measured whatever the data."""
    folder = root / "analysis" / "validation"
    return {
        "coverage": Source(folder / "coverage.csv", coverage.read_coverage, "simulated"),
        "contrasts": Source(folder / "contrast_errors.csv", coverage.read_contrasts, "simulated"),
        "attrition_tried": Source(folder / "attrition.csv", attrition.read_attrition, "simulated"),
        "pooling": Source(folder / "pooling.csv", pooling.read_pooling, "simulated"),
        "pooling_studies": Source(
            folder / "pooling_studies.csv", pooling.read_studies, "simulated"
        ),
        "against_r": Source(folder / "against_r.csv", against_r.read_against_r, "measured"),
        "scaling": Source(root / "benchmarks" / "scaling.csv", scaling.read_scaling, "measured"),
    }


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _read_checks(path: Path) -> Any | None:
    """Read how the fit did in its checks; ``None`` of one that misses its diagnostics."""
    fit = _read_json(path)
    return None if fit["problems"] else fit
