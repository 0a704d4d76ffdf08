"""A fresh clone has both data folders with what they are for, and git takes nothing else there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDERS = ("data/derived", "data/raw")
KEPT = [f"{folder}/README.md" for folder in FOLDERS]
# What others have published is nobody's answers.
PUBLISHED = [f"data/raw/published/{name}" for name in ("claims.csv", "figures.csv", "source.toml")]


def git(root: Path, *arguments: str) -> list[str]:
    if not (root / ".git").exists():
        pytest.skip("this copy of the repository has no history")
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def test_a_clone_has_both_folders_and_what_they_are_for(root: Path) -> None:
    assert {*KEPT, *PUBLISHED} <= set(git(root, "ls-files", "data"))


def test_git_ignores_all_else_there(root: Path) -> None:
    others = [f"{folder}/{name}" for folder in FOLDERS for name in ("a/survey.sav", "b.parquet")]
    assert git(root, "check-ignore", "--no-index", *KEPT, *others) == others


def test_cleaning_leaves_what_they_are_for_and_ones_own_sources(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "Makefile", tmp_path)
    own = "data/raw/client/survey.sav"
    made = ("data/derived/a/README.md", "data/derived/.b.partial", "data/raw/simulated/c.sav")
    for name in (*KEPT, own, *made):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, check=True)
    left = {p.relative_to(tmp_path).as_posix() for p in (tmp_path / "data").rglob("*.*")}
    assert left == {*KEPT, own}
