"""Back to SPSS: a survey file or an imported dataset as .sav, with its dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from advocacy.isolation import isolated
from advocacy.remarks import Remark
from advocacy.responses.dataset.verifying import reading
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.opening import open_responses
from advocacy.responses.readers import read_labelled
from advocacy.responses.schema import INDUSTRIES, SOURCE_KINDS, Column, Type, find_column
from advocacy.responses.writers.spss import write_sav
from advocacy.sql import connect, identifier

_NO_YES = ((0.0, "no"), (1.0, "yes"))
_NAMES = {"industry": INDUSTRIES}  # of codes, where any code of a pattern is allowed


@dataclass(frozen=True)
class Exported:
    """What was written: rows, variables, and remarks on what was assumed, lost or cut."""

    rows: int
    variables: int
    remarks: tuple[Remark, ...]


def export_file(
    path: Path, encoding: str | None, output: Path, sheet: str | None = None
) -> Exported:
    """Write a survey file in any format of `READERS` as .sav.

    Raises
    ------
    FileFormatError
        The file cannot be read.
    DataError
        SPSS cannot hold a name or a value of it.
    """
    # What parses runs in a process apart.
    return written(isolated(read_labelled, path, encoding, sheet, file=str(path)), output)


def export_dataset(folder: Path, output: Path) -> Exported:
    """Write an imported dataset as .sav, all sources together, with canonical names.

    Raises
    ------
    FileFormatError
        There is no dataset in the folder.
    DataError
        It mixes kinds of evidence, or SPSS cannot hold a value of it.
    """
    return written(dataset_table(folder), output)


def dataset_table(folder: Path) -> LabelledTable:
    """Return an imported dataset with the codebook of its columns as the dictionary.

    Raises as `export_dataset`. The rows are in the order of the sources' names and of their
    files. Codes that an import made missing have no value here; the codebooks have them.
    """
    responses = open_responses(folder)
    kind = responses.source_kind
    with connect() as connection, reading(folder):
        names = connection.sql(f"SELECT * FROM {responses.relation} LIMIT 0").columns
        replicates = sorted(n for n in names if n not in responses.columns and find_column(n))
        columns = [c for n in (*responses.columns, *replicates) if (c := find_column(n))]
        listed = ", ".join(identifier(column.name) for column in columns)
        values = connection.sql(f"SELECT {listed} FROM {responses.relation}").to_arrow_table()
    return LabelledTable(
        path=folder,
        values=values,
        variables=tuple(_variable(column) for column in columns),
        label=f"{kind} responses{'; never a finding' if kind == 'simulated' else ''}",
        notes=(f"Kind of evidence: {kind}, {dict(SOURCE_KINDS)[kind]}.",),
        weight="weight" if _weighs_all(values) else "",
    )


def written(table: LabelledTable, output: Path) -> Exported:
    """Write a table as .sav, and return what was written; raises as `write_sav`."""
    losses = write_sav(table, output)
    remarks = (*table.assumptions, *losses)
    return Exported(table.values.num_rows, table.values.num_columns, remarks)


def _variable(column: Column) -> Variable:
    boolean = column.type is Type.BOOLEAN
    names = column.levels or _NAMES.get(column.name, ())
    points = column.name == "score" or boolean or column.type is Type.TEXT
    return Variable(
        name=column.name,
        label=column.meaning,
        value_labels=_NO_YES if boolean else tuple(names),
        measure=("ordinal" if column.name == "score" else "nominal") if points else "scale",
    )


def _weighs_all(values: pa.Table) -> bool:
    """Tell whether every row has a weight: SPSS leaves the others out."""
    return "weight" in values.column_names and values["weight"].null_count == 0
