"""Writing programmes as the folders that clients would send, with the truth beside them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from advocacy.errors import UsageError
from advocacy.files import replacing, write_text
from advocacy.provenance import sha256, write_json
from advocacy.simulation.coding import CONSTANTS, RawVariable, Rule, encode
from advocacy.simulation.dialects import Dialect, draw_dialect
from advocacy.simulation.expectations import superpopulation_rates, true_rates, truth_table
from advocacy.simulation.population import simulate_responses
from advocacy.simulation.programmes import Programmes, draw_programmes, n_programmes
from advocacy.simulation.writing import write_csv, write_spss

SMALLEST_STUDY = 200
MANIFEST = "manifest.json"
TRUTH = "truth.json"

_BAD_ROWS = 0.0005  # share of rows with a score code that no crosswalk line covers
_BAD_CODES = (55, 77)
_FORMATS, _FORMAT_SHARES = (".sav", ".zsav", ".csv"), (0.80, 0.15, 0.05)
_NOTE = "Simulated by `advocacy simulate` from a known truth; not a finding."
_CROSSWALK_HEAD = "# advocacy crosswalk format 1\n"
_CROSSWALK_COLUMNS = ("raw_variable", "raw_value", "canonical_column", "canonical_value", "note")


@dataclass(frozen=True)
class _Delivery:
    """One programme's file before it is written."""

    name: str
    suffix: str
    dialect: Dialect
    variables: list[RawVariable]
    constants: dict[str, str]
    weight: str
    note: str

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
    drawing, planting, *children = np.random.SeedSequence(seed).spawn(2 + n_programmes(responses))
    programmes = draw_programmes(len(children), responses, np.random.default_rng(drawing))
    bad_rows = _spread_bad_rows(programmes, np.random.default_rng(planting))
    with replacing(folder) as temporary:
        temporary.mkdir()
        done = 0
        for i, child in enumerate(children):
            one = programmes.take(np.array([i]))
            _write_delivery(temporary, _draw_delivery(one, bad_rows[i], child))
            done += int(one.ratings[0])
            if progress:
                progress(done, responses)
        _write_truth(temporary, programmes, bad_rows)
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


def _draw_delivery(programme: Programmes, bad_rows: int, seed: np.random.SeedSequence) -> _Delivery:
    """Draw the answers of one programme and how its file is coded."""
    rng = np.random.default_rng(seed)
    rows = simulate_responses(programme, rng)
    main = list(programme.truth.countries)[programme.population[0].argmax()]
    low, high = programme.scale[0]
    dialect = draw_dialect(main, (int(low), int(high)), rng)
    declares = bool(programme.weighted[0]) and rng.random() < 0.5
    return _Delivery(
        name=programme.names()[0],
        suffix=str(rng.choice(_FORMATS, p=_FORMAT_SHARES)),
        dialect=dialect,
        variables=_plant(encode(rows, dialect), bad_rows, rng),
        constants={column: rows[column][0].as_py() for column in CONSTANTS},
        weight=dialect.names["weight"] if declares else "",
        note=_NOTE if rng.random() < 0.3 else "",
    )


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
    if delivery.suffix == ".csv":
        write_csv(data, delivery.variables)
    else:
        write_spss(
            data,
            delivery.variables,
            title=delivery.title,
            note=delivery.note,
            weight=delivery.weight,
        )
    write_text(folder / "crosswalk.csv", _crosswalk(delivery))
    write_text(folder / "source.toml", _source(delivery, data))


def _crosswalk(delivery: _Delivery) -> str:
    text = io.StringIO(_CROSSWALK_HEAD)
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CROSSWALK_COLUMNS)
    for column, value in delivery.constants.items():
        writer.writerow(("", "", column, value, "the whole file"))
    for variable in delivery.variables:
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
"""


def _write_truth(root: Path, programmes: Programmes, bad_rows: list[int]) -> None:
    pq.write_table(truth_table(programmes), root / "truth.parquet")
    segments: list[tuple[str, ...]] = [(), ("sector",), ("industry",), ("country",), ("score",)]
    truth = programmes.truth
    content: dict[str, Any] = {
        "note": "True values of simulated programmes; not findings.",
        "parameters": asdict(truth),
        "planted_bad_rows": dict(zip(programmes.names(), bad_rows, strict=True)),
        "recommended_past_12m": {
            "these_programmes": {
                _title(by): _rows(true_rates(programmes, by=by)) for by in segments
            },
            "programmes_like_these": {
                _title(by): _rows(superpopulation_rates(truth, by=by))
                for by in (*segments, ("sector", "industry", "country"))
            },
        },
    }
    write_json(root / TRUTH, content)


def _title(by: tuple[str, ...]) -> str:
    """Name a table of rates; by score there is no intent set."""
    return by[0] if by == ("score",) else ", ".join(("score_10", *by))


def _rows(rates: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = rates.to_pylist()
    return rows


def _write_manifest(root: Path, responses: int, seed: int) -> None:
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files = {path.relative_to(root).as_posix(): sha256(path) for path in paths}
    content = {"kind": "simulated", "responses": responses, "seed": seed, "files": files}
    write_json(root / MANIFEST, content)
