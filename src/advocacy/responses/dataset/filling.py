"""The SELECT of what the import makes of the rows of a file, by the table that they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advocacy.responses.crosswalk.placement import ROW, placed, problem
from advocacy.responses.dataset.eligibility import EXCLUDED, WEIGHTLESS_SQL
from advocacy.responses.pseudonyms import pseudonym_sql, salt
from advocacy.responses.schema import COLUMNS, CONTACTS, FOLLOWUPS, IDENTITY
from advocacy.sql import identifier, literal

if TYPE_CHECKING:
    from advocacy.responses.dataset.intake import SourceFile

# No canonical column has a dot.
KEPT = "row.kept"
# Number of a row in its file, of rows that are linked.
NUMBER = "row.number"

_ORDER = {
    "responses": tuple(COLUMNS),
    "followups": tuple(dict.fromkeys((*IDENTITY, *(column.name for column in FOLLOWUPS)))),
    "contacts": tuple(column.name for column in CONTACTS),
}


def filled_sql(file: SourceFile) -> str:
    """Return the SELECT of all rows: canonical columns in the schema's order, and more.

    Before them stands the row's number, after them whether each is without a problem, under the
    name that `fine` gives. Rows that are to be linked keep their number.
    """
    table, given = file.data.table, set(file.names)
    values = {name: identifier(name) for name in given}
    if file.persons.pseudonyms:
        secret = salt(file.source.folder)
        for name in file.persons.pseudonyms:
            values[name] = pseudonym_sql(name, secret, file.source.name)
    values |= _FILLS[table](file, values)
    order = [name for name in _ORDER[table] if name in values]
    order += sorted(given - {*_ORDER[table]})  # replicate weights, own segments
    selected = ", ".join(f"{values[name]} AS {identifier(name)}" for name in order)
    if table != "responses":
        selected += f", {ROW} AS {identifier(NUMBER)}"
    without = [f"{problem(name)} IS NULL AS {identifier(fine(name))}" for name in file.names]
    return (
        f"SELECT {', '.join([ROW, selected, *without])} "
        f"FROM ({placed(file.placements, 'raw', texts=False)})"
    )


def fine(name: str) -> str:
    """Return the name of the column that says whether a canonical column has no problem."""
    return f"{name}.fine"


def needed(file: SourceFile) -> list[str]:
    """Return the columns for whose problems a row is rejected."""
    # Of a follow-up or a contact every value says whose it is, when it was or what came of it.
    linked = file.data.table != "responses"
    return [p.column.name for p in file.placements if p.column.rejects or linked]


def _rating(file: SourceFile, values: dict[str, str]) -> dict[str, str]:
    """Return what the import fills of a rating, as SQL."""
    filled = {
        "rating_id": _named(file, values.get("rating_id", "NULL")),
        "source_kind": literal(file.source.kind),
        "programme": values.get("programme", literal(file.source.name)),
    }
    # A file that names no supplier is about one: the contact rule needs to know whom.
    filled["supplier"] = values.get("supplier", filled["programme"])
    if "weight" in values:
        own = f"{values[EXCLUDED]}, " if EXCLUDED in values else ""
        filled |= {"weight": "coalesce(weight, 0)", EXCLUDED: f"coalesce({own}{WEIGHTLESS_SQL})"}
    return filled


def _follow_up(file: SourceFile, values: dict[str, str]) -> dict[str, str]:
    """Return what the import fills of a follow-up: its wave, where its row says none."""
    wave = literal(file.data.wave or file.path.stem)
    return {"wave": f"coalesce({values.get('wave', 'NULL')}, {wave})"}


def _contact(file: SourceFile, values: dict[str, str]) -> dict[str, str]:
    """Return what the import fills of a contact."""
    return {
        "contact_id": _named(file, values.get("contact_id", "NULL")),
        "programme": values.get("programme", literal(file.source.name)),
    }


_FILLS = {"responses": _rating, "followups": _follow_up, "contacts": _contact}


def _named(file: SourceFile, given: str) -> str:
    """Return the name that a row has, or else one of source, file and row.

    The file tells the rows of several deliveries apart.
    """
    return f"coalesce({given}, {literal(f'{file.source.name}:{file.path.name}:')} || {ROW})"
