"""Damaged files: thousands of them in all formats, each read in a worker and by another library.

Every one ends as a table or as an error with a remedy, in time; with the rows and numbers that the
other library finds; and where that one refuses what we accept, something is said. Slow: `make
faults`, which prints the outcomes.
"""

from __future__ import annotations

import math
import os
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from mutants import Seed, mutants, seeds
from second import Read, second_opinion

from advocacy.errors import AdvocacyError
from advocacy.isolation import Worker
from advocacy.provenance import sha256
from advocacy.responses import Source
from advocacy.responses.dataset.importing import import_source
from advocacy.responses.readers import scan_labelled

pytestmark = pytest.mark.slow

SEED = 20261128
PARTS = 4
FILES = 2_000  # a part
IMPORTED = 20  # one of so many is imported as well
SECONDS = 20.0
MEMORY = 2**30


@dataclass(frozen=True)
class Outcome:
    """What came of a file: a table, a refusal, or a failure with its traceback.

    Parameters
    ----------
    kind
        One of these.
    rows
        How many.
    said
        What is said of it.
    problem
        What is wrong with what we make of it.
    elsewhere
        How the other library fared.
    """

    kind: str
    rows: int = 0
    said: frozenset[str] = frozenset()
    problem: str = ""
    elsewhere: str = ""


# What the worker does


def outcome(path: Path, usual: frozenset[str], dataset: Path | None) -> Outcome:
    """Read a file to its end, import it, and compare it with what the other library reads.

    ``usual`` is what is said of the sound file.
    """
    try:
        scan = scan_labelled(path)
        batches = list(scan.batches(None, 16))
        said = frozenset(map(str, (*scan.table.assumptions, *scan.lost())))
        rows = sum(batch.num_rows for batch in batches)
        if any(batch.schema != scan.table.values.schema for batch in batches):
            return Outcome("failed", rows, problem="types of batches and dictionary differ")
        if scan.rows not in (None, rows):
            return Outcome("failed", rows, problem=f"{scan.rows} rows were announced")
        problem = "" if dataset is None else _imported(path, dataset, rows)
    except AdvocacyError as error:
        refusal = "" if error.remedy else f"a refusal without a remedy: {error}"
        return Outcome("refused", problem=refusal)
    except MemoryError:
        raise  # the worker's to tell
    except BaseException:  # noqa: BLE001 - a panic of Rust is no Exception
        return Outcome("failed", problem=traceback.format_exc())
    if problem:
        return Outcome("failed", rows, problem=problem)
    elsewhere, difference = compared(rows, batches, second_opinion(path))
    explained = not difference or said - usual
    return Outcome("table", rows, said, "" if explained else difference, elsewhere)


def _imported(path: Path, dataset: Path, rows: int) -> str:
    """Import a file; return what is wrong with the rows."""
    source = Source(path.parent, "fuzzed", "simulated", ((path.name, sha256(path)),))
    try:
        account = import_source(source, dataset)
    except AdvocacyError:
        return ""
    sums = account.read == account.kept + account.rejected == rows
    return "" if sums else f"{account} of {rows} rows"


def compared(rows: int, batches: Sequence[pa.Table], other: Read | str | None) -> tuple[str, str]:
    """Return how the other library fared, and how it differs."""
    if other is None:
        return "other fails", ""
    if isinstance(other, str):
        return "other refuses", f"accepted, with {rows} rows, which the other refuses: {other}"
    theirs, numbers = other
    if theirs != rows:
        return "other rows", f"{rows} rows, elsewhere {theirs}"
    values = pa.concat_tables(batches) if batches else pa.table({})
    for name, column, their in zip(values.column_names, values.columns, numbers, strict=False):
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            continue
        for row, (one, two) in enumerate(zip(column.to_pylist(), their, strict=False), 1):
            if None not in (one, two) and not math.isclose(one, two, rel_tol=1e-12):
                return "other numbers", f"row {row} of {name} is {one}, elsewhere {two}"
    return "alike", ""


# The tests


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_workers: None) -> Iterator[Worker]:
    """Return a worker that finds this file, and whose temporary files are the test's."""
    path = (Path(__file__).parent, os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, path)))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    with Worker(MEMORY) as worker:
        yield worker


def _usual(worker: Worker, seed: Seed, folder: Path) -> frozenset[str]:
    path = folder / seed.name
    path.write_bytes(seed.pack(seed.content))
    found = worker.call(outcome, path, frozenset(), folder / "dataset", file=str(path))
    assert (found.kind, found.problem) == ("table", ""), f"{seed.name}: {found}"
    assert found.elsewhere == "alike", f"{seed.name}: {found}"
    return found.said


def test_the_files_are_sound_before_they_are_damaged(
    root: Path, tmp_path: Path, worker: Worker
) -> None:
    for seed in seeds(root, tmp_path):
        _usual(worker, seed, tmp_path)


@pytest.mark.parametrize(
    "part",
    [pytest.param(p, marks=pytest.mark.xdist_group(f"fuzz {p}")) for p in range(PARTS)],
)
def test_damaged_files_are_read_alike_or_refused(
    part: int,
    root: Path,
    tmp_path: Path,
    worker: Worker,
    record_property: Callable[[str, object], None],
) -> None:
    sound = seeds(root, tmp_path)
    usual = {seed.name: _usual(worker, seed, tmp_path) for seed in sound}
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for number, (seed, how, content) in enumerate(mutants(sound, FILES, f"{SEED} {part}")):
        path = tmp_path / seed.name
        path.write_bytes(content)
        dataset = None if number % IMPORTED else tmp_path / "dataset"
        counts["files"] += 1
        try:
            arguments = (path, usual[seed.name], dataset)
            found = worker.call(outcome, *arguments, file=str(path), seconds=SECONDS)
        except AdvocacyError as error:  # of the worker itself
            slow = "seconds" in error.what
            found = Outcome("hung" if slow else "crashed the parser", problem=error.what * slow)
        counts[found.kind] += 1
        counts[found.elsewhere] += bool(found.elsewhere)
        if found.problem:
            counts["problems"] += 1
            wrong.append(f"{number}, {seed.name} {how}: {found.problem}")
    record_property(f"damaged files, part {part}", dict(sorted(counts.items())))
    assert not wrong, f"{len(wrong)} problems:\n" + "\n".join(wrong)
    assert counts["table"] > FILES // 20, "mutations that are all refused test little"
    left = len(list((tmp_path / "temporary").glob("*")))
    assert left <= 1, "a reading that raised left its temporary copy"
