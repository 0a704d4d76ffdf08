"""What a result looks like by itself: every public function that returns estimates is called."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from tests.estimation.pooling.posteriors import tiny
from tests.evidence.rows import written
from tests.robustness.answers import imported, opened

import advocacy
from advocacy import (
    Choices,
    DisclosureRules,
    Estimates,
    Multiverse,
    Ranges,
    area_level,
    attrition,
    beside,
    change,
    compare,
    curve,
    curve_tests,
    distribution,
    dose_response,
    drivers,
    equivalence,
    estimate,
    estimate_margins,
    expectation,
    incidence_over_time,
    ladder,
    lift,
    misreport,
    multiverse,
    multiverse_test,
    net_scores,
    next_programme,
    nonresponse,
    open_responses,
    participation,
    pooled_rates,
    ranks,
    read_published,
    recall,
    regress,
    reliability,
    standardise,
    stated_likelihood,
    synthesise,
    threats,
    track,
    variance_shares,
    withhold,
)
from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimates_file import read_estimates, write_estimates
from advocacy.estimation.pooling.effective_counts import effective_counts
from advocacy.report.results import KINDS, ledger_numbers
from advocacy.responses import Responses

HEADER = "score,recommended_past_12m,sector,country,industry,source_kind,programme,supplier"
LINES = [
    f"{score},{int((i + score) % 3 > 0)},{'B2B' if i % 2 else 'B2C'},{('NO', 'DK')[i % 4 > 1]},"
    f"C,simulated,P{i % 7},S{i % 5}"
    for score in range(11)
    for i in range(24)
]
FOLLOWED = "score,interviewed_on,followed_up_on,recommended_since,first_recommended_on,churned_on"
# Of each five: stayed, recommended, ceased to be a customer, left, never followed up.
FOLLOW_UPS = [
    "2025-03-01,false,,",
    "2025-03-01,true,2024-05-20,",
    "2025-03-01,false,,2024-09-09",
    "2024-07-10,false,,",
    ",,,",
]
# What does not speak of the 12 months before.
OTHERWISE = (
    "distribution",
    "track",
    "change",
    "a linear model",
    "drivers of a mean",
    "variance_shares",
    "attrition",
    "incidence_over_time",
    "participation",
)
# Their rows are numbers of several units.
NOT_DRAWN = {"curve_tests", "expectation", "synthesis", "participation", "multiverse_test"}
# What others have published is of no rung of the data, and never simulated.
PUBLISHED = {"published", "synthesis"}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    path: Path = tmp_path_factory.mktemp("results") / "ratings.csv"
    path.write_text("\n".join([HEADER, *LINES]), encoding="utf-8")
    return open_responses(path)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    path: Path = tmp_path_factory.mktemp("followed") / "ratings.csv"
    lines = [
        f"10,2024-01-15,{FOLLOW_UPS[i % 5]},{('B2B', 'B2C')[i % 7 > 3]},simulated"
        for i in range(200)
    ]
    path.write_text("\n".join([f"{FOLLOWED},sector,source_kind", *lines]), encoding="utf-8")
    return open_responses(path)


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    path: Path = tmp_path_factory.mktemp("driven") / "ratings.csv"
    header = "score,recommended_past_12m,sector,source_kind,ease,consistency,wow_moments"
    lines = [
        f"{10 - i % 3 // 2},{int((i * 7 + i % 5 * 3) % 10 > 4)},"
        f"{('B2B', 'B2C')[i % 7 > 3]},simulated,"
        f"{1 + (i * i + i % 5) % 7},{1 + (i * i // 3) % 7},{i * 3 // 4 % 5}"
        for i in range(240)
    ]
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    return open_responses(path)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Estimates]:
    path: Path = tmp_path_factory.mktemp("moving") / "ratings.csv"
    lines = [
        f"{(i * 7 + programme * 3 + quarter) % 11},{int((i + programme) % 3 > 0)},"
        f"2025-{3 * quarter + 1:02d}-15,P{programme},"
        f"{('B2B', 'B2C')[(i + quarter) % 5 > 2]},simulated"
        for quarter in range(4)
        for programme in range(24)
        for i in range(6)
    ]
    header = "score,recommended_past_12m,interviewed_on,programme,sector,source_kind"
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    responses = open_responses(path)
    treated = f"programme in ({', '.join(f'P{n}' for n in range(12))})"
    return {
        "net_scores": net_scores(responses, by=["sector"]),
        "track": track(responses, by=["quarter"], mix=["sector"]),
        "change": change(responses, treated=treated, at="2025-Q3", by="quarter"),
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Estimates]:
    rows = [{"id": f"f{i}", "low": p, "high": p, "n": 500, "include": "pool"}
            for i, p in enumerate((30, 50, 80))]  # fmt: skip
    ranged = {"id": "ranged", "low": 33, "high": 48.5}
    figures = read_published(written(tmp_path_factory.mktemp("published"), *rows, ranged))
    return {
        "read_published": figures,
        "synthesise": synthesise(figures, "acted_given_intended"),
    }


@pytest.fixture(scope="module")
def robust(responses: Responses, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Estimates]:
    stated = Ranges((0.9, 1), (0.8, 0.95))
    columns = {
        "score": [10] * 60,
        "recommended_past_12m": [True, True, False] * 20,
        "months_since_recommended": [1.0, 12.0, None] * 20,
        "source_kind": ["simulated"] * 60,
    }
    programmes = {
        "score": [10] * 96,
        "recommended_past_12m": [True, False, False, True, True, False] * 16,
        "programme": [f"P{i % 8}" for i in range(96)],
        "sector": ["B2B" if i % 8 < 4 else "B2C" for i in range(96)],
        "source_kind": ["simulated"] * 96,
    }
    dealt = opened(tmp_path_factory.mktemp("dealt"), programmes)
    invited = imported(tmp_path_factory.mktemp("invited"), "simulated")
    return {
        "misreport": misreport(responses, stated=stated, by=["sector"]),
        "nonresponse": nonresponse(responses, by=["sector"]),
        "nonresponse of who was invited": nonresponse(invited),
        "recall": recall(opened(tmp_path_factory.mktemp("recall"), columns)),
        "threats": threats(responses),
        "multiverse": multiverse(responses, Multiverse(Choices(intent=("score_10", "promoters")))),
        "multiverse_test": multiverse_test(dealt, permutations=19),
        "participation": participation(invited, by="sector"),
    }


@pytest.fixture(scope="module")
def results(
    responses: Responses,
    driven: Responses,
    followed: Responses,
    moving: dict[str, Estimates],
    published: dict[str, Estimates],
    robust: dict[str, Estimates],
) -> dict[str, Estimates]:
    """Return a result of each public function, and of some two."""
    posterior, counts = tiny(200), effective_counts(responses)
    cells = estimate(responses, by=["country", "sector"])
    return {
        "estimate": estimate(responses, by=["sector"]),
        "one name alone": estimate(responses, by="sector"),
        "estimate_margins": estimate_margins(responses, by=["sector"])["sector",],
        "lift": lift(responses, by=["sector"]),
        "compare": compare(responses, between="country"),
        "ratios": compare(responses, between="country", quantity="ratio"),
        "standardise": standardise(responses, between="sector", mix=["country"]),
        "equivalence": equivalence(responses, by=["sector"]),
        "curve": curve(responses),
        "curves": curve(responses, by=["sector"]),
        "curve_tests": curve_tests(responses),
        "ladder": ladder(responses),
        "ladders": ladder(responses, by=["sector"]),
        "distribution": distribution(responses, by=["sector"]),
        "stated_likelihood": stated_likelihood(responses),
        "stated_likelihoods": stated_likelihood(responses, by=["sector"]),
        "regress": regress(responses, on=["sector", "score"]),
        "a linear model": regress(responses, on=["sector*country"], estimand="nps"),
        "effects": regress(responses, on=["sector", "score"], show="effects"),
        "margins": regress(responses, on=["sector", "score"], show="margins"),
        "drivers": drivers(driven, beside=["sector"]),
        "drivers of a mean": drivers(driven, estimand="mean_score", where="sector = B2B"),
        "reliability": reliability(driven, on=["ease", "consistency", "wow_moments"]),
        "dose_response": dose_response(driven, beside=["ease"]),
        "attrition": attrition(followed, by=["sector"]),
        "incidence_over_time": incidence_over_time(followed, by=["sector"]),
        "area_level": area_level(cells, on=["sector"]),
        "withhold": withhold([cells], DisclosureRules(smallest_n=3, smallest_count=1))[0],
        "pooled_rates": pooled_rates(posterior, by=["country"]),
        "next_programme": next_programme(posterior, by=["country"]),
        "ranks": ranks(posterior, of="country"),
        "variance_shares": variance_shares(posterior),
        "expectation": expectation(posterior, where={"sector": "B2B"}, n=50),
        "beside": beside(posterior, counts),
        **moving,
        **published,
        **robust,
    }


def test_no_public_function_that_returns_estimates_is_left_out(
    results: dict[str, Estimates],
) -> None:
    types = re.compile(
        r"\b(Estimates|Comparison|Curve|OverTime|Attrition|AreaLevel|Scenarios|Participation)\b"
    )
    returning = {
        name
        for name in advocacy.__all__
        if name.islower()
        and types.search(str(inspect.signature(getattr(advocacy, name)).return_annotation))
    }
    assert len(returning) > 15
    assert returning <= set(results)


def test_every_kind_is_known_and_every_known_kind_is_made(results: dict[str, Estimates]) -> None:
    assert {result.kind for result in results.values()} == set(KINDS)


def test_each_says_what_it_is_of_and_draws_itself(
    results: dict[str, Estimates], tmp_path: Path
) -> None:
    for name, result in results.items():
        for shown in (str(result), result._repr_html_()):
            words = " ".join(re.sub("<[^>]+>", "", shown).split())
            of_others = result.kind in PUBLISHED
            assert ("Simulated data: not a finding" in shown) is not of_others, name
            assert "12 months before" in words or name in OTHERWISE or of_others, name
            assert "nan" not in words.lower().replace("finance", ""), name
        if result.kind in NOT_DRAWN:
            with pytest.raises(UsageError, match="is not drawn"):
                result.plot()
            continue
        figure = result.plot()
        assert isinstance(figure, Figure)
        figure.savefig(tmp_path / "figure.png")
        plt.close(figure)
        assert ("SIMULATED" in " ".join(texts(figure))) is not of_others, name
        assert not {"nan", "None"} & set(texts(figure)), name


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def names_across(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_comparisons_draw_what_compares(results: dict[str, Estimates]) -> None:
    assert names_across(results["compare"].plot()) == ["Denmark − Norway"]
    assert names_across(lift_overall(results).plot()) == ["10 − 0 to 6", "10 − 7 or 8"]


def test_attrition_shows_what_is_possible_and_what_was_supposed(
    results: dict[str, Estimates],
) -> None:
    shown = " ".join(str(results["attrition"]).split())
    assert "Of those who score 10 today, what share go on to recommend within 12 months" in shown
    for answer in ("complete cases", "leaving at random", "weighted", "at least", "at most"):
        assert f"B2C {answer}" in shown
    assert "40 were not followed up at all, and 40 were lost later" in shown
    assert "Leaving is modelled on: period, sector" in shown
    # A fifth recommended; of two fifths it is not known.
    rows = {(r["sector"], r["answer"]): r for r in results["attrition"].table.to_pylist()}
    hits = sum(rows[sector, "bound_low"]["n_numerator"] for sector in ("B2B", "B2C"))
    possible = sum(rows[sector, "bound_high"]["n_numerator"] for sector in ("B2B", "B2C"))
    assert (hits, possible) == (40, 120)
    axes = results["attrition"].plot().axes[0]
    assert names_across(axes.figure) == ["B2B", "B2C"]
    assert "possible, whatever those who left did" in texts(axes.figure)


def lift_overall(results: dict[str, Estimates]) -> Estimates:
    table = results["lift"].table
    first = [row == "B2B" for row in table.column("sector").to_pylist()]
    position = table.column_names.index("sector")
    return replace(results["lift"], table=table.filter(first).remove_column(position))


def test_a_regression_shows_odds_ratios_and_no_per_cent(results: dict[str, Estimates]) -> None:
    shown, model = str(results["regress"]), results["regress"].table.to_pylist()
    ratios = [row["estimate"] for row in model if row["quantity"] == "odds_ratio"]
    assert "odds ratio" in shown
    assert "intercept" not in shown
    assert "sector: B2C against B2B" in shown
    assert all(f" {ratio:.2f} " in shown for ratio in ratios)
    axes = results["regress"].plot().axes[0]
    drawn = sorted(float(x) for points in axes.collections for x, _ in points.get_offsets())
    assert drawn[-len(ratios) :] == pytest.approx(sorted(ratios))
    assert axes.get_xscale() == "log"


def test_tests_of_curves_show_each_finding(results: dict[str, Estimates]) -> None:
    shown = str(results["curve_tests"])
    for finding in ("9 less 10:", "Area under the ROC curve:", "Best cut-point:"):
        assert shown.count(finding) == 1
    # Seven programmes bear no test, of 9 against 10 or of a fall.
    assert "no test, since 9 or 10 rests on too few ratings" in shown
    assert "No rate is below" not in shown
    assert "Largest fall" not in shown


def test_tests_of_curves_of_more_programmes_test_falls_too(tmp_path: Path) -> None:
    """Twelve, each with rates of its own: as many as the guard asks for."""
    lines = [
        f"{score},{int((i * i + 3 * score) % 8 > 3)},B2B,NO,C,simulated,P{i % 12},S{i % 5}"
        for score in range(11)
        for i in range(24)
    ]
    (tmp_path / "ratings.csv").write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    shown = str(curve_tests(open_responses(tmp_path / "ratings.csv")))
    assert "no test" not in shown
    assert shown.count("No rate is below") + shown.count("Largest fall") == 1


def test_ranks_are_drawn_as_ranks(results: dict[str, Estimates]) -> None:
    axes = results["ranks"].plot().axes[0]
    assert axes.get_xlim() == (0.5, 2.5)
    assert axes.get_xlabel() == "Rank, 1 the highest rate"


def test_shares_of_variance_have_a_figure_of_their_own(results: dict[str, Estimates]) -> None:
    figure = results["variance_shares"].plot()
    assert "nan" not in names_across(figure)
    assert figure.axes[0].get_xlabel().startswith("% of the variance")


# In files


def test_a_file_gives_back_what_a_result_is(results: dict[str, Estimates], tmp_path: Path) -> None:
    for name, result in results.items():
        write_estimates(result, tmp_path / "result.parquet")
        read = read_estimates(tmp_path / "result.parquet")
        assert read.kind == result.kind, name
        assert read.table.equals(result.table), name
        # A file keeps no notes.
        bare = replace(result, notes=()) if hasattr(result, "notes") else result
        assert str(read) == str(bare), name
        if result.kind in ("pairs", "standardisation"):
            assert (read.compares, read.mix) == (result.compares, result.mix)  # type: ignore[attr-defined]


def test_a_table_that_does_not_say_what_it_is_is_refused(
    results: dict[str, Estimates], tmp_path: Path
) -> None:
    path = tmp_path / "result.parquet"
    pq.write_table(results["estimate"].table, path)
    with pytest.raises(DataError, match="does not say what kind of result") as error:
        read_estimates(path)
    assert str(path) in str(error.value)


def test_a_table_of_another_version_is_refused(
    results: dict[str, Estimates], tmp_path: Path
) -> None:
    path = tmp_path / "result.parquet"
    about = {b"advocacy": b'{"format": 2, "type": "Estimates", "kind": "rates"}'}
    pq.write_table(results["estimate"].table.replace_schema_metadata(about), path)
    with pytest.raises(DataError, match="format 2; this version of advocacy reads 1"):
        read_estimates(path)


def test_an_unknown_kind_is_refused_by_its_name(results: dict[str, Estimates]) -> None:
    unknown = replace(results["estimate"], kind="horoscopes")
    for shown in (str, Estimates.plot, Estimates._repr_html_):
        with pytest.raises(UsageError, match="'horoscopes'.*known are: rates"):
            shown(unknown)


def test_a_kind_without_numbers_of_its_own_is_refused_in_the_ledger(
    results: dict[str, Estimates],
) -> None:
    with pytest.raises(UsageError, match="odds_ratios has no numbers"):
        ledger_numbers(results["regress"], "model")
    assert ledger_numbers(results["estimate"], "sector")["sector:B2B:n"]["text"] == "12"
