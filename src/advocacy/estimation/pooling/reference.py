"""The study that a programme is held against: a folder with its posterior and what it published.

``posterior.parquet`` is what `pool` fitted, and alone is enough. Beside it, the data that come with
the package have ``estimates.parquet``, the published rates of the posterior's segments and of their
crossings, and ``about.json``, which says how they were made and has a hash of each file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimates import COLUMNS, Estimates
from advocacy.estimation.estimates_file import read_estimates, write_estimates
from advocacy.estimation.pooling.posterior import Posterior, withheld
from advocacy.estimation.pooling.posterior_file import read_posterior, write_posterior
from advocacy.files import replacing
from advocacy.provenance import sha256, write_json
from advocacy.stored import as_written

POSTERIOR, ESTIMATES, ABOUT = "posterior.parquet", "estimates.parquet", "about.json"
# Filled when a wheel is built.
PACKAGED = Path(__file__).parents[2] / "reference"


@dataclass(frozen=True)
class Reference:
    """A study to hold programmes against.

    Parameters
    ----------
    folder
        Where it is.
    posterior
        Its fitted model, which passed its diagnostics.
    estimates
        Its published rates: a column a segment of the posterior, null where a rate is over all
        of its levels. ``None`` where the folder has none.
    about
        How it was made; empty where the folder does not say.
    """

    folder: Path
    posterior: Posterior
    estimates: Estimates | None
    about: Mapping[str, Any]

    @property
    def packaged(self) -> bool:
        """Whether it came with the package."""
        return self.folder == PACKAGED

    def published(self, where: Mapping[str, str], intent: str) -> dict[str, Any] | None:
        """Return the published rate of a crossing as a row; ``None`` where there is none."""
        rows = self.estimates.table.to_pylist() if self.estimates else []
        for row in rows:
            levels = {name: row[name] for name in self.posterior.segments if row[name] is not None}
            if levels == where and row["intent"] == intent and row["reliability"] != "withheld":
                found: dict[str, Any] = row
                return found
        return None


def open_reference(folder: Path | str | None = None) -> Reference:
    """Open the study that came with the package, or another.

    Parameters
    ----------
    folder
        What `advocacy pool` wrote, or `write_reference`; by default that of the package.

    Raises
    ------
    UsageError
        There is no posterior in the folder, or the package came without one.
    DataError
        A file is damaged or not the one that ``about.json`` describes, or the fit misses its
        diagnostics.
    """
    path = PACKAGED if folder is None else Path(folder)
    if not (path / POSTERIOR).is_file():
        raise _absent(path)
    about = _about(path)
    for name, digest in about.get("files", {}).items():
        if not (path / name).is_file() or sha256(path / name) != digest:
            raise DataError(
                f"{name} is not the file that {ABOUT} describes.",
                where=str(path),
                remedy=f"Copy the whole folder anew, or remove {ABOUT}.",
            )
    posterior = read_posterior(path / POSTERIOR)
    posterior.require_passed()
    estimates = path / ESTIMATES
    table = read_estimates(estimates) if estimates.is_file() else None
    return Reference(path, posterior, table, about)


def _absent(path: Path) -> UsageError:
    if path == PACKAGED:
        return UsageError(
            "This installation has no reference data: it was not made by `make wheel`.",
            remedy="Name a folder with --reference: data/derived/pooled after `make book`, or what "
            "`advocacy pool` wrote.",
        )
    return UsageError(
        f"The folder has no {POSTERIOR}.",
        where=str(path),
        remedy="Name a folder that `advocacy pool` wrote.",
    )


def _about(path: Path) -> dict[str, Any]:
    file = path / ABOUT
    if not file.is_file():
        return {}
    with as_written(file, "Copy the whole folder anew."):
        found: dict[str, Any] = json.loads(file.read_bytes())
        return {**found, "files": dict(found.get("files", {}))}


def write_reference(
    folder: Path, posterior: Posterior, published: Sequence[Estimates], about: Mapping[str, Any]
) -> None:
    """Write a folder that `open_reference` reads, with nothing that the study withholds.

    Parameters
    ----------
    folder
        The folder; it is replaced.
    posterior
        What `pool` fitted.
    published
        Published tables of rates; those of the posterior's segments are taken.
    about
        How they were made, for ``about.json``; kind and hashes are added.

    Raises
    ------
    DataError
        The fit misses its diagnostics.
    UsageError
        No table has the rates of the posterior's cells, from which it is known what is withheld.
    """
    posterior.require_passed()
    segments = posterior.segments
    of_cells = next((table for table in published if set(table.by) == set(segments)), None)
    if of_cells is None:
        raise UsageError(
            f"No published table is of {' × '.join(segments)}, as the model is.",
            remedy="Name this crossing in the protocol, [rates].",
        )
    taken = [table for table in published if set(table.by) <= set(segments)]
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_posterior(withheld(posterior, of_cells), temporary / POSTERIOR)
        tables = [_with_segments(table, segments) for table in taken]
        write_estimates(Estimates(pa.concat_tables(tables), "rates"), temporary / ESTIMATES)
        files = {name: sha256(temporary / name) for name in (POSTERIOR, ESTIMATES)}
        kind = {"kind": posterior.labels["source_kind"], "files": files}
        write_json(temporary / ABOUT, dict(about) | kind)


def _with_segments(estimates: Estimates, segments: Sequence[str]) -> pa.Table:
    """Return a table with a column for each segment, null where it is over all levels."""
    table = estimates.table
    columns = {
        name: table.column(name).cast(pa.string())
        if name in estimates.by
        else pa.nulls(table.num_rows, pa.string())
        for name in segments
    }
    return pa.table(columns | {name: table.column(name) for name in COLUMNS.names})
