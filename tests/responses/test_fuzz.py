"""Damaged files: thousands of them, each read and imported in a worker.

Every one must end as a table or as an error with a remedy, in time, and with as many rows as
another reader finds. Slow: `make slow`, which prints the outcomes.
"""

from __future__ import annotations

import csv
import io
import itertools
import random
import struct
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import duckdb
import pandas as pd
import pyreadstat
import pytest
from python_calamine import CalamineWorkbook

from advocacy.errors import AdvocacyError
from advocacy.isolation import Worker
from advocacy.responses.dataset.importing import import_source
from advocacy.responses.dataset.source import Source, read_source
from advocacy.responses.readers import scan_labelled
from advocacy.simulation.deliveries import simulate

PARTS = 4
FILES = 3_000  # a part
SECONDS = 20.0
EDGES = (0, 1, -1, 2, 3, 4, 7, 8, 20, 127, 255, 256, 999, 65_535, 2**24, 2**31 - 1, -(2**31))
SIMULATED = 400
ROWS = 40


@dataclass(frozen=True)
class Seed:
    """A sound file: its name, content, where its dictionary stands, and its source if it has one.

    A workbook's content is its sheet, which is mutated before it is packed.
    """

    name: str
    content: bytes
    dictionary: slice
    source: Source | None = None
    pack: Callable[[bytes], bytes] = bytes


@dataclass(frozen=True)
class Outcome:
    """What came of a file: a table with its rows, a refusal, or a failure with its traceback."""

    kind: str
    rows: int = 0
    said: str = ""
    imported: str = ""


# What the worker does


def outcome(path: Path, source: Source | None, dataset: Path) -> Outcome:
    """Read a file to its end and import it; an error that is not ours is a failure."""
    try:
        scan = scan_labelled(path)
        batches = list(scan.batches(None, 16))
        rows = sum(batch.num_rows for batch in batches)
        scan.lost()
        if any(batch.schema != scan.table.values.schema for batch in batches):
            return Outcome("failed", rows, "types of batches and dictionary differ")
        if scan.rows not in (None, rows):
            return Outcome("failed", rows, f"{scan.rows} rows were announced")
    except AdvocacyError as error:
        return Outcome("refused", said=f"{type(error).__name__}: {error}")
    except MemoryError:
        raise  # the worker's to tell
    except BaseException:  # noqa: BLE001 - a panic of Rust is no Exception
        return Outcome("failed", said=traceback.format_exc())
    return Outcome("table", rows, imported=imported(source, dataset, rows))


def imported(source: Source | None, dataset: Path, rows: int) -> str:
    """Import a file; return what came of it in a word or more."""
    if source is None:
        return ""
    try:
        account = import_source(source, dataset)
    except AdvocacyError as error:
        return f"refused {type(error).__name__}"
    except MemoryError:
        raise
    except BaseException:  # noqa: BLE001 - as above
        return f"failed {traceback.format_exc()}"
    if account.read != account.kept + account.rejected or account.read != rows:
        return f"failed {account} of {rows} rows"
    return "imported"


def rows_elsewhere(path: Path) -> int | str:
    """Return the number of rows that another reader finds alone, or what it raises."""
    try:
        return _rows_elsewhere(path)
    except BaseException as error:  # noqa: BLE001 - what another reader raises is a finding
        return f"{type(error).__name__}: {error}"


def _rows_elsewhere(path: Path) -> int:
    if path.suffix == ".parquet":
        return int(duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall()[0][0])
    if path.suffix == ".xlsx":
        return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()) - 1
    if path.suffix == ".csv":
        text = path.read_bytes().decode("latin-1")
        return sum(1 for record in csv.reader(io.StringIO(text, newline="")) if record) - 1
    reader = {
        ".por": pyreadstat.read_por,
        ".dta": pyreadstat.read_dta,
    }.get(path.suffix, pyreadstat.read_sav)
    # ISO-8859-1 decodes any bytes; only the rows count here.
    encoding = {} if path.suffix == ".por" else {"encoding": "ISO-8859-1"}
    values, _ = reader(path, output_format="dict", disable_datetime_conversion=True, **encoding)
    return len(next(iter(values.values())))


# Mutations


def flipped(seed: Seed, rng: random.Random) -> bytes:
    """Flip 1 to 8 bits."""
    content = bytearray(seed.content)
    for _ in range(rng.randint(1, 8)):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(content)


def truncated(seed: Seed, rng: random.Random) -> bytes:
    """Cut off the end."""
    return seed.content[: rng.randrange(len(seed.content))]


def _record(seed: Seed, rng: random.Random) -> int:
    return rng.randrange(max(len(seed.content) // 8, 1)) * 8


def swapped(seed: Seed, rng: random.Random) -> bytes:
    """Swap two records of 8 bytes."""
    one, other = sorted((_record(seed, rng), _record(seed, rng)))
    content = bytearray(seed.content)
    content[one : one + 8], content[other : other + 8] = (
        content[other : other + 8],
        content[one : one + 8],
    )
    return bytes(content)


def repeated(seed: Seed, rng: random.Random) -> bytes:
    """Write a record of 8 bytes again, 1 to 64 times."""
    at = _record(seed, rng)
    record = seed.content[at : at + 8]
    return seed.content[:at] + record * rng.randint(1, 64) + seed.content[at:]


def removed(seed: Seed, rng: random.Random) -> bytes:
    """Leave out 1 to 16 records of 8 bytes."""
    at = _record(seed, rng)
    return seed.content[:at] + seed.content[at + 8 * rng.randint(1, 16) :]


def header_field(seed: Seed, rng: random.Random) -> bytes:
    """Write an extreme number over 4 bytes of the start."""
    content = bytearray(seed.content)
    at = rng.randrange(min(50, max(len(content) // 4, 1))) * 4
    struct.pack_into("<i", content, at, rng.choice(EDGES))
    return bytes(content)


def dictionary_field(seed: Seed, rng: random.Random) -> bytes:
    """Write an extreme number over 4 bytes of the dictionary."""
    content = bytearray(seed.content)
    at = min(rng.randrange(*seed.dictionary.indices(len(content))) // 4 * 4, len(content) - 4)
    struct.pack_into("<i", content, at, rng.choice(EDGES))
    return bytes(content)


def dictionary_noise(seed: Seed, rng: random.Random) -> bytes:
    """Write 1 to 16 random bytes over the dictionary."""
    content = bytearray(seed.content)
    at = rng.randrange(*seed.dictionary.indices(len(content)))
    noise = rng.randbytes(rng.randint(1, 16))[: len(content) - at]
    content[at : at + len(noise)] = noise
    return bytes(content)


MUTATIONS = (
    *(flipped, truncated, swapped, repeated, removed),
    *(header_field, dictionary_field, dictionary_noise),
)


# Seeds


def seeds(root: Path, folder: Path) -> list[Seed]:
    """Return real files where there are any, simulated ones, and one of each other format."""
    real = sorted((root.parent / "shared" / "sav").glob("*.*av"))
    real += sorted((root.parent / "shared" / "sav").glob("*.por"))
    simulate(SIMULATED, 1, folder / "simulated")
    sources = [read_source(p.parent) for p in sorted(folder.glob("simulated/*/source.toml"))]
    by_format = {Path(s.files[0][0]).suffix: s for s in reversed(sources)}
    generated = [_stata(folder), _parquet(folder)]
    return [
        *(_seed(path) for path in [*real, *generated]),
        *(_seed(s.folder / s.files[0][0], s) for _, s in sorted(by_format.items())),
        _workbook(),
    ]


def _seed(path: Path, source: Source | None = None) -> Seed:
    content = path.read_bytes()
    end = content.find(struct.pack("<2i", 999, 0))  # of an SPSS dictionary
    dictionary = slice(0, end if end > 0 else len(content))
    if path.suffix == ".parquet":
        dictionary = slice(len(content) // 2, None)
    return Seed(path.name, content, dictionary, source)


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "score": [float(row % 11) for row in range(ROWS)],
            "land": [("Norge", "Sverige", "Danmark")[row % 3] for row in range(ROWS)],
            "dato": pd.date_range("2024-01-01", periods=ROWS),
        }
    )


def _stata(folder: Path) -> Path:
    path = folder / "generated.dta"
    labels = {"score": {0: "Slett ikke", 10: "Helt sikkert"}}
    pyreadstat.write_dta(_frame(), path, variable_value_labels=labels, version=14)
    return path


def _parquet(folder: Path) -> Path:
    path = folder / "generated.parquet"
    _frame().to_parquet(path, compression=None)  # nothing checks the bytes
    return path


def _workbook() -> Seed:
    rows = ["<row><c t='inlineStr'><is><t>score</t></is></c><c t='inlineStr'><is><t>land</t></is>"]
    rows += [f"<row><c><v>{row % 11}</v></c><c><v>{row % 3}</v>" for row in range(ROWS)]
    sheet = "".join(f"{row}</c></row>" for row in rows)
    space = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
    content = f"<worksheet {space}><sheetData>{sheet}</sheetData></worksheet>".encode()
    return Seed("generated.xlsx", content, slice(0, len(content)), pack=_packed)


def _packed(sheet: bytes) -> bytes:
    """Return a workbook with a sheet; the parts that name it are sound."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{package}/content-types'/>",
        "_rels/.rels": f"<Relationships xmlns='{package}/relationships'><Relationship Id='r1' "
        f"Type='{office}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{main}' xmlns:r='{office}'><sheets>"
        "<sheet name='A' sheetId='1' r:id='r1'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{package}/relationships'>"
        f"<Relationship Id='r1' Type='{office}/worksheet' Target='worksheets/s.xml'/>"
        "</Relationships>",
    }
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.writestr("xl/worksheets/s.xml", sheet)
    return file.getvalue()


def mutated(sound: list[Seed], part: int) -> Iterator[tuple[Seed, str, bytes]]:
    """Yield the damaged files of a part: each seed by each mutation in turn."""
    rng = random.Random(20261121 + part)
    kinds = itertools.cycle(itertools.product(sound, MUTATIONS))
    for seed, mutation in itertools.islice(kinds, FILES):
        yield seed, mutation.__name__, seed.pack(mutation(seed, rng))


# The test


@pytest.mark.slow
def test_the_files_are_sound_before_they_are_damaged(root: Path, tmp_path: Path) -> None:
    for seed in seeds(root, tmp_path):
        path = (seed.source.folder if seed.source else tmp_path) / seed.name
        path.write_bytes(seed.pack(seed.content))
        found = outcome(path, seed.source, tmp_path / "dataset")
        assert found.kind == "table", f"{seed.name}: {found.said}"
        assert found.rows == rows_elsewhere(path)
        assert found.imported == ("imported" if seed.source else "")


@pytest.mark.slow
@pytest.mark.usefixtures("new_workers")
@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_files_are_read_alike_or_refused(
    part: int,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # the worker imports this file
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with Worker() as worker:
        for number, (seed, how, content) in enumerate(mutated(seeds(root, tmp_path), part)):
            counts["files"] += 1
            path = (seed.source.folder if seed.source else tmp_path) / seed.name
            path.write_bytes(content)
            for word, problem in _tried(worker, path, seed.source, tmp_path / "dataset"):
                counts[word] += 1
                if problem:
                    wrong.append(f"file {number}, {seed.name} {how}: {problem}")
    record_property(f"damaged files, part {part}", dict(sorted(counts.items())))
    assert not wrong, f"{len(wrong)} problems:\n" + "\n".join(wrong[:20])
    assert counts["table"] > FILES // 20, "mutations that are all refused test little"
    left = len(list(temporary.glob("advocacy-*")))
    assert left <= counts["crashed the worker"], "a reading that raised left its temporary copy"


def _tried(
    worker: Worker, path: Path, source: Source | None, dataset: Path
) -> Iterator[tuple[str, str]]:
    """Yield what happened to a file, each with what is wrong about it or nothing."""
    try:
        found = worker.call(outcome, path, source, dataset, file=str(path), seconds=SECONDS)
    except AdvocacyError as error:  # of the worker itself
        slow = "seconds" in error.what
        yield ("too slow" if slow else "crashed the worker"), error.what if slow else ""
        return
    yield found.kind, found.said if found.kind == "failed" else ""
    if found.imported:
        word = found.imported.split()[0]
        yield f"import: {word}", found.imported if word == "failed" else ""
    if found.kind == "table":
        yield _compared(worker, path, found.rows)


def _compared(worker: Worker, path: Path, rows: int) -> tuple[str, str]:
    try:
        elsewhere = worker.call(rows_elsewhere, path, file=str(path), seconds=SECONDS)
    except AdvocacyError as error:
        return "another reader crashed", error.what
    if elsewhere == rows:
        return "as many rows elsewhere", ""
    return "other number of rows", f"{rows} rows, elsewhere {elsewhere}"
