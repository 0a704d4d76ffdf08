"""A disk of one's own, and a folder with surveys and a dataset in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from started import Disk, run
from surveys import answers, write

ROWS = 4_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Return a function that makes a disk of 4 MB and returns where it is."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    mounted: list[Path] = []

    def mount() -> Path:
        path = tmp_path / f"disk{len(mounted)}"
        path.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path], capture_output=True
        )
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.decode().strip()}")
        mounted.append(path)
        return path

    yield mount
    for path in mounted:
        subprocess.run(["umount", "-l", path], check=True)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with survey files, and a dataset of one of them."""
    folder = tmp_path_factory.mktemp("made")
    for name, seed in (("raw", 1), ("new", 2)):
        (folder / name).mkdir()
        (folder / name / "salt").write_text("ab" * 32 + "\n", encoding="ascii")
        for ending in ("zsav", "csv"):
            write(answers(ROWS, seed), folder / name / f"a.{ending}")
    write(answers(ROWS // 2, 3), folder / "raw" / "b.csv")
    (folder / "temporary").mkdir()
    done = run(("import", "raw/a.zsav", "-o", "data"), folder, folder / "temporary")
    assert done.status == 0, done.err
    return folder


@pytest.fixture
def here(made_once: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder, of the test's own."""
    return shutil.copytree(made_once, tmp_path / "here")
