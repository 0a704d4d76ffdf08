"""The design that is taken by default, what each target makes of it, and which PSU a rating has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advocacy.errors import DesignError, UsageError
from advocacy.estimation import estimate
from advocacy.responses import Responses, Source, import_source, open_responses
from advocacy.survey import survey_design

ROWS = 8
Opened = Callable[..., Responses]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Write eight ratings with these columns beside score and behaviour, and open them."""

    def write(**columns: object) -> Responses:
        frame = pd.DataFrame({"score": [10] * ROWS, "recommended_past_12m": [1, 0] * (ROWS // 2)})
        frame.assign(**columns).to_csv(tmp_path / "survey.csv", index=False)
        return open_responses(tmp_path / "survey.csv")

    return write


PEOPLE = [f"r{i}" for i in range(ROWS)]
HALVES = ["A"] * 4 + ["B"] * 4

# Columns of a file; the target taken; weight, strata and clusters; scaling.
DEFAULTS = [
    ({}, "these_programmes", None, (), (), "respondents"),
    ({"respondent_id": PEOPLE}, "these_programmes", None, (), ("respondent_id",), "respondents"),
    ({"programme": "P"}, "these_programmes", None, ("programme",), (), "respondents"),
    ({"programme": HALVES}, "programmes_like_these", None, (), ("programme",), "respondents"),
    ({"weight": 2.5}, "as_given", "weight", (), (), "none"),
    ({"stratum": HALVES}, "as_given", None, ("stratum",), (), "none"),
    ({"psu": PEOPLE}, "as_given", None, (), ("psu",), "none"),
    # Of several programmes, only what says how ratings were drawn makes a design of their own.
    (
        {"weight": 2.5, "programme": HALVES},
        "programmes_like_these",
        "weight",
        (),
        ("programme",),
        "respondents",
    ),
    (
        {"weight": range(1, 9), "stratum": "all", "psu": PEOPLE, "programme": HALVES},
        "programmes_like_these",
        "weight",
        (),
        ("programme",),
        "respondents",
    ),
    ({"stratum": list("ab" * 4), "programme": HALVES}, "as_given", None, ("stratum",), (), "none"),
    ({"psu": HALVES, "programme": HALVES}, "as_given", None, (), ("psu",), "none"),
    ({"fpc": 60, "programme": HALVES}, "as_given", None, (), (), "none"),
    (
        {"weight": 1, "stratum": HALVES, "psu": PEOPLE, "account": "a", "respondent_id": PEOPLE},
        "as_given",
        "weight",
        ("stratum",),
        ("psu", "account", "respondent_id"),
        "none",
    ),
    # A column without a single value is not there.
    ({"stratum": None, "psu": None}, "these_programmes", None, (), (), "respondents"),
]


@pytest.mark.parametrize(("columns", "target", "weight", "strata", "clusters", "scaling"), DEFAULTS)
def test_default_of_a_file(
    opened: Opened,
    columns: dict[str, object],
    target: str,
    weight: str | None,
    strata: tuple[str, ...],
    clusters: tuple[str, ...],
    scaling: str,
) -> None:
    design = survey_design(opened(**columns))
    assert design.target == target
    assert (design.weight, design.strata, design.clusters) == (weight, strata, clusters)
    assert (design.scaling, design.lonely_psu, design.df) == (scaling, "fail", "domain")


@pytest.mark.parametrize(
    "more",
    [{"weight": 1}, {"weight": 2.5}, {"stratum": "x"}, {"psu": PEOPLE}, {"fpc": None}],
    ids=str,
)
@pytest.mark.parametrize("programme", ["P", HALVES, list("abcabcab")], ids=str)
def test_a_column_that_says_nothing_changes_no_number(
    opened: Opened, programme: object, more: dict[str, object]
) -> None:
    kept = ("estimate", "std_error", "conf_low", "conf_high", "df", "n_eff", "reliability")
    columns = {"programme": programme, "respondent_id": PEOPLE}
    before = estimate(opened(**columns)).table.select(kept).to_pylist()[0]
    after = estimate(opened(**columns, **more)).table.select(kept).to_pylist()[0]
    assert after == pytest.approx(before, rel=1e-12)


def test_targets_that_are_asked_for(opened: Opened) -> None:
    columns = {"weight": 2, "stratum": list("ab" * 4), "programme": HALVES, "account": PEOPLE}
    responses = opened(**columns)
    these = survey_design(responses, "these_programmes")
    assert (these.weight, these.strata) == ("weight", ("programme", "stratum"))
    assert (these.clusters, these.scaling) == (("account",), "respondents")
    like = survey_design(responses, "programmes_like_these", weight_scaling="equal_programme")
    assert (like.weight, like.strata, like.clusters) == ("weight", (), ("programme",))
    assert like.scaling == "equal_programme"


def imported(folder: Path, **sources: str) -> Responses:
    """Import each text as a source of its own and open the dataset."""
    for name, text in sources.items():
        path = folder / f"{name}.csv"
        path.write_text(text)
        import_source(Source(folder, name, "collected", ((path.name, ""),)), folder / "data")
    return open_responses(folder / "data")


WEIGHTED = "score,recommended_past_12m,weight,stratum\n10,1,50,a\n10,0,70,b\n"
PLAIN = "score,recommended_past_12m,wave\n10,1,x\n10,1,y\n"


def test_weights_of_one_imported_source_are_its_design(tmp_path: Path) -> None:
    design = survey_design(imported(tmp_path, one=WEIGHTED))
    assert (design.target, design.weight, design.strata) == ("as_given", "weight", ("stratum",))


def test_weights_of_several_sources_are_not_taken_as_they_stand(tmp_path: Path) -> None:
    responses = imported(tmp_path, one=WEIGHTED, two=PLAIN)
    design = survey_design(responses)
    assert (design.target, design.scaling) == ("programmes_like_these", "respondents")
    assert (design.weight, design.strata, design.clusters) == ("weight", (), ("programme",))
    # Source one counts as its two ratings, whatever the sum of its weights; two has weights of 1.
    assert estimate(responses).table["estimate"].to_pylist() == [pytest.approx((100 / 120 + 2) / 4)]
    equal = survey_design(responses, weight_scaling="equal_programme")
    result = estimate(responses, design=equal).table["estimate"].to_pylist()
    assert result == [pytest.approx((50 / 120 + 1) / 2)]


def test_one_programme_says_nothing_about_others(opened: Opened) -> None:
    with pytest.raises(DesignError, match="One programme") as error:
        survey_design(opened(programme="P"), "programmes_like_these")
    assert "these_programmes" in error.value.remedy


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"target": "all"}, "these_programmes, programmes_like_these, as_given"),
        ({"weight_scaling": "none"}, "respondents, equal_programme"),
        ({"lonely_psu": "drop"}, "fail, adjust, average, remove, certainty"),
        ({"df": "n"}, "domain, design"),
    ],
)
def test_unknown_choices(opened: Opened, arguments: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError) as error:
        survey_design(opened(), **arguments)  # type: ignore[arg-type]
    assert error.value.remedy == f"Use one of: {named}."


def test_a_design_describes_itself(opened: Opened) -> None:
    given = survey_design(opened(weight=2, stratum=HALVES, psu=PEOPLE)).describe()
    assert given == (
        "target as_given; weights: weight; strata: stratum; PSU: psu; "
        "no finite-population correction"
    )
    plain = survey_design(opened()).describe()
    assert "weights: none, each rating counts once; " in plain
    assert "strata: none; PSU: the rating" in plain


# Which PSU a rating has, seen in df = PSUs - strata


def df(responses: Responses, target: str | None = None) -> float:
    design = survey_design(responses, target, lonely_psu="adjust")
    return float(estimate(responses, design=design).table["df"][0].as_py())


def test_account_7_is_not_respondent_7(opened: Opened) -> None:
    account = ["7", "7", None, None, "8", "8", None, None]
    respondent = ["a", "b", "7", "7", "c", "d", "8", "e"]
    # Accounts 7 and 8, respondents 7, 8 and e.
    assert df(opened(account=account, respondent_id=respondent)) == 5 - 1


def test_psu_before_account_before_respondent(opened: Opened) -> None:
    psu = ["p", "p", "p", None, None, None, None, None]
    account = ["a", "b", "c", "d", "d", None, None, None]
    respondent = ["1", "2", "3", "4", "5", "6", "6", "7"]
    # PSU p, account d, respondents 6 and 7.
    assert df(opened(psu=psu, account=account, respondent_id=respondent)) == 4 - 1


def test_a_rating_without_any_name_is_its_own_psu(opened: Opened) -> None:
    respondent = ["a", "a", "a", None, None, None, None, None]
    assert df(opened(respondent_id=respondent)) == 6 - 1
    assert df(opened()) == ROWS - 1


def test_nameless_ratings_of_a_dataset_stay_apart(tmp_path: Path) -> None:
    """Also where two files of one source have the same row numbers."""
    text = "score,recommended_past_12m,respondent_id\n10,1,a\n10,0,\n10,1,\n"
    for name in ("x.csv", "y.csv"):
        (tmp_path / name).write_text(text)
    files = (("x.csv", ""), ("y.csv", ""))
    import_source(Source(tmp_path, "one", "collected", files), tmp_path / "data")
    assert df(open_responses(tmp_path / "data")) == 5 - 1  # respondent a and four ratings


def test_these_programmes_nest_psus_in_programmes(opened: Opened) -> None:
    """One respondent who rates two programmes is a PSU of each."""
    responses = opened(programme=list("AB" * 4), respondent_id=list("11223344"))
    assert df(responses, "these_programmes") == 8 - 2
    assert df(responses, "programmes_like_these") == 2 - 1


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ([np.nan] * ROWS, "No rating has a weight above 0"),
        ([0.0] * ROWS, "No rating has a weight above 0"),
        ([1.0] * 7 + [-0.5], "row 8, weight: '-0.5' .allowed: 0 or more"),
        ([1.0] * 7 + [np.inf], "row 8, weight: 'inf' .not a number"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_weights_that_are_none(tmp_path: Path, kind: str, weights: list[float], error: str) -> None:
    frame = pd.DataFrame({"score": [10] * ROWS, "recommended_past_12m": [1, 0] * 4})
    frame["weight"] = weights
    path = tmp_path / f"survey.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    with pytest.raises(ValueError, match=error):
        estimate(open_responses(path))


@pytest.mark.parametrize("none", [0.0, np.nan])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_ratings_without_a_weight_above_0_do_not_count(
    tmp_path: Path, kind: str, none: float
) -> None:
    """As in SPSS, and as in R, where such a rating stays in the design: 2 + 1 of 5 is 60 %."""
    frame = pd.DataFrame({"score": [10] * 5, "recommended_past_12m": [1, 1, 0, 1, 0]})
    frame["weight"] = [2.0, 1.0, 2.0, none, none]
    path = tmp_path / f"survey.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    responses = open_responses(path)
    assert responses.weightless == 2
    (row,) = estimate(responses).table.to_pylist()
    assert row["estimate"] == pytest.approx(0.6)
    assert row["n"] == 3


def test_several_sources_are_never_as_given(tmp_path: Path) -> None:
    responses = imported(tmp_path, one=WEIGHTED, two=WEIGHTED)
    with pytest.raises(DesignError, match="several sources cannot be taken as given"):
        survey_design(responses, "as_given")
