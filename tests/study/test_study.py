"""The study end to end: two runs give the same bytes, a third does nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from advocacy.provenance import sha256
from advocacy.study.protocol import read_protocol
from advocacy.study.sources import sources
from tests.study.copied import SMALL, copy_of_the_study, run_pytask


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every derived file."""
    derived = folder / "data" / "derived"
    return {
        path.relative_to(derived).as_posix(): sha256(path)
        for path in sorted(derived.rglob("*"))
        if path.is_file()
    }


def test_two_runs_give_identical_derived_files(
    root: Path, study: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All is made again but the fit, which stays as long as what it is made of is the same."""
    # Beside the study: the lock has paths to the source from there.
    again = copy_of_the_study(root, tmp_path_factory.mktemp("again"))
    fit = "data/derived/pooled"
    (again / fit).mkdir(parents=True)
    for name in ("pytask.lock", f"{fit}/posterior.parquet", f"{fit}/diagnostics.json"):
        shutil.copy(study / name, again / name)
    done = run_pytask(again, "-k", "not task_book")
    assert done.returncode == 0, done.stdout[-4000:]
    first = hashes(study)
    assert len(first) > 30
    assert hashes(again) == first


@pytest.mark.slow
def test_two_runs_from_clean_give_identical_derived_files(
    root: Path, study: Path, tmp_path: Path
) -> None:
    """That a fit comes out the same is shown by `test_multilevel.py` too."""
    again = copy_of_the_study(root, tmp_path)
    done = run_pytask(again, "-k", "not task_book")
    assert done.returncode == 0, done.stdout[-4000:]
    assert hashes(again) == hashes(study)


def test_nothing_runs_when_nothing_has_changed(any_study: Path) -> None:
    done = run_pytask(any_study)
    assert done.returncode == 0
    assert "Succeeded because" not in done.stdout
    assert "Skipped because unchanged  (100.0%)" in done.stdout


def test_rows_read_are_rows_kept_and_rejected(study: Path) -> None:
    ledger = json.loads((study / "data/derived/book/numbers.json").read_text(encoding="utf-8"))
    read, kept, rejected = (
        ledger[f"data:rows_{part}"]["value"] for part in ("read", "kept", "rejected")
    )
    assert read == SMALL
    assert read == kept + rejected
    truth = json.loads((study / "data/raw/simulated/truth.json").read_text(encoding="utf-8"))
    assert rejected == sum(truth["planted_bad_rows"].values())


# Rungs of tables by how their names begin; the others are retrospective.
_RUNGS = {
    "ladder": {"retrospective", "prospective", "verified_past", "verified_after"},
    "participation": {None},
    **{start: {"prospective"} for start in ("converted", "over", "attrition")},
}
# Targets of tables that are not of one: outcome rates of those who were invited infer to none, and
# for all analyses the target is a choice.
_TARGETS = {
    "participation": {None},
    "specifications": {"programmes_like_these", "these_programmes"},
}


@pytest.mark.parametrize("target", ["programmes_like_these", "these_programmes"])
def test_every_estimate_says_that_it_is_simulated(study: Path, target: str) -> None:
    tables = [
        table.estimates
        for table in read_protocol(study / "analysis/study.toml").tables.values()
        if table.target == target
    ]
    assert len(tables) > 5
    for path in tables:
        table = pq.read_table(path)
        assert set(table.column("source_kind").to_pylist()) == {"simulated"}
        targets = _TARGETS.get(path.stem.split("_")[0], {target})
        assert set(table.column("target").to_pylist()) == targets
        rungs = {"intent"} if "nps" in path.stem else _RUNGS.get(path.stem.split("_")[0])
        assert set(table.column("rung").to_pylist()) == (rungs or {"retrospective"})


def test_what_is_withheld_is_in_nothing_that_the_book_shows(study: Path) -> None:
    """Of the small study much is withheld: the ledger has numbers of what is published alone."""
    protocol = read_protocol(study / "analysis/study.toml")
    ledger = json.loads((study / "data/derived/book/numbers.json").read_text(encoding="utf-8"))
    withheld = 0
    rates = {name: table for name, table in protocol.tables.items() if table.kind == "rates"}
    for name, table in rates.items():
        for row in pq.read_table(table.published).to_pylist():
            levels = ",".join(str(row[segment]) for segment in table.by)
            stem = f"{name}:{levels}" if levels else name
            hidden = row["reliability"] == "withheld"
            assert hidden is (f"{stem}:rate" not in ledger)
            assert hidden is (row["n"] is None)
            withheld += hidden
    assert withheld > 20


def test_what_is_withheld_is_behind_no_pooled_rate(study: Path) -> None:
    protocol = read_protocol(study / "analysis/study.toml")
    by = ("sector", "industry", "country")
    published = pq.read_table(protocol.tables["_".join(by)].published).to_pylist()
    hidden = {tuple(row[name] for name in by) for row in published if row["n"] is None}
    assert len(hidden) > 20
    for table in ("rates", "next", "next-answers"):
        rows = pq.read_table(protocol.pooled / f"{table}.parquet").to_pylist()
        found = {tuple(row[name] for name in by): row for row in rows}
        assert hidden <= set(found)
        for cell, row in found.items():
            for number in ("n", "n_eff", "n_numerator", "n_programmes"):
                # A cell that no table lists has no rating.
                assert row[number] == (None if cell in hidden else 0)
    assert len(pq.read_table(protocol.pooled / "area-level.parquet")) == 0


def test_the_fit_of_the_small_study_is_published(study: Path) -> None:
    derived = study / "data/derived"
    fit = json.loads((derived / "pooled/diagnostics.json").read_text(encoding="utf-8"))
    assert fit["problems"] == []
    assert fit["rhat"] < 1.01
    assert min(fit["ess_bulk"], fit["ess_tail"]) > 400
    ledger = json.loads((derived / "book/numbers.json").read_text(encoding="utf-8"))
    rows = pq.read_table(derived / "pooled/next.parquet").to_pylist()
    for row in rows:
        entry = ledger[f"expect:{row['sector']},{row['industry']},{row['country']}:range"]
        assert (entry["conf_low"], entry["conf_high"]) == (row["conf_low"], row["conf_high"])


def test_the_book_reads_nothing_that_is_not_published(root: Path) -> None:
    protocol = read_protocol(root / "analysis/study.toml")
    read = {source.path for source in sources(protocol).values()}
    assert {table.published for table in protocol.tables.values()} <= read
    assert not {table.estimates for table in protocol.tables.values()} & read
    for task in ("report", "book"):
        text = (root / f"analysis/task_{task}.py").read_text(encoding="utf-8")
        assert ".estimates" not in text
