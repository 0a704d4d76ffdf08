"""The wheel: it carries the study, and its commands use it where nothing else is installed."""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.estimation.pooling.posteriors import FAILED, tiny
from tests.estimation.pooling.test_reference import TABLES

from advocacy.errors import DataError
from advocacy.estimation.pooling import reference
from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.posterior_file import write_posterior
from advocacy.estimation.pooling.reference import POSTERIOR, open_reference, write_reference
from advocacy.files import write_text
from advocacy.report.exporters import export
from advocacy.study.protocol import read_protocol

RATINGS = "programme,sector,industry,country,score,recommended_past_12m\n" + "".join(
    f"P,B2B,G,NO,10,{number % 4 > 0:d}\n" for number in range(40)
)

CROSSWALK = (
    "# advocacy crosswalk format 2\n"
    "raw_variable,raw_value,canonical_column,canonical_value,note\n"
    "score,0..10,score,*,\n"
    "recommended_past_12m,1,recommended_past_12m,true,\n"
    "recommended_past_12m,0,recommended_past_12m,false,\n"
    + "".join(f"{name},*,{name},*,\n" for name in ("programme", "sector", "industry", "country"))
)


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as `make wheel` does, of a copy whose study is a small one."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(root / name, folder)
    figures = Path("data", "raw", "published", "figures.csv")
    (folder / figures).parent.mkdir(parents=True)
    shutil.copy(root / figures, folder / figures)
    package = folder / "src" / "advocacy"
    ignored = shutil.ignore_patterns("reference", "__pycache__")
    shutil.copytree(root / "src" / "advocacy", package, ignore=ignored)
    write_reference(package / "reference", tiny(200), TABLES, {"seed": 7})
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    return next((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Install the wheel into an empty environment, away from the repository."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(venv, check=True)
    python = folder / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # What it depends on is not installed again: this environment's is seen after its own.
    write_text(Path(site) / "others.pth", sysconfig.get_path("purelib") + "\n")
    return [str(python), "-c", "from advocacy.cli import program; program()"]


def run(program: list[str], folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"COLUMNS": "80"}
    return subprocess.run(
        [*program, *map(str, arguments)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_wheel_has_the_study_and_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("advocacy/reference/")]
        about = json.loads(archive.read("advocacy/reference/about.json"))
    assert sorted(name.rsplit("/", 1)[1] for name in names) == [
        "about.json",
        "estimates.parquet",
        "posterior.parquet",
    ]
    assert (about["kind"], about["seed"]) == ("simulated", 7)


def put(root: Path, study: Path, posterior: Posterior) -> None:
    """Put a study of this posterior into the package, by the script of `make wheel`."""
    shutil.copytree(root / "analysis", study / "analysis")
    protocol = read_protocol(study / "analysis" / "study.toml")
    (study / "data/derived/published").mkdir(parents=True)
    for table in protocol.tables.values():
        export(TABLES[-1], table.published)
    protocol.pooled.mkdir()
    write_posterior(posterior, protocol.pooled / POSTERIOR)
    runpy.run_path(str(study / "analysis" / "reference.py"), run_name="__main__")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that stands for that of the package."""
    monkeypatch.setattr(reference, "PACKAGED", tmp_path / "package")
    return tmp_path / "package"


def test_the_study_is_put_into_the_package(
    root: Path, tmp_path: Path, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(root, tmp_path, tiny(5))
    assert capsys.readouterr() == ("", "")
    protocol = (tmp_path / "analysis" / "study.toml").read_bytes()
    about = open_reference(package).about
    assert about["protocol"] == hashlib.sha256(protocol).hexdigest()


def test_a_fit_that_misses_its_diagnostics_ends_in_the_message_alone(
    root: Path, tmp_path: Path, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = replace(tiny(5), diagnostics=FAILED)
    with pytest.raises(DataError) as error:
        failed.require_passed()
    with pytest.raises(SystemExit) as ended:
        put(root, tmp_path, failed)
    # Python prints such a text on standard error, and exits with 1.
    assert ended.value.code == f"advocacy: {error.value}"
    assert capsys.readouterr() == ("", "")
    assert not package.exists()


def test_the_commands_use_it_from_anywhere(program: list[str], tmp_path: Path) -> None:
    where = run([program[0], "-c", "import advocacy; print(advocacy.__file__)"], tmp_path)
    assert "elsewhere" in where.stdout
    expected = run(program, tmp_path, "expect", "--sector", "B2C")
    assert expected.returncode == 0, expected.stderr
    assert expected.stdout.startswith("Simulated data: not a finding.")
    assert "101 ratings of 7 such programmes" in " ".join(expected.stdout.split())
    assert "the study in the package, simulated data" in " ".join(expected.stdout.split())
    (tmp_path / "own.csv").write_text(RATINGS)
    found = run(program, tmp_path, "benchmark", "own.csv")
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("Simulated data: not a finding.")
    assert found.stdout.count("simulated: no finding") == 3
    assert "the study in the package" in " ".join(found.stdout.split())


def test_another_study_is_used_where_it_is_named(program: list[str], tmp_path: Path) -> None:
    other = tiny(200, seed=11)
    (tmp_path / "other").mkdir()
    write_posterior(other, tmp_path / "other" / "posterior.parquet")
    own = run(program, tmp_path, "expect", "--format", "json")
    named = run(program, tmp_path, "expect", "--reference", "other", "--format", "json")
    assert named.returncode == 0, named.stderr
    assert json.loads(named.stdout)[0]["estimate"] != json.loads(own.stdout)[0]["estimate"]
    text = run(program, tmp_path, "expect", "--reference", "other").stdout
    assert "study 'other', simulated data" in " ".join(text.split())


def test_a_report_needs_nothing_but_the_package(program: list[str], tmp_path: Path) -> None:
    """Far from the repository, with the study and the published figures of the package."""
    pytest.importorskip("typst", reason="needs the extra report")
    write_text(tmp_path / "client.csv", RATINGS)
    write_text(tmp_path / "c.csv", CROSSWALK)
    done = run(program, tmp_path, "report", "client.csv", "--crosswalk", "c.csv", "-o", "made")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "made" / "report.html").read_text(encoding="utf-8")
    assert "75.0\u202f%" in page
    assert "Ennova" in page
    assert "Simulated programmes: no benchmark, and no finding." in page
    assert (tmp_path / "made" / "report.pdf").read_bytes().startswith(b"%PDF")
