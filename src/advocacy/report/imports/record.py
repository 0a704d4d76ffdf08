"""What an import wrote about itself, as its pages need it: what the manifest says of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advocacy.responses.labelled import written_code

# Columns that the import fills where the file does not, with what it then writes.
FILLED = {
    "rating_id": "source, file and row",
    "programme": "the name of the source",
    "supplier": "the programme; a file that names no supplier is taken to be about one",
}


def filled_columns(manifest: Mapping[str, Any]) -> set[str]:
    """Return the canonical columns that any file of the source fills."""
    return {column["column"] for file in manifest["files"] for column in shown_columns(file)}


def shown_columns(file: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the columns that were imported: not those of variables that identify persons."""
    private = {finding["variable"] for finding in file["private"]}
    return [
        column
        for column in file["columns"]
        if column["column"] in file["pseudonymised"]
        or not private & {variable["variable"] for variable in column["variables"]}
    ]


def became(file: Mapping[str, Any], variable: str) -> tuple[list[str], list[str]]:
    """Return the columns that an identifying variable fills with pseudonyms, and the others.

    The others were left out.
    """
    filled = [
        column["column"]
        for column in file["columns"]
        if variable in [used["variable"] for used in column["variables"]]
    ]
    replaced = [name for name in filled if name in file["pseudonymised"]]
    return replaced, [name for name in filled if name not in replaced]


def told(variable: Mapping[str, str]) -> str:
    """Return a variable's label where it says more than the name."""
    return "" if variable["label"] == variable["variable"] else variable["label"]


def value_labels(variable: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of a variable by code, as a crosswalk writes it."""
    return {written_code(code): label for code, label in variable["value_labels"]}
