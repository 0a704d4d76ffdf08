"""Tables, numbers and truth of the chapters on how wrong the headline could be: by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from advocacy.estimation import Estimates
from advocacy.evidence.published import read_published
from advocacy.report.figures.style import style
from advocacy.report.numbers import identified
from advocacy.report.results import ledger_numbers
from advocacy.responses import Responses, open_responses
from advocacy.robustness.multiverse.choices import USUAL, Multiverse
from advocacy.robustness.multiverse.specifications import multiverse
from advocacy.robustness.recall import recall
from advocacy.robustness.summary import threats
from advocacy.study.robustness import figures, pages
from advocacy.study.robustness.another import another_numbers, another_page
from advocacy.study.robustness.truth import bounded, holds, true_numbers, true_rate

ROLE = re.compile(r"\{number\}`([^`<]+) <([^>]+)>`")
# What the simulation would say: half say so, 0.4 of all invited would, and 0.3 did.
KNOWN: dict[str, Any] = {
    "recommended_past_12m": {
        "programmes_like_these": {
            "score_10": [{"rate": 0.5, "share": 1.0}],
            "score": [{"score": s, "rate": s / 10, "share": 0.1 * (s > 0)} for s in range(11)],
        }
    },
    "invited": {"score_10": [{"rate": 0.4, "share": 1.0}]},
    "did_recommend_past_12m": {
        "programmes_like_these": {"score_10": [{"rate": 0.3, "share": 1.0}]}
    },
}


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    rng = np.random.default_rng(3)
    n = 900
    yes = rng.random(n) < 0.55
    table = pa.table(
        {
            "score": rng.choice([8, 9, 10], n),
            "recommended_past_12m": pa.array(yes, mask=rng.random(n) < 0.05),
            "months_since_recommended": pa.array(rng.integers(0, 13, n) * 1.0, mask=~yes),
            "programme": [f"p{number % 9}" for number in range(n)],
            "source_kind": ["simulated"] * n,
        }
    )
    path = tmp_path_factory.mktemp("ratings") / "ratings.parquet"
    pa.parquet.write_table(table, path)
    return open_responses(path)


@pytest.fixture(scope="module")
def summary(responses: Responses) -> Estimates:
    return identified(threats(responses), "robustness")


@pytest.fixture(scope="module")
def analyses(responses: Responses) -> Estimates:
    return identified(multiverse(responses, Multiverse(USUAL)), "specifications")


def rows_of(table: Estimates) -> dict[str, dict[str, Any]]:
    return {row["stem"]: row for row in table.table.to_pylist()}


def test_every_number_of_a_page_is_in_the_ledger_as_it_is_written(
    responses: Responses, summary: Estimates, analyses: Estimates
) -> None:
    months = identified(recall(responses), "recall")
    ledger = (
        ledger_numbers(summary, "robustness")
        | ledger_numbers(analyses, "specifications")
        | ledger_numbers(months, "recall")
        | true_numbers(KNOWN, summary)
    )
    made = [
        pages.summary_page(summary, analyses, KNOWN),
        pages.threats_page(summary, "nonresponse", KNOWN),
        pages.threats_page(summary, "recall"),
        pages.moves_page(analyses),
        pages.options_page(analyses),
        pages.profile_page(months),
    ]
    for page in made:
        found = ROLE.findall(page)
        assert found
        for text, name in found:
            assert ledger[name]["text"].startswith(text), name


def test_the_summary_has_a_row_a_threat(summary: Estimates, analyses: Estimates) -> None:
    lines = pages.summary_page(summary, analyses).splitlines()[2:]
    first = [line.split(" | ")[0].removeprefix("| ") for line in lines]
    assert first[:4] == [
        "as reported",
        "any score and answer left out",
        "silent: anything, response 25\N{NARROW NO-BREAK SPACE}%",
        "memory right for 6 months",
    ]
    assert first[4].startswith("another of")
    assert len(first) == 5


def test_the_truth_of_a_row_is_of_what_it_tells(summary: Estimates) -> None:
    rows = rows_of(summary)
    of = {name: true_rate(row, (), KNOWN) for name, row in rows.items()}
    assert of["robustness:reported"] == 0.5
    assert of["robustness:item_bounds"] == 0.5
    assert of["robustness:bounds_stated,0.25"] == 0.4
    assert of["robustness:selection,2"] == 0.4
    validated = {**rows["robustness:reported"], "assumption": "validated"}
    assert true_rate(validated, (), KNOWN) == 0.3
    assert true_rate(rows["robustness:reported"], (), {}) is None
    band = {**rows["robustness:reported"], "intent": None, "score_band": "7-8"}
    assert true_rate(band, ("score_band",), KNOWN) == pytest.approx(0.75)


def test_bounds_hold_a_truth_between_them_and_no_other(summary: Estimates) -> None:
    row = rows_of(summary)["robustness:bounds_stated,0.25"]
    assert bounded(row, (row["low"] + row["high"]) / 2) is True
    assert bounded(row, row["low"] - 0.001) is False
    assert holds(row, row["conf_low"] - 0.001) is False
    assert bounded(rows_of(summary)["robustness:reported"], 0.5) is None
    assert holds(row, None) is None


def test_figures_are_drawn_of_what_is_there(
    responses: Responses, summary: Estimates, analyses: Estimates
) -> None:
    with style():
        assert figures.summary(summary, analyses, KNOWN) is not None
        assert figures.of_threat(summary, "nonresponse") is not None
        assert figures.of_threat(summary, "misreport") is None
        assert figures.profile(recall(responses)) is not None
    data = figures.summary_rows(summary, analyses, KNOWN)
    assert [row["truth"] for row in data] == [0.5, 0.5, 0.4, 0.5, None]
    assert data[-1]["low"] == min(analyses.table.column("estimate").to_pylist())


def test_voters_by_hand(root: Path) -> None:
    """Of 626 asked again 71.9 % voted, 450; 54 of 680 were not: 450/680 and 504/680.

    95.4 % said so: if all who voted did, (0.954 − 0.719) of the 0.281 who did not claim it.
    """
    published = read_published(root / "data" / "raw" / "published" / "figures.csv")
    numbers = another_numbers(published)
    assert numbers["another:bounds:range"]["value"] == pytest.approx((450 / 680, 504 / 680))
    assert numbers["another:bounds:range"]["text"].startswith("66.2 to 74.1")
    assert numbers["another:misreport:specificity"]["value"] == pytest.approx(1 - 0.235 / 0.281)
    assert numbers["another:response:rate"]["value"] == pytest.approx(626 / 680)
    assert numbers["another:misreport:difference"]["text"] == "+23.5"
    assert another_page(published).count("\n") == 8
