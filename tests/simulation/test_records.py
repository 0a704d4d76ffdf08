"""What records say of some, by the parameters that were set, and what is made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from advocacy.responses import open_responses
from advocacy.robustness.misreport import misreport
from advocacy.simulation import draw_programmes, records
from advocacy.simulation.deliveries import simulate
from advocacy.simulation.expectations import SCORE_10, programme_cells, rates_of
from advocacy.simulation.population import Ratings, draw_ratings
from advocacy.simulation.programmes import Programmes
from advocacy.simulation.records import DID_NO, DID_YES, did_recommend, record_rows


@pytest.fixture(scope="module")
def programmes() -> Programmes:
    return draw_programmes(3, 60_000, np.random.default_rng(8))


@pytest.fixture(scope="module")
def drawn(programmes: Programmes) -> Ratings:
    return draw_ratings(programmes, np.random.default_rng(9))


def searched(drawn: Ratings) -> pa.Table:
    """Return the ratings with what a search of some found, as an import would have them.

    One row a respondent: who is interviewed twice is left out.
    """
    rows = drawn.responses.append_column("position", pa.array(range(len(drawn.responses))))
    once = [n == 1 for n in _times(rows["respondent_id"].to_pylist())]
    rows = rows.filter(pa.array(once))
    place = rows["position"].to_numpy()
    found = record_rows(rows, drawn.latent.take(place), np.random.default_rng(10))
    kept = found.select(["respondent_id", "verification_checked", "verified_recommended_on"])
    joined = rows.drop_columns(["position", "weight"]).join(kept, "respondent_id")
    return joined.append_column("source_kind", pa.array(["simulated"] * len(joined)))


def _times(names: list[str]) -> list[int]:
    number: dict[str, int] = {}
    for name in names:
        number[name] = number.get(name, 0) + 1
    return [number[name] for name in names]


def test_what_all_did_is_by_hand_what_is_said_put_right(programmes: Programmes) -> None:
    """At each score: of those who say so a share did, of those who deny it another."""
    said = programme_cells(programmes)
    did = programme_cells(programmes, did_recommend)
    expected = said.rate * np.array(DID_YES) + (1 - said.rate) * np.array(DID_NO)
    assert did.rate == pytest.approx(expected, abs=1e-12)


def test_those_searched_are_not_like_all(drawn: Ratings) -> None:
    table = searched(drawn)
    found = table.filter(pc.is_valid(table["verification_checked"]))
    assert 0.1 < len(found) / len(table) < 0.4
    mean = [pc.mean(one["recommended_past_12m"].cast(pa.int8())).as_py() for one in (found, table)]
    assert mean[0] > mean[1] + 0.1


def test_the_rate_that_records_tell_is_what_all_did(
    programmes: Programmes, drawn: Ratings, tmp_path: Path
) -> None:
    """Some tens of thousands of ratings; what those searched say alone would be far off."""
    path = tmp_path / "ratings.parquet"
    pq.write_table(searched(drawn), path)
    rows = misreport(open_responses(path)).table.to_pylist()
    validated = next(row for row in rows if row["assumption"] == "validated")
    (true,) = rates_of(programme_cells(programmes, did_recommend), SCORE_10, ()).to_pylist()
    assert abs(validated["estimate"] - true["rate"]) < 0.02
    said = next(row for row in rows if row["assumption"] == "reported")["estimate"]
    # By Bayes' theorem, from the parameters and what is said.
    sensitivity = said * DID_YES[10] / (said * DID_YES[10] + (1 - said) * DID_NO[10])
    assert validated["sensitivity"] == pytest.approx(sensitivity, abs=0.02)
    assert abs(said - true["rate"]) > 0.02


def test_the_other_files_of_a_seed_are_what_they_are_without_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(400, 7, tmp_path / "with")
    nobody = (0.0,) * 11
    monkeypatch.setattr(records, "SEARCHED_NO", nobody)
    monkeypatch.setattr(records, "SEARCHED_YES", nobody)
    simulate(400, 7, tmp_path / "without")
    files = {
        side: {
            path.relative_to(tmp_path / side).as_posix(): path.read_bytes()
            for path in (tmp_path / side).glob("*/*")
            if path.name != "source.toml"
        }
        for side in ("with", "without")
    }
    more = files["with"].keys() - files["without"].keys()
    assert more
    assert all("records" in name for name in more)
    assert files["without"].items() <= files["with"].items()
