"""What an import did, for people: the import page and the codebook of a partition, as HTML.

Each is one file without script or other files. It follows the reader into the dark, fits a
phone, and prints.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from advocacy.files import write_text
from advocacy.report.style import PALETTE
from advocacy.report.wording import SIMULATED, count
from advocacy.responses.eligibility import EXCLUDED, EXCLUDED_FILE
from advocacy.responses.importing import REJECTED_FILE
from advocacy.responses.ledger import REJECTED
from advocacy.responses.manifest import MANIFEST
from advocacy.responses.schema import COLUMNS, SOURCE_KINDS, find_column
from advocacy.sql import connect, literal

IMPORT_PAGE = "import.html"
CODEBOOK_PAGE = "codebook.html"

LISTED = 50  # rejected values that the page lists; the file beside it has them all

# Columns that the import fills where the file does not, with what it then writes.
_FILLED = {
    "rating_id": "source, file and row",
    "programme": "the name of the source",
    "supplier": "the programme; a file that names no supplier is taken to be about one",
}
_CONTACT = ("respondent_id", "interviewed_on")  # what the contact rule needs of the file
_RATE = ("score", "recommended_past_12m")

# Class of a table's cells.
_TEXT, _CODE, _NUMBER = "text", "code", "number"

_STYLE = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;background:var(--paper);
color:var(--ink);font:1rem/1.5 system-ui,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.2rem;margin:2.5rem 0 .5rem;padding-top:.5rem;border-top:1px solid var(--grid)}
h3{font-size:1rem;margin:1.75rem 0 .25rem}
h4{font-size:1rem;font-weight:normal;margin:1rem 0 .25rem}
p{margin:.5rem 0}.quiet{color:var(--quiet)}a{color:var(--first)}
.alert{color:var(--alert);border-left:.25rem solid var(--alert);padding:.25rem .75rem}
.banner{font-size:1.1rem;font-weight:bold}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;margin:.5rem 0;min-width:50%}
th,td{text-align:left;vertical-align:top;padding:.3rem 1rem .3rem 0;
border-bottom:1px solid var(--grid);overflow-wrap:break-word}
th{color:var(--quiet);font-weight:normal}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code,pre,td.code{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.85rem}
pre{white-space:pre-wrap;margin:.5rem 0;padding:.5rem .75rem;border:1px solid var(--grid)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;font-size:.9rem;
margin:.5rem 0}
dt{color:var(--quiet)}dd{margin:0}
.names{columns:14rem;padding:0;list-style:none;font-size:.9rem}.names li{break-inside:avoid}
@media(max-width:30rem){th,td{padding-right:.6rem}}
@media print{body{max-width:none;padding:0}h2,h3,h4{break-after:avoid}tr{break-inside:avoid}
.scroll{overflow:visible}}
"""


def write_import_pages(folder: Path) -> tuple[Path, Path]:
    """Write the import page and the codebook of a partition beside its manifest.

    Parameters
    ----------
    folder
        A partition that `import_source` has written: ``<dataset>/responses/source=<name>``.
        The commands on the page name the dataset as it is named here.

    Returns
    -------
    tuple[Path, Path]
        The two files.
    """
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    pages = folder / IMPORT_PAGE, folder / CODEBOOK_PAGE
    write_text(pages[0], import_page(manifest, folder / REJECTED_FILE, folder / EXCLUDED_FILE))
    write_text(pages[1], codebook_page(manifest))
    return pages


def import_page(manifest: Mapping[str, Any], rejected: Path, excluded: Path) -> str:
    """Return the page of all that was lost, dropped or assumed on the way into the dataset.

    Parameters
    ----------
    manifest
        Of the partition, as `manifest.describe_source` gives it.
    rejected, excluded
        The lists of rejected rows and of ratings that do not count, in the partition.
    """
    listed, reasons = _rejected(rejected)
    without = _excluded(excluded)
    return _page(
        manifest,
        "Import",
        "What was lost, dropped or assumed on the way from the file to the dataset.",
        _rows(manifest, sum(ratings for _, ratings in without)),
        _ratings_without(manifest, without),
        _rejections(manifest, listed, reasons),
        _personal(manifest),
        *(_file(file) for file in manifest["files"]),
        _next(manifest, excluded.parent),
    )


def codebook_page(manifest: Mapping[str, Any]) -> str:
    """Return the codebook: each canonical column with the questions and codes that fill it."""
    files = manifest["files"]
    return _page(
        manifest,
        "Codebook",
        "The columns of the dataset, and the questions and codes of the file that fill them.",
        *(_codebook(file) for file in files),
        _written(manifest),
    )


def _page(manifest: Mapping[str, Any], what: str, about: str, *sections: str) -> str:
    """Return a whole page; simulated data are named as such before all else."""
    name = manifest["title"] or manifest["source"]
    simulated = manifest["kind"] == "simulated"
    banner = _paragraph(f"{SIMULATED}.", "alert banner") if simulated else ""
    kind = f"Kind of evidence: {manifest['kind']}, {dict(SOURCE_KINDS)[manifest['kind']]}."
    title = f"{what}: {name}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{_colours()}{_STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n{banner}<h1>{escape(title)}</h1>\n{_paragraph(about)}"
        f"{_paragraph(kind, 'quiet')}{''.join(sections)}</main>\n</body>\n</html>\n"
    )


def _colours() -> str:
    light, dark = (
        "".join(f"--{name}:{pair[side]};" for name, pair in PALETTE.items()) for side in (0, 1)
    )
    # Paper is white, whatever the screen is.
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _rejected(path: Path) -> tuple[list[tuple[str, ...]], list[tuple[str, str, int]]]:
    """Return the first rejected values, by row, and how often there is each reason."""
    table = _list_sql(path, REJECTED.names)
    order = 'file, TRY_CAST("row" AS BIGINT), "column"'
    with connect() as connection:
        listed = connection.execute(
            f'SELECT file, "row", "column", value, reason FROM {table} '
            f"ORDER BY {order} LIMIT {LISTED}"
        ).fetchall()
        reasons = connection.execute(
            f'SELECT "column", reason, count(*) AS "values" FROM {table} '
            'GROUP BY ALL ORDER BY "values" DESC, "column", reason'
        ).fetchall()
    return listed, reasons


def _excluded(path: Path) -> list[tuple[str, int]]:
    """Return each reason why ratings do not count, with their number; most first."""
    table = _list_sql(path, ("rating_id", "supplier", "interviewed_on", EXCLUDED))
    with connect() as connection:
        return connection.execute(
            f"SELECT excluded, count(*) AS ratings FROM {table} "
            "GROUP BY ALL ORDER BY ratings DESC, excluded"
        ).fetchall()


def _list_sql(path: Path, names: Iterable[str]) -> str:
    """Return the SQL expression of a list of the import; nothing about it is guessed."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', columns = {{{columns}}})"
    )


def _rows(manifest: Mapping[str, Any], without: int) -> str:
    """Return the account of rows: of the source, and of each file where there are several."""
    total = manifest["rows"]
    accounts = [(file["name"], file["rows"]) for file in manifest["files"]]
    rows = [("all files", total), *accounts] if len(accounts) > 1 else accounts
    cells = [
        (name, *(count(account[part]) for part in ("read", "kept", "rejected", "forgotten")))
        for name, account in rows
    ]
    headings = {"file": _TEXT} | dict.fromkeys(("read", "kept", "rejected", "forgotten"), _NUMBER)
    counted = (
        f"Of the {_number(total['kept'], 'row')} kept, "
        f"{_number(total['kept'] - without, 'rating counts', 'ratings count')} and "
        f"{_number(without, 'does not', 'do not')}."
    )
    sums = "Read is kept plus rejected plus forgotten. "
    return _section("Rows", _table(headings, cells), _paragraph(sums + counted))


def _ratings_without(manifest: Mapping[str, Any], reasons: Sequence[tuple[str, int]]) -> str:
    """Return which ratings are kept but do not count, or why the contact rule found none."""
    parts = []
    if reasons:
        cells = [(reason, count(ratings)) for reason, ratings in reasons]
        parts = [
            _paragraph(
                "They stay in the dataset, so that the design is not cut short, and are in the "
                f"base of no estimate. {EXCLUDED_FILE} lists them."
            ),
            _table({"reason": _TEXT, "ratings": _NUMBER}, cells),
        ]
    absent = [name for name in _CONTACT if name not in _columns(manifest)]
    if absent:
        lacks = " and ".join(absent)
        parts.append(
            _paragraph(
                f"The contact rule could judge no rating: there is no {lacks}. If a respondent "
                "answered several times, each answer counts.",
                "alert",
            )
        )
    return _section("Ratings that do not count", *(parts or [_paragraph("None: all count.")]))


def _rejections(
    manifest: Mapping[str, Any],
    listed: Sequence[tuple[str, ...]],
    reasons: Sequence[tuple[str, str, int]],
) -> str:
    """Return why rows were rejected, and the first values that were."""
    if not listed:
        return _section("Rejected rows", _paragraph("None."))
    headings = {"column": _CODE, "reason": _TEXT, "values": _NUMBER}
    total = sum(values for _, _, values in reasons)
    counted = [(column, reason, count(values)) for column, reason, values in reasons]
    more = f"The first {LISTED}; {REJECTED_FILE} lists all." if total > LISTED else ""
    rows = {"row": _NUMBER, "column": _CODE, "value": _CODE, "reason": _TEXT}
    return _section(
        "Rejected rows",
        _paragraph(
            f"{_number(manifest['rows']['rejected'], 'row')} held a value that could not be used. "
            "A row with several such values is rejected once."
        ),
        _table(headings, counted),
        _heading(3, "Where they are"),
        _paragraph(more) if more else "",
        _by_file(manifest, rows, listed),
    )


def _personal(manifest: Mapping[str, Any]) -> str:
    """Return what seems to identify persons: left out, or replaced by pseudonyms."""
    files = manifest["files"]
    private = [
        (file["name"], p["variable"], p["reason"]) for file in files for p in file["private"]
    ]
    replaced = sorted({name for file in files for name in file["pseudonymised"]})
    parts = []
    if private:
        parts += [
            _paragraph(
                "These variables seem to identify persons. None was imported, unless as a "
                "pseudonym. To import one as it stands, name it with --keep."
            ),
            _by_file(manifest, {"variable": _CODE, "why": _TEXT}, private),
        ]
    if replaced:
        parts.append(
            _paragraph(
                f"Replaced by pseudonyms: {', '.join(replaced)}. Pseudonymised is not anonymous: "
                "whoever holds the salt, which is kept beside the raw file, can find a person "
                "again, and the answers themselves may single one out. Treat the dataset as "
                "personal data.",
                "alert",
            )
        )
    if not parts:
        looked = manifest["kind"] == "collected"
        parts = [_paragraph(_NONE_FOUND if looked else _NOBODY)]
    return _section("Personal data", *parts)


_NONE_FOUND = "None was recognised among the variables that are used. This can miss: look."
_NOBODY = "Not looked for: only collected data are of persons."


def _file(file: Mapping[str, Any]) -> str:
    """Return what is known of a file, what was assumed, and what of it was not used."""
    facts = [
        ("SHA-256", file["sha256"]),
        ("format", file.get("format", "")),
        ("encoding", file["encoding"]),
        ("label", file["label"]),
        *(("note", note) for note in file["notes"]),
        ("declared weight", file["declared_weight"] or "none"),
    ]
    return _section(
        f"File: {file['name']}",
        _facts(facts),
        _unused_weight(file),
        _assumed(file),
        _made_missing(file),
        _left_out(file),
    )


def _unused_weight(file: Mapping[str, Any]) -> str:
    weight = file["declared_weight"]
    used = [
        v["variable"] for c in file["columns"] if c["column"] == "weight" for v in c["variables"]
    ]
    if not weight or weight in used:
        return ""
    return _paragraph(
        f"The file declares {weight} as its weight, and the crosswalk does not use it: each "
        "estimate is then without this weight.",
        "alert",
    )


def _assumed(file: Mapping[str, Any]) -> str:
    """Return what the reader assumed, and what was written for every row of the file."""
    columns = _shown(file)
    mapped = {column["column"] for column in columns}
    filled = [f"{name}: {what}." for name, what in _FILLED.items() if name not in mapped]
    filled += [
        f"{c['column']}: {c['constant']}, "
        + ("where its variables are empty." if c["variables"] else "for every row.")
        for c in columns
        if c["constant"] is not None
    ]
    return _heading(3, "Assumed") + _list([*file["assumptions"], *filled])


def _made_missing(file: Mapping[str, Any]) -> str:
    """Return the codes that the crosswalk takes for no answer."""
    rows = [
        (column["column"], variable["variable"], code, _labels(variable).get(code, ""))
        for column in _shown(file)
        for variable in column["variables"]
        for code in variable["missing_codes"]
    ]
    if not rows:
        return ""
    headings = {"column": _CODE, "variable": _CODE, "code": _CODE, "label": _TEXT}
    return _heading(3, "Codes made missing") + _table(headings, rows)


def _left_out(file: Mapping[str, Any]) -> str:
    """Return the variables that no line of the crosswalk uses."""
    private = {finding["variable"] for finding in file["private"]}
    variables = [v for v in file["left_out"] if v["variable"] not in private]
    heading = _heading(3, f"Variables left out: {len(variables)}")
    items = [f"<li><code>{escape(v['variable'])}</code> {escape(_told(v))}</li>" for v in variables]
    if not items:
        return heading
    why = _paragraph("No line of the crosswalk uses them.")
    return f'{heading}{why}<ul class="names">{"".join(items)}</ul>\n'


def _told(variable: Mapping[str, str]) -> str:
    """Return a variable's label where it says more than the name."""
    return "" if variable["label"] == variable["variable"] else variable["label"]


def _next(manifest: Mapping[str, Any], partition: Path) -> str:
    """Return the three commands that come next: to a rate, or to the columns that it lacks."""
    dataset = shlex.quote(str(partition.parents[1]))
    absent = [name for name in _RATE if name not in _columns(manifest)]
    if not absent:
        commands = [
            f"advocacy estimate {dataset}",
            f"advocacy estimate {dataset} --by score_band",
            f"advocacy estimate {dataset} --by score_band -o rates.csv",
        ]
        return _section("What comes next", _commands(commands))
    file = shlex.quote(manifest["files"][0]["name"])
    why = (
        f"There is no {' and no '.join(absent)}, so the rate of having recommended cannot be "
        "estimated. If the file has the question, map it in the crosswalk and import again."
    )
    commands = [
        f"advocacy inspect {file}",
        f"advocacy crosswalk {file} -o crosswalk.csv",
        f"advocacy import {file} --crosswalk crosswalk.csv -o {dataset}",
    ]
    return _section("What comes next", _paragraph(why, "alert"), _commands(commands))


def _codebook(file: Mapping[str, Any]) -> str:
    about = _paragraph("Codes are those of the file; the crosswalk says what became of each.")
    return _section(f"File: {file['name']}", about, *(_column(c) for c in _shown(file)))


def _column(described: Mapping[str, Any]) -> str:
    """Return a canonical column: what it means and allows, and what fills it."""
    column = find_column(described["column"])
    low, high = described["scale_min"], described["scale_max"]
    facts = [
        ("type", column.type.name.lower() if column else ""),
        ("unit", column.unit if column else ""),
        ("allowed", column.allowed() if column else ""),
        ("metric", described["metric"]),
        ("scale", "" if low is None or high is None else f"{_code(low)} to {_code(high)}"),
        ("constant", described["constant"] or ""),
    ]
    meaning = _paragraph(column.meaning) if column else ""
    variables = "".join(_variable(variable) for variable in described["variables"])
    return f"{_heading(3, described['column'])}{meaning}{_facts(facts)}{variables}"


def _variable(variable: Mapping[str, Any]) -> str:
    """Return a raw variable: its question, what the file declares, and its codes."""
    facts = [
        ("measure", variable["measure"]),
        ("format", variable["format"]),
        ("declared missing", ", ".join(_range(*pair) for pair in variable["user_missing"])),
        ("made missing", ", ".join(variable["missing_codes"])),
    ]
    labels = _labels(variable)
    codes = [(code, label, _remark(code, variable)) for code, label in labels.items()]
    table = _table({"code": _CODE, "label": _TEXT, "remark": _TEXT}, codes) if codes else ""
    question = escape(_told(variable) or "no label")
    name = escape(variable["variable"])
    return f"<h4><code>{name}</code> {question}</h4>\n{_facts(facts)}{table}"


def _remark(code: str, variable: Mapping[str, Any]) -> str:
    declared = any(low == high and _code(low) == code for low, high in variable["user_missing"])
    made = code in variable["missing_codes"]
    return ", ".join(["declared missing"] * declared + ["made missing"] * made)


def _written(manifest: Mapping[str, Any]) -> str:
    """Return the columns that the import writes itself."""
    given = _columns(manifest)
    names = [*(name for name in _FILLED if name not in given), "source_kind", "excluded"]
    cells = [(name, COLUMNS[name].meaning, _FILLED.get(name, "")) for name in names]
    headings = {"column": _CODE, "meaning": _TEXT, "filled with": _TEXT}
    return _section("Written by the import", _table(headings, cells))


def _columns(manifest: Mapping[str, Any]) -> set[str]:
    """Return the canonical columns that any file of the source fills."""
    return {column["column"] for file in manifest["files"] for column in _shown(file)}


def _shown(file: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the columns that were imported: not those of variables that identify persons."""
    private = {finding["variable"] for finding in file["private"]}
    return [
        column
        for column in file["columns"]
        if column["column"] in file["pseudonymised"]
        or not private & {variable["variable"] for variable in column["variables"]}
    ]


def _labels(variable: Mapping[str, Any]) -> dict[str, str]:
    return {_code(code): label for code, label in variable["value_labels"]}


def _code(code: float | str) -> str:
    """Write a code as a crosswalk does: a whole number without a decimal point."""
    return code if isinstance(code, str) else f"{code:.15g}"


def _range(low: float | str | None, high: float | str | None) -> str:
    ends = ["" if end is None else _code(end) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else "..".join(ends)


def _number(number: int, one: str, many: str = "") -> str:
    return f"{count(number)} {one if number == 1 else many or f'{one}s'}"


def _section(heading: str, *parts: str) -> str:
    return f"<section>\n{_heading(2, heading)}{''.join(parts)}</section>\n"


def _heading(level: int, text: str) -> str:
    return f"<h{level}>{escape(text)}</h{level}>\n"


def _paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>\n' if kind else f"<p>{escape(text)}</p>\n"


def _facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and facts; a fact that is empty is left out."""
    items = "".join(f"<dt>{escape(n)}</dt><dd>{escape(fact)}</dd>" for n, fact in pairs if fact)
    return f"<dl>{items}</dl>\n" if items else ""


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>\n"


def _commands(lines: Iterable[str]) -> str:
    return "".join(f"<pre>{escape(line)}</pre>\n" for line in lines)


def _table(headings: Mapping[str, str], rows: Iterable[Sequence[str | None]]) -> str:
    """Return a table; ``headings`` gives the class of each column's cells."""
    kinds = list(headings.values())
    top = "".join(
        f'<th scope="col" class="{kind}">{escape(n)}</th>' for n, kind in headings.items()
    )
    body = "".join(
        f"<tr>{''.join(_cell(value, kind) for value, kind in zip(row, kinds, strict=True))}</tr>\n"
        for row in rows
    )
    # A table too wide for the page is scrolled by itself, with the keyboard too.
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def _by_file(
    manifest: Mapping[str, Any], headings: Mapping[str, str], rows: Iterable[Sequence[str | None]]
) -> str:
    """Return a table whose rows begin with their file; it is left out where there is but one."""
    if len(manifest["files"]) > 1:
        return _table({"file": _TEXT} | dict(headings), rows)
    return _table(headings, [row[1:] for row in rows])


def _cell(value: str | None, kind: str) -> str:
    return f'<td class="{kind}">{escape(value or "")}</td>'
