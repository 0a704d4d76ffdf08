"""A command that is killed, or that the system refuses something: what is left and said."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from outcome import Command

from advocacy.responses import Source, import_source
from advocacy.responses.dataset.importing import partition

RATINGS = "score,recommended_past_12m\n" + "10,1\n10,0\n9,1\n" * 5


def started(
    *arguments: object, temporary: Path, limit: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "advocacy", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
        preexec_fn=limit,
    )


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_the_next_command_of_any_kind_clears_after_a_killed_import(
    tmp_path: Path, temporary: Path
) -> None:
    survey, dataset = tmp_path / "survey.parquet", tmp_path / "data"
    rows = 1_000_000
    answers = {"score": pa.array([9, 10] * (rows // 2)), "touchpoint": pa.array(["s3cret"] * rows)}
    pq.write_table(pa.table(answers), survey)
    process = started("import", survey, "-o", dataset, temporary=temporary)
    end = time.monotonic() + 60
    while not any(dataset.rglob("*.arrow")) and time.monotonic() < end:
        assert process.poll() is None, "it ended before it was killed"
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert any(dataset.rglob("*.partial"))
    done = started("codebook", temporary=temporary)
    assert (done.wait(60), done.communicate()[1]) == (0, "")
    assert [path for path in dataset.rglob("*") if path.name != "responses"] == []
    assert list(temporary.iterdir()) == []


def test_the_pages_are_there_before_the_partition(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(RATINGS)
    source = Source(tmp_path, "survey", "simulated", (("survey.csv", ""),))
    place = partition(tmp_path / "data", "survey")

    def pages(folder: Path, future: Path) -> None:
        assert future == place
        assert not place.exists()
        assert any(folder.glob("*.parquet"))
        (folder / "page").touch()

    import_source(source, tmp_path / "data", None, pages)
    assert (place / "page").exists()


def test_an_import_whose_pages_fail_is_none(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(RATINGS)
    source = Source(tmp_path, "survey", "simulated", (("survey.csv", ""),))

    def pages(*_: Path) -> None:
        raise KeyError("page")

    with pytest.raises(KeyError):
        import_source(source, tmp_path / "data", None, pages)
    assert list((tmp_path / "data" / "responses").iterdir()) == []


def test_the_commands_on_the_page_name_the_dataset_as_the_user_does(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "survey.csv").write_text(RATINGS)
    dataset = tmp_path / "data"
    assert command("import", tmp_path / "survey.csv", "-o", dataset).code == 0
    page = partition(dataset, "survey") / "_about" / "import.html"
    assert f"advocacy estimate {dataset}" in page.read_text(encoding="utf-8")


def test_a_limit_on_the_size_of_files_is_said_as_such(tmp_path: Path, temporary: Path) -> None:
    survey = tmp_path / "survey.csv"
    survey.write_text("score,recommended_past_12m\n" + "10,1\n" * 200_000)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    process = started("import", survey, "-o", tmp_path / "data", temporary=temporary, limit=limit)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith(
        "advocacy: A file would be larger than this process may write (0.1 MB).\n"
        f"  where:  {tmp_path / 'data' / 'responses' / 'source=survey'}\n"
    )
    assert "Traceback" not in said
    assert list((tmp_path / "data" / "responses").iterdir()) == []


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.2, 0.3])
def test_an_interrupted_start_says_so(delay: float, tmp_path: Path, temporary: Path) -> None:
    survey = tmp_path / "survey.csv"
    survey.write_text(RATINGS)
    code = (
        "import sys, advocacy.startup; advocacy.startup.leave_when_interrupted(); "
        "print(flush=True); from advocacy.cli import program; program()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "estimate", str(survey)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert said == "advocacy: interrupted; nothing is left half-written.\n"
    assert process.returncode == 130
