"""Logistic models: against R survey, statsmodels and identities, from sums and from ratings.

The expected values come from tests/reference/regression.R; nothing there is our own output.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit
from tests.conftest import REFERENCE
from tests.reference import against_r
from tests.reference.against_r import expected, opened

from advocacy.errors import AdvocacyError, DataError, DesignError, MissingColumnError, UsageError
from advocacy.estimation import Estimates, asked, estimate
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.models import fitting, profile
from advocacy.estimation.models.terms import NUMBERS
from advocacy.estimation.regression import regress
from advocacy.estimation.segments import SEGMENTS
from advocacy.provenance import sha256
from advocacy.responses import Responses, Source, import_source, open_responses
from advocacy.survey import survey_design
from advocacy.survey.margins import read_margins
from advocacy.survey.regression import Covariate, Points, fit
from advocacy.survey.replication import Replication
from advocacy.survey.sides import FEWEST_DF

same = partial(against_r.same, atol=1e-11)
# Ratings to a possible cell from which they are summed: always, and never.
PATHS = {"sums": 0.0, "ratings": np.inf}


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have models fitted from sums by pattern, or from the ratings."""
    monkeypatch.setattr(profile, "RATINGS_A_CELL", PATHS[request.param])
    return str(request.param)


def ours(name: str, on: str, **design: Any) -> Estimates:
    responses = opened(f"regression_{name}")
    target = "programmes_like_these" if name == "programmes" else "as_given"
    return regress(responses, on=on.split(), design=survey_design(responses, target, **design))


def rows(result: Estimates, quantity: str = "log_odds") -> pd.DataFrame:
    frame = result.to_pandas()
    return frame[frame.quantity == quantity].fillna({"level": ""}).reset_index(drop=True)


def models(name: str) -> list[Any]:
    return [
        pytest.param(rows.reset_index(drop=True), id="-".join(key))
        for key, rows in expected(f"regression_{name}").groupby(["design", "model"], sort=False)
    ]


# Against R


@pytest.mark.parametrize("wanted", models("models"))
def test_models_equal_r(wanted: pd.DataFrame, path: str) -> None:
    result = ours(wanted.design[0], wanted.on[0])
    found = rows(result)
    assert found.term.tolist() == wanted.term.tolist()
    assert found.level.tolist() == wanted.level.tolist()
    same(found.estimate, wanted.estimate)
    same(found.std_error, wanted.std_error)
    df, widening, tested = held_against(wanted)
    if df is not None:
        same(found.df, df, rtol=1e-8)
        z = np.where(tested, wanted.estimate / wanted.std_error / widening, np.nan)
        half = np.where(tested, stats.t.ppf(0.975, df) * widening * wanted.std_error, np.nan)
        same(found.p_value, 2 * stats.t.sf(abs(z), df), rtol=1e-8)
        same(found.conf_low, wanted.estimate - half)
        same(found.conf_high, wanted.estimate + half)
    assert set(found.n) == set(wanted.n)
    odds = rows(result, "odds_ratio")
    same(odds.estimate, np.exp(wanted.estimate[1:]))
    same(odds.std_error, np.exp(wanted.estimate[1:]) * wanted.std_error[1:])
    same(odds.conf_low, np.exp(found.conf_low[1:]))
    same(odds.p_value, found.p_value[1:], rtol=1e-8)


def held_against(wanted: pd.DataFrame) -> Any:
    """Return df, widening and whether there is a test: R's, levels as tests/reference/sides.R.

    None where ratings are their own PSUs and have weights.
    """
    own = expected("sides_regression").query(
        "design == @wanted.design[0] and model == @wanted.model[0]"
    )
    if own.empty:
        return None, None, None
    rows = wanted.merge(own, on=["term", "level"], how="left", suffixes=("", "_side"))
    df = np.fmin(rows.df_residual, rows.df_side)
    whole = rows.df >= FEWEST_DF
    return df, rows.widening.fillna(1.0), whole & (rows.tested.fillna(1) == 1) & (df >= 1)


@pytest.mark.parametrize("wanted", models("covariance"))
def test_covariances_equal_r(wanted: pd.DataFrame, path: str) -> None:
    result = ours(wanted.design[0], wanted.on[0])
    found = rows(result)
    names = (found.term + " " + found.level).str.strip().tolist()
    joint = result.covariance()
    at = [(names.index(a), names.index(b)) for a, b in zip(wanted.row_term, wanted.col_term)]  # noqa: B905
    same([joint[pair] for pair in at], wanted.covariance, rtol=1e-8)
    same(np.diag(joint), result.to_pandas().std_error ** 2)


# What must hold


def test_both_ways_are_one_under_every_rule_and_raking(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lonely = opened("lonely")
    margins = read_margins(REFERENCE / "input" / "margins_two.csv", SEGMENTS)
    clustered = opened("regression_clustered")
    designs = [
        (lonely, survey_design(lonely, lonely_psu=rule))
        for rule in ("adjust", "average", "remove", "certainty")
    ]
    designs += [
        (clustered, survey_design(clustered, margins=margins)),
        (opened("regression_srs"), survey_design(opened("regression_srs"), margins=margins)),
    ]
    for responses, design in designs:
        found = []
        for few in PATHS.values():
            monkeypatch.setattr(profile, "RATINGS_A_CELL", few)
            result = regress(responses, on=["sector", "score"], design=design)
            found.append(np.concatenate([result.to_pandas().estimate, result.covariance().ravel()]))
        same(found[0], found[1])


def test_a_saturated_model_is_the_direct_rates(path: str) -> None:
    responses = opened("regression_stratified_clustered")
    direct = estimate(responses, by=["country"], interval="logit").to_pandas()
    result = regress(responses, on=["country"])
    found = rows(result)
    logits = found.estimate + np.where(found.index > 0, found.estimate[0], 0)
    same(expit(logits), direct.estimate)
    mix = np.column_stack([np.ones(3), np.eye(3)[:, 1:]])
    spread = np.sqrt(np.diag(mix @ result.covariance()[:3, :3] @ mix.T))
    same(spread, direct.std_error / (direct.estimate * (1 - direct.estimate)))


def test_one_binary_covariate_is_the_odds_ratio_of_a_comparison(path: str) -> None:
    responses = opened("regression_clustered")
    pairs = compare(responses, between="sector", quantity="odds_ratio").to_pandas()
    pair = pairs[pairs.quantity == "odds_ratio"].iloc[0]
    found = rows(regress(responses, on=["sector"]), "odds_ratio").iloc[0]
    ratio = pair.estimate if pair.sector == "B2C" else 1 / pair.estimate
    same(found.estimate, ratio)
    same(found.std_error / found.estimate, pair.std_error / pair.estimate)
    assert (found.term, found.level, found.reference) == ("sector", "B2C", "B2B")


def test_statsmodels_says_the_same_but_for_its_factor(path: str) -> None:
    """Its cluster covariance centres nothing and has the factor G/(G - 1), as we have G PSUs."""
    import statsmodels.api as sm

    frame = pd.read_csv(REFERENCE / "input" / "regression_clustered.csv")
    columns = ["score", "satisfaction", "wow_moments"]
    frame = frame.dropna(subset=[*columns, "recommended_past_12m"])
    fit = sm.GLM(
        frame.recommended_past_12m,
        sm.add_constant(frame[columns]),
        family=sm.families.Binomial(),
        freq_weights=frame.weight,
    ).fit(tol=1e-14, maxiter=200)
    codes = frame.psu.astype("category").cat.codes
    scores = (
        fit.model.exog * (frame.weight * (frame.recommended_past_12m - fit.mu)).to_numpy()[:, None]
    )
    sums = pd.DataFrame(scores).groupby(codes.to_numpy()).sum().to_numpy()
    bread = np.linalg.inv(
        (fit.model.exog * (frame.weight * fit.mu * (1 - fit.mu)).to_numpy()[:, None]).T
        @ fit.model.exog
    )
    psus = pd.read_csv(REFERENCE / "input" / "regression_clustered.csv").psu.nunique()
    wanted = bread @ sums.T @ sums @ bread * psus / (psus - 1)
    result = ours("clustered", " ".join(columns))
    same(rows(result).estimate, fit.params, rtol=1e-8)
    same(result.covariance()[:4, :4], wanted, rtol=1e-7)


def test_neither_scale_nor_copies_change_what_is_found(tmp_path: Path) -> None:
    """Ten times the weights, and a number in other units, change nothing but its unit."""
    frame = pd.read_csv(REFERENCE / "input" / "regression_stratified_clustered.csv")
    first = rows(regress(_written(frame, tmp_path / "a.csv"), on=["score", "satisfaction"]))
    frame = frame.assign(weight=frame.weight * 10, satisfaction=frame.satisfaction * 1000 + 1e6)
    again = rows(regress(_written(frame, tmp_path / "b.csv"), on=["score", "satisfaction"]))
    same(again.estimate[2] * 1000, first.estimate[2], rtol=1e-8)
    same(again.std_error[2] * 1000, first.std_error[2], rtol=1e-8)
    same(again.estimate[1], first.estimate[1], rtol=1e-8)


def test_many_ratings_begin_from_a_sample_and_end_at_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from advocacy.survey import regression as inner

    monkeypatch.setattr(profile, "RATINGS_A_CELL", np.inf)
    whole = ours("stratified_clustered", "score satisfaction")
    monkeypatch.setattr(inner, "_MANY", 10)
    monkeypatch.setattr(inner, "_EVERY", 3)
    monkeypatch.setattr(inner, "_AT_A_TIME", 50)
    begun = ours("stratified_clustered", "score satisfaction")
    same(rows(begun).estimate, rows(whole).estimate)
    same(rows(begun).std_error, rows(whole).std_error)


def test_a_start_far_off_still_ends_at_the_solution() -> None:
    """By hand: 1 of 4 at 0 and 3 of 4 at 1 are logits of -log 3 and log 3."""
    points = Points((Covariate("at", np.array([0.0, 1.0])),), np.array([1.0, 3.0]), np.full(2, 4.0))
    for start in (None, np.array([6.0, -6.0]), np.array([-9.0, 2.0])):
        same(fit(points, start).coefficients, [-np.log(3), 2 * np.log(3)])


def test_replicates_refit_the_model() -> None:
    """The jackknife by hand: statsmodels fits the model without each PSU."""
    import statsmodels.api as sm

    frame = pd.read_csv(REFERENCE / "input" / "regression_clustered.csv")
    psus = frame.psu.unique()
    columns = ["score", "wow_moments"]
    frame = frame.dropna(subset=[*columns, "recommended_past_12m"])
    left = [frame[frame.psu != psu] for psu in psus]
    fits = [
        sm.GLM(
            part.recommended_past_12m,
            sm.add_constant(part[columns]),
            family=sm.families.Binomial(),
            freq_weights=part.weight,
        ).fit(tol=1e-14, maxiter=200)
        for part in left
    ]
    values = np.array([found.params for found in fits])
    wanted = np.sqrt(
        (len(psus) - 1) / len(psus) * ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    )
    result = ours("clustered", " ".join(columns), replication=Replication("jkn"))
    assert set(rows(result).method) == {"jkn"}
    same(rows(result).std_error, wanted, rtol=1e-7)
    assert rows(result).df.tolist() == rows(ours("clustered", " ".join(columns))).df.tolist()


def test_ratings_without_a_covariate_are_counted_and_left_out(path: str) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "regression_srs.csv")
    base = frame[frame.score.notna() & frame.recommended_past_12m.notna()]
    result = ours("srs", "score satisfaction channel")
    complete = base.dropna(subset=["satisfaction", "channel"])
    assert result.unplaced == len(base) - len(complete) > 0
    assert set(rows(result).n) == {len(complete)}
    assert set(rows(result).n_numerator) == {int(complete.recommended_past_12m.sum())}


def test_the_rule_of_the_two_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    taken: list[str] = []
    for place, name in ((asked, "grouped_pass"), (fitting, "ratings_pass")):
        inner = getattr(place, name)
        monkeypatch.setattr(
            place, name, lambda *a, _n=name, _f=inner: (taken.append(_n), _f(*a))[1]
        )
    for name, on, way in (
        ("stratified", "sector score", "ratings_pass"),  # two by seven or so patterns, four strata
        ("stratified", "score satisfaction", "ratings_pass"),
        ("clustered", "sector score", "ratings_pass"),
        ("srs", "sector score", "grouped_pass"),
    ):
        taken.clear()
        ours(name, on)
        assert taken[0] == way, "passes after the first are of each segment's levels"


# What no model can be had of


def _written(frame: pd.DataFrame, file: Path) -> Responses:
    frame.to_csv(file, index=False)
    return open_responses(file)


Change = Callable[[pd.DataFrame], pd.DataFrame]


def _one_level(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(country="NO")


def _separated_level(frame: pd.DataFrame) -> pd.DataFrame:
    own = frame.country == "SE"
    return frame.assign(recommended_past_12m=frame.recommended_past_12m.where(~own, 1))


def _separated_reference(frame: pd.DataFrame) -> pd.DataFrame:
    own = frame.country == "DK"
    return frame.assign(recommended_past_12m=frame.recommended_past_12m.where(~own, 0))


def _separated_number(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(recommended_past_12m=(frame.satisfaction > 4).astype(int))


def _collinear(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(ease=2 * frame.satisfaction - frame.score)


def _constant(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(ease=3.0)


def _never_together(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(ease=np.where(frame.satisfaction.isna(), 3.0, np.nan))


def _nobody(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(recommended_past_12m=0)


@pytest.mark.parametrize(
    ("change", "on", "message"),
    [
        (_one_level, "score country", "one country, NO"),
        (_separated_level, "score country", "country SE has no finite"),
        (_separated_level, "country score", "country SE has no finite"),
        (_separated_reference, "score country", "country DK has no finite"),
        (_separated_number, "score satisfaction", "satisfaction has no finite"),
        (_collinear, "score satisfaction ease", "ease has one value only, or follows"),
        (_constant, "score ease", "ease has one value only"),
        (_never_together, "score satisfaction ease", "ease is there for"),
        (_nobody, "score", "None of the ratings have the outcome"),
    ],
)
def test_what_has_no_model_is_refused_by_name(
    change: Change, on: str, message: str, tmp_path: Path, path: str
) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "regression_stratified_clustered.csv")
    responses = _written(change(frame), tmp_path / "survey.csv")
    with pytest.raises(DataError, match=message) as refused:
        regress(responses, on=on.split())
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"on": []}, UsageError, "No covariate"),
        ({"on": ["mood"]}, UsageError, "'mood' is neither"),
        ({"on": ["rating_id"]}, UsageError, "neither a segment nor a number"),
        ({"on": ["weight"]}, UsageError, "neither a segment nor a number"),
        ({"on": ["sector", "sector"]}, UsageError, "named twice"),
        ({"on": ["recommended_past_12m"]}, UsageError, "cannot explain it"),
        (
            {"on": ["sector"], "estimand": "nps", "model": "logistic"},
            UsageError,
            "no logistic model",
        ),
        ({"on": ["score"], "estimand": "true_advocates"}, UsageError, "share of all scores"),
        ({"on": ["sector"], "conf_level": 2}, UsageError, "not between"),
        ({"on": ["industry"]}, MissingColumnError, "covariate industry needs"),
        ({"on": ["ease"]}, MissingColumnError, "covariate ease needs"),
    ],
)
def test_refusals(arguments: dict[str, Any], kind: type[AdvocacyError], message: str) -> None:
    with pytest.raises(kind, match=message) as refused:
        regress(opened("regression_clustered"), **arguments)
    assert refused.value.remedy


def test_too_many_terms_name_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "MOST_TERMS", 3)
    with pytest.raises(UsageError, match="2 of them of country"):
        regress(opened("regression_clustered"), on=["country", "sector"])


def test_a_lonely_stratum_is_named(path: str) -> None:
    with pytest.raises(DesignError, match="'S7', 'S9'"):
        regress(opened("lonely"), on=["score"])


def test_more_terms_than_degrees_of_freedom_have_no_interval(path: str, tmp_path: Path) -> None:
    frame = pd.read_csv(REFERENCE / "input" / "regression_clustered.csv")
    frame = frame[frame.psu.isin(sorted(frame.psu.unique())[:3])]
    found = rows(regress(_written(frame, tmp_path / "few.csv"), on=["score", "sector"]))
    assert set(found.df) == {0}
    assert found.std_error.notna().all()
    assert found.conf_low.isna().all()
    assert found.p_value.isna().all()
    assert set(found.reliability) == {"no_interval"}


@pytest.mark.parametrize("estimand", [e.name for e in ESTIMANDS.values() if e.proportion])
def test_every_proportion_names_what_it_needs(estimand: str) -> None:
    needs = set(ESTIMANDS[estimand].needs) - set(opened("regression_srs").columns)
    if ESTIMANDS[estimand].incidence:
        with pytest.raises(UsageError, match="is of ratios"):
            regress(opened("regression_srs"), on=["sector"], estimand=estimand)
    elif needs:
        with pytest.raises(MissingColumnError):
            regress(opened("regression_srs"), on=["sector"], estimand=estimand)
    else:
        assert len(regress(opened("regression_srs"), on=["sector"], estimand=estimand)) == 3


def test_segments_and_numbers_are_apart_but_for_the_score() -> None:
    assert set(NUMBERS) & set(SEGMENTS) == {"score"}


@pytest.mark.parametrize(("second", "refused"), [("0..10", True), ("1..7", False)])
def test_a_number_on_several_scales_is_refused(second: str, refused: bool, tmp_path: Path) -> None:
    """A step of 1 to 7 is not one of 0 to 10, and the model would take them for the same."""
    rng = np.random.default_rng(8)
    for name, scale in (("first", "1..7"), ("second", second)):
        folder = tmp_path / name
        folder.mkdir()
        answers = zip(rng.integers(0, 2, 80), rng.integers(1, 8, 80), strict=True)
        rows = [f"10,{yes},{rating}" for yes, rating in answers]
        (folder / "a.csv").write_text("\n".join(["q1,q2,csat", *rows, ""]))
        (folder / "crosswalk.csv").write_text(
            "# advocacy crosswalk format 1\n"
            "raw_variable,raw_value,canonical_column,canonical_value,note\n"
            "q1,0..10,score,*,\nq2,0,recommended_past_12m,0,\nq2,1,recommended_past_12m,1,\n"
            f"csat,{scale},satisfaction,*,\n"
        )
        files = (("a.csv", sha256(folder / "a.csv")),)
        source = Source(folder, name, "collected", files, crosswalk=folder / "crosswalk.csv")
        import_source(source, tmp_path / "data")
    responses = open_responses(tmp_path / "data")
    if refused:
        said = r"satisfaction is on different scales .* \(0-10 in 1, 1-7 in 1\)"
        with pytest.raises(DataError, match=said):
            regress(responses, on=["satisfaction"])
    else:
        assert regress(responses, on=["satisfaction"]).table.num_rows == 3
