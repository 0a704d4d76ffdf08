"""A copy of the repository with fewer responses, whose study is run as `make book` runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

SMALL = 8_000


def copy_of_the_study(root: Path, target: Path) -> Path:
    """Copy what the study reads, with fewer responses; few programmes need more draws."""
    for name in ("analysis", "benchmarks", "book"):
        shutil.copytree(
            root / name, target / name, ignore=shutil.ignore_patterns("_build", "__pycache__")
        )
    others = "data/raw/published"
    shutil.copytree(root / others, target / others)
    for name in ("pyproject.toml", "CONTRIBUTING.md"):
        shutil.copy(root / name, target)
    protocol = target / "analysis" / "study.toml"
    text = protocol.read_text(encoding="utf-8")
    text = re.sub(r"responses = [\d_]+", f"responses = {SMALL}", text)
    protocol.write_text(re.sub(r"draws = \d+", "draws = 2000", text), encoding="utf-8")
    return target


def run_pytask(study: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the study's tasks in a copy."""
    pytask = Path(sys.executable).with_name("pytask")
    return subprocess.run(
        [pytask, "build", *arguments], cwd=study, capture_output=True, text=True, check=False
    )


def built(study: Path) -> Path:
    """Run the whole study, book included."""
    done = run_pytask(study)
    assert done.returncode == 0, done.stdout[-6000:]
    return study
