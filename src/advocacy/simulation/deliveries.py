"""Writing programmes as the folders that clients would send, with the truth beside them.

Some programmes also send the files of their follow-up interviews, of their invitations, and of a
search of records, which are drawn by themselves: the ratings of a seed are what they were before
there were any.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from advocacy.errors import UsageError
from advocacy.files import replacing, write_text
from advocacy.provenance import sha256, write_json
from advocacy.simulation.coding import CONSTANTS, RawVariable, Rule, encode
from advocacy.simulation.contacts import contact_rows
from advocacy.simulation.dialects import Dialect, draw_dialect
from advocacy.simulation.following import Following, draw_following, follow_up_rows, in_cohort
from advocacy.simulation.future import (
    DEFAULT_ATTRITION,
    DEFAULT_FUTURE,
    WAVES,
    draw_follow_ups,
)
from advocacy.simulation.known import TRUTH, Interviewed, write_truth
from advocacy.simulation.population import Ratings, draw_ratings
from advocacy.simulation.programmes import Programmes, draw_programmes, n_programmes
from advocacy.simulation.records import record_rows
from advocacy.simulation.writing import write_csv, write_excel, write_spss

SMALLEST_STUDY = 200
MANIFEST = "manifest.json"

_BAD_ROWS = 0.0005  # share of rows with a score code that no crosswalk line covers
_BAD_CODES = (55, 77)
_FORMATS, _FORMAT_SHARES = (".sav", ".zsav", ".csv"), (0.80, 0.15, 0.05)
_LATER_FORMATS, _LATER_SHARES = (".sav", ".csv", ".xlsx"), (0.70, 0.15, 0.15)
_CONTACT_FORMATS, _CONTACT_SHARES = (".csv", ".xlsx"), (0.60, 0.40)
_NOTE = "Simulated by `advocacy simulate` from a known truth; not a finding."
_CROSSWALK_HEAD = "# advocacy crosswalk format 1\n"
_CROSSWALK_COLUMNS = ("raw_variable", "raw_value", "canonical_column", "canonical_value", "note")


@dataclass(frozen=True)
class _Linked:
    """A file of follow-ups or of contacts before it is written.

    Parameters
    ----------
    table
        What its rows are, and the heading under which `source.toml` lists it.
    name
        Of the file.
    crosswalk
        Name of its crosswalk, which files of the same variables share.
    rules
        Variables whose lines the crosswalk has: those of all these files, with all their values.
    wave
        The round of follow-ups; empty for contacts.
    """

    table: str
    name: str
    variables: list[RawVariable]
    constants: dict[str, str]
    crosswalk: str
    rules: list[RawVariable]
    wave: str = ""


@dataclass(frozen=True)
class _Delivery:
    """One programme's files before they are written."""

    name: str
    suffix: str
    dialect: Dialect
    variables: list[RawVariable]
    constants: dict[str, str]
    weight: str
    note: str
    linked: list[_Linked]

    @property
    def title(self) -> str:
        return f"Simulated survey {self.name}, no real answers"


def simulate(
    responses: int,
    seed: int,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write simulated deliveries; the same arguments give the same bytes.

    Parameters
    ----------
    responses
        Ratings over all programmes, planted bad rows included.
    seed
        Seed of everything that is drawn.
    folder
        Where the programmes' folders, `truth.parquet`, `truth.json` and `manifest.json` go;
        an earlier simulation there is replaced.
    progress
        Called after each programme with the ratings written so far and in all.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        There are fewer responses than `SMALLEST_STUDY`, or the folder holds something else.
    """
    folder = folder.resolve()
    _check(responses, folder)
    size = n_programmes(responses)
    seeds = np.random.SeedSequence(seed).spawn(4 + size)
    drawing, planting, *children, later, searching = seeds
    programmes = draw_programmes(size, responses, np.random.default_rng(drawing))
    bad_rows = _spread_bad_rows(programmes, np.random.default_rng(planting))
    choosing, *later_children = later.spawn(1 + size)
    following = draw_following(programmes, np.random.default_rng(choosing))
    searches = searching.spawn(size)
    interviewed: list[Interviewed] = []
    with replacing(folder) as temporary:
        temporary.mkdir()
        done = 0
        for i, child in enumerate(children):
            one = programmes.take(np.array([i]))
            ratings, delivery = _draw_delivery(one, bad_rows[i], child)
            if following.chosen[i]:
                rng = np.random.default_rng(later_children[i])
                linked, chances = _draw_linked(delivery, ratings, following.take(i), rng)
                records = _draw_records(delivery, ratings, np.random.default_rng(searches[i]))
                delivery = replace(delivery, linked=[*linked, *records])
                interviewed.append(chances)
            _write_delivery(temporary, delivery)
            done += int(one.ratings[0])
            if progress:
                progress(done, responses)
        write_truth(temporary, programmes, bad_rows, following, interviewed)
        _write_manifest(temporary, responses, seed)
    return folder


def _check(responses: int, folder: Path) -> None:
    if responses < SMALLEST_STUDY:
        raise UsageError(
            f"{responses} responses are too few to simulate a study.",
            where="--responses",
            remedy=f"Ask for at least {SMALLEST_STUDY}.",
        )
    if _is_foreign(folder):
        raise UsageError(
            "The output folder holds something that is not an earlier simulation.",
            where=str(folder),
            remedy="Name a folder that does not exist yet.",
        )


def _is_foreign(folder: Path) -> bool:
    """Tell whether replacing the folder would destroy what the simulator did not write."""
    if folder.is_dir():
        return any(folder.iterdir()) and not (folder / TRUTH).is_file()
    return folder.exists()


def _spread_bad_rows(programmes: Programmes, rng: np.random.Generator) -> list[int]:
    """Return how many rows of each programme are planted bad."""
    total = max(1, round(_BAD_ROWS * int(programmes.ratings.sum())))
    counts = rng.multivariate_hypergeometric(programmes.ratings, total)
    return [int(count) for count in counts]


def _draw_delivery(
    programme: Programmes, bad_rows: int, seed: np.random.SeedSequence
) -> tuple[Ratings, _Delivery]:
    """Draw the answers of one programme and how its file is coded."""
    rng = np.random.default_rng(seed)
    ratings = draw_ratings(programme, rng)
    rows = ratings.responses
    main = list(programme.truth.countries)[programme.population[0].argmax()]
    low, high = programme.scale[0]
    dialect = draw_dialect(main, (int(low), int(high)), rng)
    declares = bool(programme.weighted[0]) and rng.random() < 0.5
    delivery = _Delivery(
        name=programme.names()[0],
        suffix=str(rng.choice(_FORMATS, p=_FORMAT_SHARES)),
        dialect=dialect,
        variables=_plant(encode(rows, dialect), bad_rows, rng),
        constants={column: rows[column][0].as_py() for column in CONSTANTS},
        weight=dialect.names["weight"] if declares else "",
        note=_NOTE if rng.random() < 0.3 else "",
        linked=[],
    )
    return ratings, delivery


def _draw_linked(
    delivery: _Delivery, ratings: Ratings, following: Following, rng: np.random.Generator
) -> tuple[list[_Linked], Interviewed]:
    """Draw what came after one programme's ratings, and who was invited, as its files say it."""
    rows = ratings.responses
    cohort = in_cohort(rows)
    latent = ratings.latent.take(cohort)
    days = rows["interviewed_on"].to_numpy().astype("datetime64[D]")[cohort]
    after = draw_follow_ups(DEFAULT_FUTURE, DEFAULT_ATTRITION, latent, days, rng)
    later, wave = follow_up_rows(rows.take(cohort), after, dated=bool(following.dated[0]))
    dialect = replace(delivery.dialect, outcome_codes=bool(rng.random() < 0.4))
    suffix = str(rng.choice(_LATER_FORMATS, p=_LATER_SHARES))
    supplier = {"supplier": delivery.constants["supplier"]}
    rules = encode(later, dialect) if later.num_rows else []
    linked = [
        _Linked(
            table="followups",
            name=f"{delivery.name}-{months}m{suffix}",
            variables=[replace(v, values=v.values[wave == number]) for v in rules],
            constants=supplier,
            crosswalk="crosswalk-followups.csv",
            rules=rules,
            wave=f"{months} months",
        )
        for number, (months, _, _) in enumerate(WAVES)
        if (wave == number).any()
    ]
    contacts = contact_rows(rows, delivery.constants["sector"], following.answering[0], rng)
    variables = encode(contacts, dialect)
    suffix = str(rng.choice(_CONTACT_FORMATS, p=_CONTACT_SHARES))
    invitations = _Linked(
        table="contacts",
        name=f"{delivery.name}-contacts{suffix}",
        variables=variables,
        constants={**supplier, "programme": delivery.constants["programme"]},
        crosswalk="crosswalk-contacts.csv",
        rules=variables,
    )
    return [*linked, invitations], Interviewed(latent.score, after.chance)


def _draw_records(delivery: _Delivery, ratings: Ratings, rng: np.random.Generator) -> list[_Linked]:
    """Draw what a search of records found of some, as a file of its own; none where nobody was."""
    cohort = in_cohort(ratings.responses)
    rows = record_rows(ratings.responses.take(cohort), ratings.latent.take(cohort), rng)
    if not rows.num_rows:
        return []
    rules = encode(rows, delivery.dialect)
    return [
        _Linked(
            table="followups",
            name=f"{delivery.name}-records.csv",
            variables=rules,
            constants={"supplier": delivery.constants["supplier"]},
            crosswalk="crosswalk-records.csv",
            rules=rules,
            wave="records",
        )
    ]


def _plant(
    variables: list[RawVariable], bad_rows: int, rng: np.random.Generator
) -> list[RawVariable]:
    """Replace the score of some rows by a code that is no answer."""

    def planted(variable: RawVariable) -> RawVariable:
        values = variable.values.copy()
        rows = rng.choice(len(values), bad_rows, replace=False)
        values[rows] = rng.choice(_BAD_CODES, bad_rows)
        return replace(variable, values=values)

    return [planted(v) if v.column == "score" else v for v in variables]


def _write_delivery(root: Path, delivery: _Delivery) -> None:
    folder = root / delivery.name
    folder.mkdir()
    data = folder / f"{delivery.name}{delivery.suffix}"
    _write_file(data, delivery.variables, delivery)
    write_text(folder / "crosswalk.csv", _crosswalk(delivery.constants, delivery.variables))
    for file in delivery.linked:
        _write_file(folder / file.name, file.variables, delivery)
        write_text(folder / file.crosswalk, _crosswalk(file.constants, file.rules))
    write_text(folder / "source.toml", _source(delivery, data))


def _write_file(path: Path, variables: list[RawVariable], delivery: _Delivery) -> None:
    """Write a file in the format of its name; an SPSS one of ratings may declare a weight."""
    if path.suffix == ".csv":
        write_csv(path, variables)
    elif path.suffix == ".xlsx":
        write_excel(path, variables)
    else:
        weighted = any(variable.name == delivery.weight for variable in variables)
        write_spss(
            path,
            variables,
            title=delivery.title,
            note=delivery.note,
            weight=delivery.weight if weighted else "",
        )


def _crosswalk(constants: dict[str, str], variables: list[RawVariable]) -> str:
    text = io.StringIO(_CROSSWALK_HEAD)
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CROSSWALK_COLUMNS)
    for column, value in constants.items():
        writer.writerow(("", "", column, value, "the whole file"))
    for variable in variables:
        for rule in variable.rules:
            writer.writerow(_line(variable, rule))
    return text.getvalue()


def _line(variable: RawVariable, rule: Rule) -> tuple[str, ...]:
    return (variable.name, rule.raw, variable.column, rule.canonical, rule.note)


def _source(delivery: _Delivery, data: Path) -> str:
    return f"""\
name = "{delivery.name}"
kind = "simulated"
title = "{delivery.title}"
producer = "advocacy simulate"
licence = "CC0-1.0"
received = 2026-01-15
language = "{delivery.dialect.language}"

[[files]]
name = "{data.name}"
sha256 = "{sha256(data)}"
{"".join(_listed(file, data.parent) for file in delivery.linked)}"""


def _listed(file: _Linked, folder: Path) -> str:
    """Return the lines of `source.toml` on a file that is linked to the ratings."""
    wave = f'wave = "{file.wave}"\n' if file.wave else ""
    return f"""
[[{file.table}]]
name = "{file.name}"
sha256 = "{sha256(folder / file.name)}"
crosswalk = "{file.crosswalk}"
{wave}"""


def _write_manifest(root: Path, responses: int, seed: int) -> None:
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files = {path.relative_to(root).as_posix(): sha256(path) for path in paths}
    content = {"kind": "simulated", "responses": responses, "seed": seed, "files": files}
    write_json(root / MANIFEST, content)
