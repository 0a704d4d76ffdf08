"""One environment in three files: pyproject.toml, requirements.txt and environment.yml agree."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
SPARK_LOCK = (ROOT / "requirements-spark.txt").read_text(encoding="utf-8")


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^ ;\\]+)", lock, flags=re.MULTILINE))


# Spark is half a gigabyte, so that it is installed on top, from a lock of its own.
PINS = pinned(LOCK) | pinned(SPARK_LOCK)
WANTED = PROJECT["dependencies"] + [
    requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra
]
OWNERS_CHOICE = {"statsmodels", "pandas", "pingouin", "seaborn", "jupyter-book", "pyreadstat"}


@pytest.mark.parametrize("text", WANTED)
def test_the_lock_satisfies_what_the_project_asks_for(text: str) -> None:
    wanted = Requirement(text)
    pins = {canonicalize_name(name): pin for name, pin in PINS.items()}
    assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)])


def test_the_owners_packages_are_there() -> None:
    assert {Requirement(text).name for text in WANTED} >= OWNERS_CHOICE


def test_every_pin_has_a_hash_and_one_version() -> None:
    both = f"{LOCK.strip()}\n{SPARK_LOCK.strip()}"
    blocks = [block for block in re.split(r"\n(?=\S)", both) if block]
    assert len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks)
    names = [canonicalize_name(Requirement(block.split("==")[0]).name) for block in blocks]
    assert len(names) == len(set(names)), "a package has two versions for two Pythons"


def test_a_pin_has_the_extras_that_others_ask_for() -> None:
    """Without them pip looks for the newest release of the extra, which has no hash here."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[(.*?)\])?==", LOCK, flags=re.MULTILINE)
    held = {canonicalize_name(name): set(filter(None, extras.split(","))) for name, extras in pins}
    asked = [Requirement(text) for text in WANTED]
    for name in held:
        try:
            texts = requires(name) or []
        except PackageNotFoundError:  # of another system, or another version of Python
            continue
        needed = [Requirement(text) for text in texts]
        asked += [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    wanted = {(canonicalize_name(r.name), extra) for r in asked for extra in r.extras}
    assert len(wanted) >= 2
    assert {(name, extra) for name, extra in wanted if extra not in held[name]} == set()


def test_conda_gets_the_same_python_and_the_same_lock() -> None:
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, from_pip = content["dependencies"]
    assert python == f"python {PROJECT['requires-python']}"
    assert pip == "pip"
    assert from_pip == {"pip": ["--require-hashes -r requirements.txt"]}


def test_no_file_names_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    assert listed
    # Spelled in parts, or this file would be found.
    hosts = re.compile(
        "pypi" + r"\.org|pythonhosted" + r"\.org|registry\.npm" + r"js|index-" + "url"
    )
    allowed = {"CONTRIBUTING.md", "Makefile"}  # --no-emit-... in the command that writes the lock
    found = [
        name
        for name in listed
        if (ROOT / name).is_file()
        and name not in allowed
        and hosts.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_tests_of_a_group_are_run_by_one_worker(tmp_path: Path) -> None:
    """Some pairs of pytest and its plugin pass over groups, and then fits are made twice."""
    (tmp_path / "test_group.py").write_text(
        "import os, pytest\n"
        "@pytest.mark.xdist_group('one')\n"
        "@pytest.mark.parametrize('number', range(6))\n"
        "def test_worker(number):\n"
        "    open(os.environ['PYTEST_XDIST_WORKER'], 'w').close()\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "6 passed" in done.stdout
    assert len(list(tmp_path.glob("gw*"))) == 1
