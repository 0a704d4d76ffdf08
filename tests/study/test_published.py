"""What is published of comparisons and curves: nothing that stands on a withheld rate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.equivalence import equivalence
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.report.figures import comparison as comparison_figures
from advocacy.report.figures import curve as curve_figures
from advocacy.report.figures import estimates as figures
from advocacy.report.figures.style import save, style
from advocacy.report.numbers import numbers_of
from advocacy.responses import Responses, open_responses
from advocacy.study.book import chapters
from advocacy.study.published import publish, shortened

RULES = DisclosureRules(smallest_n=10, smallest_count=3, fewest_suppliers=2)
FEW = "FI"  # the one country with few ratings


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    """Return ratings of three countries and two sectors; one country has seven 10s only."""
    rng = np.random.default_rng(20260322)
    n = 6_000
    frame = pd.DataFrame(
        {
            "score": rng.choice(
                np.arange(11), n, p=[0.04] * 5 + [0.06, 0.06, 0.1, 0.14, 0.2, 0.24]
            ),
            "sector": rng.choice(["B2B", "B2C"], n),
            "industry": rng.choice(["C", "G"], n),
            "country": rng.choice(["NO", "SE", "DK"], n),
            "supplier": rng.choice(["s1", "s2", "s3", "s4"], n),
            "source_kind": "simulated",
        }
    )
    frame.loc[frame.index[frame.score == 10][:7], "country"] = FEW
    frame["recommended_past_12m"] = (rng.random(n) < 0.2 + 0.05 * frame.score).astype(int)
    path = tmp_path_factory.mktemp("ratings") / "ratings.parquet"
    frame.to_parquet(path, index=False)
    return open_responses(path)


@pytest.fixture(scope="module")
def shown(responses: Responses) -> dict[str, Estimates]:
    """Return what is published of all tables together."""
    tables = {
        "_".join(by) or "overall": estimate(responses, by=by)
        for by in ((), ("sector",), ("country",), ("country", "score"), ("sector", "industry"))
    }
    further = {
        "pairs_country": compare(responses, between="country"),
        "pairs_sector": compare(responses, between="sector"),
        "lift_country": lift(responses, by=["country"]),
        "lift_sector": lift(responses, by=["sector"]),
        "standardisation_sector": standardise(responses, between="sector", mix=("industry",)),
        "equivalence_country": equivalence(responses, by=["country"]),
        "curve": curve(responses),
        "curve_country": curve(responses, by=["country"]),
        "curve_tests": curve_tests(responses),
        "curve_tests_country": curve_tests(responses, by=["country"]),
    }
    return publish(tables | further, RULES, responses, nothing_again)


def nothing_again(name: str, support: Collection[tuple[str, ...]]) -> Estimates:
    raise AssertionError(f"{name} is to be published as it is")


def frame(shown: dict[str, Estimates], name: str) -> pd.DataFrame:
    return shown[name].to_pandas()


def hidden_countries(shown: dict[str, Estimates]) -> set[str]:
    rates = frame(shown, "country")
    return set(rates.country[rates.reliability == "withheld"])


def test_few_ratings_hide_a_country_and_another_that_protects_it(
    shown: dict[str, Estimates],
) -> None:
    # The total is shown: with one country alone withheld it could be worked out.
    hidden = hidden_countries(shown)
    assert FEW in hidden
    assert len(hidden) >= 2


def test_a_pair_is_shown_where_both_of_its_rates_are(shown: dict[str, Estimates]) -> None:
    hidden = hidden_countries(shown)
    pairs = frame(shown, "pairs_country").dropna(subset="reference")
    stands = pairs.country.isin(hidden) | pairs.reference.isin(hidden)
    assert stands.any()
    assert (pairs.estimate.isna() == stands).all()
    for column in ("std_error", "conf_low", "p_value", "p_adjusted", "cohens_h", "n"):
        assert pairs[column][stands].isna().all(), column


def test_a_test_of_all_levels_and_its_letters_fall_with_one(shown: dict[str, Estimates]) -> None:
    pairs = frame(shown, "pairs_country")
    assert pairs[["homogeneity_f", "homogeneity_p", "exceeds"]].isna().all().all()
    assert frame(shown, "pairs_sector").homogeneity_f.notna().all()


def test_lift_is_shown_where_both_of_its_rates_are(shown: dict[str, Estimates]) -> None:
    table = frame(shown, "lift_country")
    rates = table[table.reference.isna()].set_index(["country", "intent"]).estimate
    for row in table.dropna(subset="reference").itertuples():
        both = [rates[row.country, row.intent], rates[row.country, row.reference]]
        assert np.isnan(row.estimate) == np.isnan(both).any()


def test_an_outcome_falls_with_its_rate(shown: dict[str, Estimates]) -> None:
    table = frame(shown, "equivalence_country")
    gone = table.country.isin(hidden_countries(shown))
    assert table[gone][["estimate", "outcome", "p_value"]].isna().all().all()
    assert table[~gone].outcome.notna().all()


def test_fits_and_tests_of_a_curve_fall_with_one_of_its_scores(
    shown: dict[str, Estimates],
) -> None:
    rates = frame(shown, "country_score")
    broken = set(rates.country[rates.reliability == "withheld"])
    assert FEW in broken
    curves = frame(shown, "curve_country")
    fitted = curves[curves.fit != "direct"]
    assert not broken & set(fitted.country)
    direct = curves[curves.fit == "direct"].set_index(["country", "score"]).estimate
    assert (direct.isna() == rates.set_index(["country", "score"]).estimate.isna()).all()
    tests = frame(shown, "curve_tests_country")
    assert set(tests.country) == set(rates.country) - broken
    assert len(set(tests.country)) >= 2
    assert (tests.reference != "10, the others").all()  # it would give the others' 10 away
    assert set(frame(shown, "curve").fit) > {"direct", "logistic"}
    assert len(frame(shown, "curve_tests")) > 0


def test_what_is_withheld_has_no_number(shown: dict[str, Estimates]) -> None:
    numbers = numbers_of(shown["pairs_country"], "pairs_country")
    assert not any(name in key for key in numbers for name in hidden_countries(shown))
    sectors = numbers_of(shown["pairs_sector"], "pairs_sector")
    row = frame(shown, "pairs_sector").iloc[-1]
    written = f"{100 * row.estimate:+.1f}".replace("-", "\N{MINUS SIGN}")
    assert sectors["pairs_sector:B2B,B2C:difference"]["text"] == written
    assert sectors["pairs_sector:B2B,B2C:difference"]["estimate"] == row.estimate
    assert sectors["pairs_sector:B2B,B2C:difference_p"]["text"].startswith("p ")


@pytest.mark.parametrize(
    ("draw", "names"),
    [
        (figures.forest, ["country"]),
        (figures.targets, ["sector", "sector"]),
        (comparison_figures.pair_matrix, ["pairs_country"]),
        (comparison_figures.slopes, ["lift_sector"]),
        (comparison_figures.decomposition, ["standardisation_sector"]),
        (comparison_figures.one_in_two, ["equivalence_country"]),
        (curve_figures.fits, ["curve"]),
        (curve_figures.small_multiples, ["curve_country", "curve"]),
        (curve_figures.nine_and_ten, ["curve_country"]),
        (curve_figures.cut_points, ["curve_tests", "curve_tests_country"]),
    ],
)
def test_a_figure_is_drawn_of_what_is_left(
    draw: figures.Draw, names: Sequence[str], shown: dict[str, Estimates], tmp_path: Path
) -> None:
    for file in ("one.svg", "two.svg"):
        with style():
            save(draw(*[shown[name] for name in names]), tmp_path / file)
    one = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert one == (tmp_path / "two.svg").read_text(encoding="utf-8")
    assert "SIMULATED DATA: NOT A FINDING" in one


def test_tables_say_what_is_withheld_and_what_is_simulated(shown: dict[str, Estimates]) -> None:
    pages = (chapters.levels_page, chapters.pairs_page)
    levels, pairs = (page(shown["pairs_country"]) for page in pages)
    for page in (levels, pairs):
        assert "Simulated data: not a finding" in page
        assert "withheld" in page
    assert "Rao–Scott" not in levels
    tests = chapters.tests_table([shown["curve_tests"], shown["curve_tests_country"]])  # type: ignore[list-item]
    assert "| All | 0." in tests
    assert "Simulated data: not a finding" in tests
    counted = chapters.withheld_table([shown["country"]])
    assert f"| country | 4 | {len(hidden_countries(shown))} |" in counted
    other = shown["country"].table.to_pylist()
    assert {row["estimand"] for row in other} == {"recommended_past_12m"}
    column = shown["country"].table.column_names.index("estimand")
    shares = replace(
        shown["country"],
        table=shown["country"].table.set_column(
            column, "estimand", pa.array(["recommender_share"] * len(other))
        ),
    )
    both = chapters.withheld_table([shown["country"], shares])
    assert "| country |" in both
    assert "| recommender_share: country |" in both


# What numbers beside the rates would tell ------------------------------------------------------


def published_sectors(tmp_path: Path) -> tuple[dict[str, Estimates], list[tuple[str, ...]]]:
    """Return what is published of B2B and B2C, where a supplier is alone in Denmark."""
    cells = [("B2B", "NO", 360, 182, 6), ("B2B", "SE", 300, 138, 5), ("B2B", "DK", 47, 22, 1),
             ("B2C", "NO", 350, 160, 5), ("B2C", "SE", 300, 146, 6)]  # fmt: skip
    frame = pd.concat(
        pd.DataFrame(
            {
                "score": 10,
                "sector": sector,
                "country": country,
                "supplier": [f"{sector}-{country}-{place % suppliers}" for place in range(n)],
                "recommended_past_12m": np.arange(n) < hits,
                "source_kind": "simulated",
            }
        )
        for sector, country, n, hits, suppliers in cells
    )
    path = tmp_path / "ratings.parquet"
    frame.to_parquet(path, index=False)
    responses = open_responses(path)
    crossings = ((), ("sector",), ("country",), ("sector", "country"))
    tables = {" ".join(by): estimate(responses, by=by) for by in crossings}
    asked = {"between": "sector", "mix": ("country",)}
    supports = []

    def again(name: str, support: Collection[tuple[str, ...]]) -> Estimates:
        supports.extend(support)
        return standardise(responses, support=support, **asked)

    tables["standardised"] = standardise(responses, **asked)
    return publish(tables, DisclosureRules(), responses, again), supports


def test_a_standardised_difference_is_over_published_cells(tmp_path: Path) -> None:
    shown, support = published_sectors(tmp_path)
    # Denmark and, so that it does not follow, Sweden are withheld for B2B.
    assert support == [("B2B", "NO"), ("B2C", "NO"), ("B2C", "SE")]
    rows = frame(shown, "standardised").set_index(["quantity", "sector"])
    # Norway alone is common: 182 of 360, not 320 of 660, from which 22 of 47 would follow.
    assert rows.n["rate_common"].tolist() == [360, 350]
    assert rows.estimate["rate_common"].tolist() == pytest.approx([182 / 360, 160 / 350])
    assert rows.excluded["rate_common"].tolist() == pytest.approx([347 / 707, 300 / 650])


def test_a_standardised_difference_without_a_table_of_its_cells_is_withheld(
    responses: Responses,
) -> None:
    tables = {
        "sector": estimate(responses, by=["sector"]),
        "standardised": standardise(responses, between="sector", mix=("industry",)),
    }
    shown = publish(tables, RULES, responses, nothing_again)
    assert frame(shown, "standardised").estimate.isna().all()


def test_adjusted_p_values_are_of_published_comparisons(
    responses: Responses, shown: dict[str, Estimates]
) -> None:
    every = compare(responses, between="country").to_pandas().dropna(subset="p_value")
    pairs = frame(shown, "pairs_country").dropna(subset="p_value")
    assert 0 < len(pairs) < len(every)
    # Holm, by hand: the smallest p times their number, the next times one less, never falling.
    p = every.loc[pairs.index].p_value.to_numpy()
    factors = len(p) - p.argsort().argsort()
    adjusted = np.minimum(1, [max((p * factors)[p <= own]) for own in p])
    assert pairs.p_adjusted.to_numpy() == pytest.approx(adjusted, abs=1e-4)


def test_numbers_that_would_complete_a_table_are_not_published(
    shown: dict[str, Estimates],
) -> None:
    for table in shown.values():
        assert table.unplaced == 0
        assert table.quantities is None
        assert table.table.column("largest_supplier").null_count == len(table)


def test_overlapping_sets_do_not_tell_how_much_they_share(responses: Responses) -> None:
    # 8 to 10 and 7 or 8 share the 8s, whose number is that of both less that of either.
    tables = {"": estimate(responses), "lift": lift(responses, intent="top_3")}
    rows = frame(publish(tables, RULES, responses, nothing_again), "lift")
    rows = rows.dropna(subset="reference").set_index("reference")
    assert rows.n["passives"].isna().all()
    assert rows.n["detractors"].notna().all()


@pytest.mark.parametrize(
    ("value", "digits", "left"),
    [
        (0.12345678, 4, 0.1234),
        (0.04996, 4, 0.0499),  # below 0.05 it stays
        (0.05004, 4, 0.0501),  # and above
        (0.00045, 4, 0.0004),
        (-0.12354999, 4, -0.1236),  # 12.4 per cent, as -0.12354999 is
        (0.5, 4, 0.5),
        (16.0, 1, 16.0),
        (np.nan, 4, np.nan),
    ],
)
def test_what_is_shortened_rounds_as_the_whole_number_does(
    value: float, digits: int, left: float
) -> None:
    assert shortened(np.array([value]), digits) == pytest.approx([left], nan_ok=True, abs=1e-12)
