"""`advocacy pool`: what it prints, what it writes, and what it leaves alone."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from outcome import Command
from tests.estimation.pooling.posteriors import COUNTRIES, FAILED, INDUSTRIES, SECTORS, tiny

from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.posterior_file import read_posterior
from advocacy.estimation.pooling.predictions import (
    next_programme,
    pooled_rates,
    ranks,
    variance_shares,
)
from advocacy.estimation.segments import SEGMENTS
from advocacy.survey.margins import read_margins

WRITTEN = [
    "diagnostics.json", "files.json", "next.csv", "posterior.parquet", "ranks-country.csv",
    "ranks-industry.csv", "ranks-sector.csv", "rates.csv", "variance.csv",
]  # fmt: skip
MARGINS = "sector,industry,country,total\n" + "".join(
    f"{line},{total}\n"
    for line, total in [("B2B,,", 7), ("B2C,,", 3), (",C,", 5), (",G,", 3), (",H,", 2),
                        (",,DK", 4), (",,NO", 6)]
)  # fmt: skip

MISSED = "diagnostics-failed.json"
# The chains never end.
# A fit without end in as many processes as are named, which says when it is under way, and which
# processes those are.
ENDLESS = """
import os
import sys
import nutpie
from advocacy.cli import program
from advocacy.estimation.pooling.sampling import processes
processors = int(sys.argv.pop())
os.cpu_count = lambda: processors
def told(self, **options):
    print("begun", flush=True)
    return wait(self, **options)
def drawn(process, density, chains, tell):
    def told(done):
        if process not in begun:
            begun.append(process)
            if len(begun) == 2:
                print("begun", *(one.pid for one in begun), flush=True)
        tell(done)
    return drawn_before(process, density, chains, told)
begun = []
drawn_before, processes._drawn = processes._drawn, drawn
sampler = sys.modules["nutpie.sample"]._BackgroundSampler
wait, sampler.wait = sampler.wait, told
program()
"""

Fitted = Callable[[Posterior], dict[str, Any]]


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    """Write ratings of four programmes."""
    data = pd.DataFrame(
        {
            "programme": [f"P{row % 4}" for row in range(160)],
            "sector": [SECTORS[row % 2] for row in range(160)],
            "score": [10, 9] * 80,
            "recommended_past_12m": [1, 0, 1, 1, 0] * 32,
        }
    )
    data.to_csv(tmp_path / "ratings.csv", index=False)
    return tmp_path / "ratings.csv"


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> Fitted:
    """Return a function after which the fit gives a posterior, and what it was asked."""

    def give(posterior: Posterior) -> dict[str, Any]:
        asked: dict[str, Any] = {}

        def pool(responses: object, **options: Any) -> SimpleNamespace:
            asked.update(options)
            return SimpleNamespace(posterior=posterior)

        monkeypatch.setattr("advocacy.cli.pool.pool", pool)
        return asked

    return give


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers(path: Path) -> list[float]:
    return [float(row[name]) for row in rows(path) for name in ("estimate", "conf_low")]


def expected(result: Any) -> list[float]:
    return [row[name] for row in result.table.to_pylist() for name in ("estimate", "conf_low")]


def test_everything_that_the_model_says_is_in_the_folder(
    command: Command, ratings: Path, tmp_path: Path, fitted: Fitted
) -> None:
    asked = fitted(posterior := tiny(60))
    done = command("pool", ratings, "-o", tmp_path / "out", "--draws", 60, "--seed", 4,
                   "--conf-level", 0.8, "--weight-scaling", "equal_programme")  # fmt: skip
    assert done.code == 0, done.err
    assert (asked["draws"], asked["seed"], asked["weight_scaling"]) == (60, 4, "equal_programme")
    out = tmp_path / "out"
    assert listed(out) == WRITTEN
    level = {"conf_level": 0.8}
    assert numbers(out / "rates.csv") == expected(pooled_rates(posterior, **level))
    assert numbers(out / "next.csv") == expected(next_programme(posterior, **level))
    assert numbers(out / "variance.csv") == expected(variance_shares(posterior, **level))
    found = numbers(out / "ranks-industry.csv")
    assert found == expected(ranks(posterior, of="industry", **level))
    assert read_posterior(out / "posterior.parquet").cells == posterior.cells
    assert json.loads((out / "diagnostics.json").read_text())["problems"] == []
    assert f"Wrote 9 files to {out}." in done.err


def test_what_is_printed(command: Command, ratings: Path, tmp_path: Path, fitted: Fitted) -> None:
    fitted(tiny(60))
    done = command("pool", ratings, "-o", tmp_path / "out")
    text = " ".join(done.out.split())
    assert text.startswith("Simulated data: not a finding.")
    assert text.count("Simulated data") == 1
    assert "term % 90 % interval sector " in text
    assert "programmes × score" in text
    assert "sector % 90 % interval B2B" in text
    said = " ".join(done.err.split())
    assert "R-hat 1.004, ESS bulk 900, tail 800, 0 divergences in 4 chains of 1 000 draws" in said
    assert "; passed. All ratings are of one year, 2024." in said
    assert max(map(len, done.out.splitlines())) <= 80
    assert command("pool", ratings, "-o", tmp_path / "out", "--quiet").err == ""


def test_margins_post_stratify_sectors_and_countries(
    command: Command, ratings: Path, tmp_path: Path, fitted: Fitted
) -> None:
    fitted(posterior := tiny(60))
    (tmp_path / "margins.csv").write_text(MARGINS)
    given = ("--margins", tmp_path / "margins.csv")
    done = command("pool", ratings, "-o", tmp_path / "out", *given)
    assert done.code == 0, done.err
    assert listed(tmp_path / "out") == sorted([*WRITTEN, "rates-country.csv", "rates-sector.csv"])
    margins = read_margins(tmp_path / "margins.csv", SEGMENTS)
    for name in ("sector", "country"):
        wanted = expected(pooled_rates(posterior, by=[name], margins=margins))
        assert numbers(tmp_path / "out" / f"rates-{name}.csv") == wanted
        assert wanted != expected(pooled_rates(posterior, by=[name]))
    by_sector = rows(tmp_path / "out" / "rates-sector.csv")
    assert f"{100 * float(by_sector[0]['estimate']):.1f}" in done.out


def test_margins_that_lack_a_level_do_not_cost_the_fit(
    command: Command, ratings: Path, tmp_path: Path, fitted: Fitted
) -> None:
    fitted(tiny(60))
    (tmp_path / "margins.csv").write_text(MARGINS.replace(",G,,3\n,H,,2\n", ",G,,5\n"))
    done = command("pool", ratings, "-o", tmp_path / "out", "--margins", tmp_path / "margins.csv")
    assert done.code == 2
    assert "has no row for H" in done.err
    assert listed(tmp_path / "out") == WRITTEN


def test_a_fit_that_misses_its_diagnostics_leaves_an_earlier_fit_alone(
    command: Command, ratings: Path, tmp_path: Path, fitted: Fitted
) -> None:
    out = tmp_path / "out"
    fitted(tiny(60))
    assert command("pool", ratings, "-o", out).code == 0
    before = contents(out)
    fitted(replace(tiny(60), diagnostics=FAILED))
    done = command("pool", ratings, "-o", out)
    assert (done.code, done.out) == (1, "")
    assert "7 divergences" in done.err
    assert "more draws (--draws)" in done.err
    assert f"Wrote {MISSED}, and nothing else, to {out}." in done.err
    after = contents(out)
    assert json.loads(after.pop(MISSED))["divergences"] == 7
    assert after == before


@pytest.mark.parametrize("earlier", [True, False])
def test_a_fit_that_passes_takes_the_place_of_one_that_does_not(
    command: Command, ratings: Path, tmp_path: Path, fitted: Fitted, earlier: bool
) -> None:
    fits = [tiny(60)] * earlier + [replace(tiny(60), diagnostics=FAILED)] * 2 + [tiny(60)]
    for posterior in fits:
        fitted(posterior)
        done = command("pool", ratings, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    assert listed(tmp_path / "out") == WRITTEN


def test_diagnostics_that_are_not_defined_are_null(
    command: Command, ratings: Path, tmp_path: Path, fitted: Fitted
) -> None:
    undefined = replace(FAILED, rhat=float("nan"), ess_bulk=float("inf"))
    fitted(replace(tiny(60), diagnostics=undefined))
    assert command("pool", ratings, "-o", tmp_path / "out").code == 1
    found = json.loads((tmp_path / "out" / MISSED).read_text(), parse_constant=pytest.fail)
    assert (found["rhat"], found["ess_bulk"], found["ess_tail"]) == (None, None, 800.0)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_interrupted_fit_is_no_fit(
    processes: int, command: Command, ratings: Path, tmp_path: Path, fitted: Fitted
) -> None:
    out = tmp_path / "out"
    fitted(tiny(60))
    assert command("pool", ratings, "-o", out).code == 0
    before = contents(out)
    asked = ["pool", str(ratings), "-o", str(out), "--draws", "100000000", str(processes)]
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        word, *children = process.stdout.readline().split()
        assert word == "begun"
        time.sleep(0.5)  # until its chains are under way
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert said.strip() == "advocacy: interrupted; nothing is left half-written."
    assert contents(out) == before
    assert len(children) == (2 if processes == 2 else 0)
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(int(child), 0)


# The study of `tests/study` has a real fit, and what is refused is shown above.
@pytest.mark.slow
def test_a_real_fit_of_ten_draws_is_refused(
    command: Command, ratings: Path, tmp_path: Path
) -> None:
    done = command("pool", ratings, "-o", tmp_path / "out", "--draws", 10)
    assert done.code == 1
    assert "The fit is not to be relied on" in done.err
    assert "There are 4 programmes only" in done.err
    assert listed(tmp_path / "out") == [MISSED]
    found = json.loads((tmp_path / "out" / MISSED).read_text())
    assert (found["draws"], found["chains"], found["source_kind"]) == (10, 4, "collected")
    assert found["ess_bulk"] < 400


@pytest.mark.parametrize("name", ["notes.txt", "rates.csv"])
def test_a_folder_with_other_things_is_left_alone(
    command: Command, ratings: Path, tmp_path: Path, fitted: Fitted, name: str
) -> None:
    fitted(tiny(60))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MISSED).write_text("{}")
    (tmp_path / "out" / name).write_text("mine")
    done = command("pool", ratings, "-o", tmp_path / "out")
    assert done.code == 2
    assert f"The folder holds {name}" in done.err
    assert (tmp_path / "out" / name).read_text() == "mine"


def test_without_nutpie_it_says_what_to_install(
    command: Command, ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nutpie", None)
    done = command("pool", ratings, "-o", tmp_path / "out")
    assert done.code == 2
    assert "pip install 'advocacy[pooling]'" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("drop", "options", "code", "said"),
    [
        ("programme", (), 1, "needs the column programme"),
        ("score", (), 1, "needs the column score"),
        ("", ("--intent", "promoters"), 2, "no score band"),
        ("", ("--estimand", "nps"), 2, "is no rate"),
        ("", ("--draws", "3"), 2, "3 is not in the range"),
        ("", ("--margins", "none.csv"), 2, "does not exist"),
    ],
)
def test_what_cannot_be_fitted(
    command: Command,
    ratings: Path,
    tmp_path: Path,
    drop: str,
    options: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    data = pd.read_csv(ratings)
    data.drop(columns=[drop] if drop else []).to_csv(ratings, index=False)
    done = command("pool", ratings, "-o", tmp_path / "out", *options)
    assert done.code == code, done.err
    assert said in done.err
    assert not (tmp_path / "out").exists()


def test_one_programme_is_sent_to_benchmark(
    command: Command, ratings: Path, tmp_path: Path
) -> None:
    pd.read_csv(ratings).assign(programme="P").to_csv(ratings, index=False)
    done = command("pool", ratings, "-o", tmp_path / "out")
    assert done.code == 1
    assert "advocacy benchmark" in done.err


def test_the_margins_of_these_tests_name_every_level() -> None:
    assert all(f"{level}," in MARGINS.replace("\n", ",") for level in (*INDUSTRIES, *COUNTRIES))
