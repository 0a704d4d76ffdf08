"""The rungs beside each other: each as by itself, their differences against a jackknife by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advocacy.errors import DataError, MissingColumnError, UsageError
from advocacy.estimation import estimate
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.ladder.ladder import ladder
from advocacy.estimation.ladder.rungs import RUNGS
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses, open_responses
from advocacy.survey import survey_design
from advocacy.survey.margins import read_margins
from advocacy.survey.replication import Replication

INPUT = Path(__file__).parents[2] / "reference" / "input"
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "df", "n_eff", "deff"]
COUNTED = ["n", "n_numerator", "n_programmes", "n_suppliers", "reliability", "rung"]


def answers(name: str) -> pd.DataFrame:
    """Return a design of the reference with what was said and recorded before and after."""
    frame = pd.read_csv(INPUT / f"incidence_{name}.csv")
    rng = np.random.default_rng(5)
    said = rng.uniform(size=len(frame)) < 0.3 + 0.03 * frame.score.fillna(0)
    frame["recommended_past_12m"] = said.astype(object).where(rng.uniform(size=len(frame)) > 0.1)
    frame["verification_checked"] = rng.uniform(size=len(frame)) < 0.5
    day = pd.to_datetime(frame.interviewed_on)
    shift = pd.to_timedelta(rng.integers(-500, 500, len(frame)), unit="D")
    frame["verified_recommended_on"] = (
        (day + shift).dt.strftime("%Y-%m-%d").where(rng.uniform(size=len(frame)) < 0.6)
    )
    return frame


def written(frame: pd.DataFrame, folder: Path) -> Responses:
    path = folder / "ratings.csv"
    frame.to_csv(path, index=False)
    return open_responses(path)


def one(found: Comparison, estimand: str, quantity: str = "rate") -> dict[str, Any]:
    """Return the row of a rung, where there is no segment."""
    (row,) = [
        row
        for row in found.table.to_pylist()
        if (row["estimand"], row["quantity"]) == (estimand, quantity)
    ]
    return row


@pytest.mark.parametrize("name", ["clustered", "stratified_clustered", "srs", "fpc_srs"])
@pytest.mark.parametrize("by", [(), ("sector",)])
def test_each_rung_is_as_by_itself(name: str, by: tuple[str, ...], tmp_path: Path) -> None:
    responses = written(answers(name), tmp_path)
    design = survey_design(responses, "as_given")
    found = ladder(responses, intent="promoters", by=by, design=design).to_pandas()
    assert set(found.estimand) == set(RUNGS)
    for estimand in RUNGS:
        alone = estimate(
            responses, estimand=estimand, intent="promoters", by=by, design=design
        ).to_pandas()
        own = found[(found.estimand == estimand) & (found.quantity == "rate")]
        assert own[COUNTED].to_numpy().tolist() == alone[COUNTED].to_numpy().tolist()
        np.testing.assert_allclose(
            own[NUMBERS].astype(float), alone[NUMBERS].astype(float), rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("drawn", ["given", "raked"])
def test_each_rung_is_as_by_itself_with_replicates_and_raked_weights(
    drawn: str, tmp_path: Path
) -> None:
    frame, rng = answers("stratified_clustered"), np.random.default_rng(1)
    for number in range(12):
        frame[f"repweight_{number}"] = frame.weight * rng.choice([0.5, 1.5], len(frame))
    responses = written(frame, tmp_path)
    (tmp_path / "margins.csv").write_text("sector,total\nB2B,4000\nB2C,6000\n")
    if drawn == "given":
        design = survey_design(
            responses, "as_given", replication=Replication("given", scheme="BRR")
        )
    else:
        margins = read_margins(tmp_path / "margins.csv", SEGMENTS)
        design = survey_design(responses, "as_given", margins=margins)
    found = ladder(responses, by=["sector"], design=design).to_pandas()
    assert found[found.quantity == "difference"].std_error.notna().all()
    for estimand in RUNGS:
        alone = estimate(responses, estimand=estimand, by=["sector"], design=design).to_pandas()
        own = found[(found.estimand == estimand) & (found.quantity == "rate")]
        np.testing.assert_allclose(
            own[NUMBERS].astype(float), alone[NUMBERS].astype(float), rtol=1e-9, atol=1e-12
        )


def test_differences_are_those_of_a_jackknife_by_hand(tmp_path: Path) -> None:
    """Each PSU is left out of files, and each rung of what is left estimated by itself."""
    frame = answers("clustered")
    frame = frame[frame.psu.isin(frame.psu.unique()[:9])].reset_index(drop=True)
    responses = written(frame, tmp_path)
    made = Replication("jkn", mse=True)
    design = survey_design(responses, "as_given", replication=made)
    found = ladder(responses, design=design)
    psus = frame.psu.unique()
    estimands = ("recommended_past_12m", "converted_within_12m", "verified_within_12m")
    left = []
    for psu in psus:
        rest = written(frame[frame.psu != psu], tmp_path)
        left.append(
            [
                estimate(rest, estimand=name).table.column("estimate")[0].as_py()
                for name in estimands
            ]
        )
    for number, name in enumerate(estimands[1:], start=1):
        apart = np.array(left)[:, number] - np.array(left)[:, 0]
        row = one(found, name, "difference")
        assert row["estimate"] == pytest.approx(
            one(found, name)["estimate"] - one(found, estimands[0])["estimate"]
        )
        variance = (len(psus) - 1) / len(psus) * np.sum((apart - row["estimate"]) ** 2)
        assert row["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-9)
        linear = one(
            ladder(responses, design=survey_design(responses, "as_given")), name, "difference"
        )
        assert linear["std_error"] == pytest.approx(row["std_error"], rel=0.2)


def test_the_unasked_lie_between_the_limits_over_one_plus_the_effects(tmp_path: Path) -> None:
    found = ladder(written(answers("srs"), tmp_path), measurement=(-0.05, 0.25))
    rate = one(found, "converted_within_12m")
    row = one(found, "converted_within_12m", "unasked")
    assert row["conf_low"] == pytest.approx(rate["conf_low"] / 1.25)
    assert row["conf_high"] == pytest.approx(rate["conf_high"] / 0.95)
    assert row["estimate"] is None
    assert row["n"] == rate["n"]


def test_rungs_without_columns_are_named(tmp_path: Path) -> None:
    frame = answers("srs").drop(columns=["verification_checked", "churned_on"])
    found = ladder(written(frame, tmp_path))
    assert [
        (note.key, note.values["estimand"], note.values["columns"]) for note in found.notes
    ] == [
        ("ladder.missing", "converted_within_12m", ["churned_on"]),
        ("ladder.missing", "converted_within_12m_complete", ["churned_on"]),
        ("ladder.missing", "verified_past_12m", ["verification_checked"]),
        ("ladder.missing", "verified_within_12m", ["verification_checked"]),
    ]
    assert set(found.table.column("estimand").to_pylist()) == {
        "recommended_past_12m",
        "converted_within_12m_any",
    }


def test_a_follow_up_without_dates_leaves_its_rungs_out(tmp_path: Path) -> None:
    frame = answers("srs")
    frame.loc[frame.recommended_since.fillna(False).astype(bool), "first_recommended_on"] = None
    found = ladder(written(frame, tmp_path))
    assert ("ladder.undated", "converted_within_12m") in [
        (note.key, note.values["estimand"]) for note in found.notes
    ]


def test_without_what_they_say_nothing_is_held_against_it(tmp_path: Path) -> None:
    found = ladder(written(answers("srs").drop(columns="recommended_past_12m"), tmp_path))
    assert set(found.table.column("quantity").to_pylist()) == {"rate", "unasked"}


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    responses = written(answers("srs"), tmp_path)
    with pytest.raises(UsageError, match="of one intent set"):
        ladder(responses, by=["score_band"])
    with pytest.raises(UsageError, match="no range of effects"):
        ladder(responses, measurement=(0.1, -0.1))
    with pytest.raises(MissingColumnError, match="recommended_past_12m"):
        ladder(written(answers("srs")[["rating_id", "score"]], tmp_path))


def test_nobody_on_any_rung_is_an_error(tmp_path: Path) -> None:
    frame = answers("srs")
    frame.loc[frame.score == 10, ["recommended_past_12m", "followed_up_on", "recommended_since",
                                  "first_recommended_on", "churned_on"]] = None  # fmt: skip
    frame.loc[frame.score == 10, "verification_checked"] = False
    with pytest.raises(DataError, match="on any rung"):
        ladder(written(frame, tmp_path))
