"""Estimates as Parquet: the table, and in its schema's metadata what kind of result it is."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from advocacy.errors import DataError
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.estimates import Estimates
from advocacy.stored import as_written, read_sealed, write_sealed

# Counted up when a file of this version would be misread by an earlier one.
FORMAT = 1
METADATA = b"advocacy"
_AGAIN = "Copy the file again, or estimate it anew; a table of the study by `make book`."
# By name, as a file of rates needs nothing of what fits curves.
_TYPES = {
    "Estimates": "estimates",
    "Comparison": "comparisons.comparison",
    "Curve": "curves.curve",
    "Attrition": "follow_up.attrition",
    "OverTime": "follow_up.over_time",
}


def write_estimates(estimates: Estimates, path: Path) -> None:
    """Write estimates as Parquet; covariance and notes are not kept."""
    about: dict[str, Any] = {"format": FORMAT, "type": _type(estimates), "kind": estimates.kind}
    about["sealed"] = True
    if isinstance(estimates, Comparison):
        about |= {"compares": estimates.compares, "mix": list(estimates.mix)}
    metadata = {METADATA: json.dumps(about).encode()}
    write_sealed(estimates.table.replace_schema_metadata(metadata), path)


def read_estimates(path: Path) -> Estimates:
    """Read estimates that `write_estimates` has written; their covariance is not kept.

    Raises
    ------
    DataError
        The file does not say what kind of result it is, or another version of the package
        wrote it.
    DamagedError
        It is not as it was written.
    """
    table, sealed = read_sealed(path, _AGAIN)
    with as_written(path, _AGAIN):
        about = _about(table, path)
        if about.get("sealed", False) and not sealed:
            raise ValueError("its SHA-256 is gone")
        name = about["type"]
        chosen = getattr(import_module(f"advocacy.estimation.{_TYPES[name]}"), name)
        given = (
            {"mix": tuple(about["mix"]), "compares": about["compares"]} if "mix" in about else {}
        )
        found: Estimates = chosen(table.replace_schema_metadata(None), about["kind"], **given)
        return found


def _type(estimates: Estimates) -> str:
    """Return the name of the nearest type that a file can give back."""
    return next(type_.__name__ for type_ in type(estimates).__mro__ if type_.__name__ in _TYPES)


def _about(table: pa.Table, path: Path) -> dict[str, Any]:
    written = (table.schema.metadata or {}).get(METADATA)
    if written is None:
        raise DataError(
            "The table does not say what kind of result it is.",
            where=str(path),
            remedy="Estimate it again: this version of advocacy, or none, did not write it.",
        )
    about: dict[str, Any] = json.loads(written)
    if about["format"] != FORMAT:
        raise DataError(
            f"The table has format {about['format']}; this version of advocacy reads {FORMAT}.",
            where=str(path),
            remedy="Estimate it again with this version, or read it with the one that wrote it.",
        )
    return about
