"""The file of a posterior: written once by who fits, read by all who compare."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.errors import DataError
from advocacy.estimation.pooling.effective_counts import PROGRAMME
from advocacy.estimation.pooling.posterior import INTERCEPT, OWN, Diagnostics, Posterior, Term
from advocacy.files import replacing
from advocacy.remarks import as_json, from_json
from advocacy.stored import as_written, read_sealed, write_sealed

FORMAT = 2
METADATA = b"advocacy posterior"
_AGAIN = "Copy the file again, or give what `advocacy pool` wrote."


def write_posterior(posterior: Posterior, path: Path) -> None:
    """Write a posterior as one Parquet file: a row a draw, single precision, zstd.

    All else is in the file's metadata, as JSON.
    """
    columns = {INTERCEPT: posterior.intercept}
    for term in posterior.terms:
        for number, effect in enumerate(term.effects.T):
            columns[f"{term.name}:{number}"] = effect
        if term.scale is not None:
            columns[f"{term.name}:scale"] = term.scale
    columns[f"{PROGRAMME}:scale"] = posterior.programme
    columns[f"{OWN}:scale"] = posterior.programme_score
    table = pa.table({name: pa.array(values, pa.float32()) for name, values in columns.items()})
    about = {
        "format": FORMAT,
        "terms": [{"segments": t.segments, "levels": t.levels} for t in posterior.terms],
        "bands": posterior.bands,
        "cells": posterior.cells.to_pydict(),
        "labels": dict(posterior.labels),
        "diagnostics": asdict(posterior.diagnostics),
        "warnings": as_json(posterior.warnings),
        "sealed": True,
    }
    metadata = {METADATA: json.dumps(about, ensure_ascii=False).encode()}
    with replacing(path) as temporary:
        write_sealed(table.replace_schema_metadata(metadata), temporary, compression="zstd")


def read_posterior(path: Path) -> Posterior:
    """Read what `write_posterior` wrote.

    Raises
    ------
    DataError
        The file is none of these, or of another format.
    DamagedError
        It is not as it was written, or holds what is no draw.
    """
    table, sealed = read_sealed(path, _AGAIN)
    if METADATA not in (table.schema.metadata or {}):
        raise DataError("The file is no posterior.", where=str(path), remedy=_AGAIN)
    with as_written(path, _AGAIN):
        about = json.loads(table.schema.metadata[METADATA])
        if about["format"] != FORMAT:
            raise DataError(
                f"The posterior is of format {about['format']}, this version reads {FORMAT}.",
                where=str(path),
                remedy="Write it again with `advocacy pool`.",
            )
        if about.get("sealed", False) and not sealed:
            raise ValueError("its SHA-256 is gone")
        return _posterior(table, about)


def _posterior(table: pa.Table, about: Mapping[str, Any]) -> Posterior:
    return Posterior(
        intercept=_draws(table, INTERCEPT),
        terms=tuple(_term(table, term["segments"], term["levels"]) for term in about["terms"]),
        programme=_draws(table, f"{PROGRAMME}:scale"),
        programme_score=_draws(table, f"{OWN}:scale"),
        bands=tuple(about["bands"]),
        cells=pa.table(about["cells"], schema=_cells_schema(about["cells"])),
        labels=about["labels"],
        diagnostics=Diagnostics(
            **about["diagnostics"] | {"worst": tuple(about["diagnostics"]["worst"])}
        ),
        warnings=from_json(about["warnings"]),
    )


def _draws(table: pa.Table, name: str) -> Floats:
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"a draw of {name} is no number")
    return values


def _term(table: pa.Table, segments: Sequence[str], levels: Sequence[Sequence[str]]) -> Term:
    name = " × ".join(segments)
    size = int(np.prod([len(own) for own in levels]))
    effects = np.column_stack([_draws(table, f"{name}:{number}") for number in range(size)])
    scale = f"{name}:scale"
    return Term(
        tuple(segments),
        tuple(tuple(own) for own in levels),
        effects,
        _draws(table, scale) if scale in table.column_names else None,
    )


def _cells_schema(cells: Mapping[str, Any]) -> pa.Schema:
    numbers = {"n": pa.int64(), "n_eff": pa.float64()}
    numbers |= {"n_numerator": pa.int64(), "n_programmes": pa.int64()}
    return pa.schema([(name, numbers.get(name, pa.string())) for name in cells])
