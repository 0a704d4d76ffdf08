"""The multilevel model: what it is of, a known truth, and R lme4.

Counts, truth and fitted values come from tests/reference/multilevel.R.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import xarray as xr
from scipy.special import expit
from tests.conftest import REFERENCE
from tests.estimation.pooling.counts import KEYS, OWN, counted, crossed

from advocacy.arrays import Floats
from advocacy.errors import DataError
from advocacy.estimation.pooling import multilevel
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.layout import Layout, laid_out, warnings_of
from advocacy.estimation.pooling.multilevel import pool
from advocacy.estimation.pooling.sampling.density import density_of
from advocacy.estimation.pooling.sampling.sampler import diagnostics, sample
from advocacy.remarks import Remark
from advocacy.report.wording import ENGLISH
from advocacy.responses import open_responses

# The fit is for one worker alone.
pytestmark = pytest.mark.xdist_group("multilevel")


# What the model is of


def test_terms_are_those_of_segments_with_several_levels() -> None:
    layout = laid_out(crossed())
    assert [effect.name for effect in layout.effects] == [
        "sector", "score_band", "industry", "country", "year", "sector × industry",
        "industry × country",
    ]  # fmt: skip
    assert layout.programmes == ("P0", "P1", "P2", "P3", "P4")
    assert layout.bands == ("0-6", "7-8", "10")


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("country", {"sector", "score_band", "industry", "year", "sector × industry"}),
        ("industry", {"sector", "score_band", "country", "year"}),
        ("sector", {"score_band", "industry", "country", "year", "industry × country"}),
    ],
)
@pytest.mark.parametrize("how", ["absent", "one level"])
def test_a_segment_of_one_level_has_no_term(name: str, left: set[str], how: str) -> None:
    counts = crossed()
    at = counts.keys.column_names.index(name)
    keys = counts.keys.drop_columns([name])
    if how == "one level":
        value = counts.keys.column(name)[0].as_py()
        keys = keys.add_column(at, name, pa.array([value] * keys.num_rows))
    layout = laid_out(replace(counts, keys=keys))
    assert {effect.name for effect in layout.effects} == left
    said = map(ENGLISH.said, warnings_of(replace(counts, keys=keys), layout))
    told = [sentence for sentence in said if name in sentence]
    assert (f"All ratings are of one {name}, " in " ".join(told)) == (how == "one level")


def test_a_score_band_of_one_is_no_term() -> None:
    counts = counted([(f"P{p}", "10", "B2B") for p in range(3)])
    assert laid_out(counts).effects == ()


@pytest.mark.parametrize("programmes", [1, 2])
def test_too_few_programmes_are_sent_to_the_benchmark(programmes: int) -> None:
    with pytest.raises(DataError, match=rf"fewer than 3 of them; here: {programmes}\.") as caught:
        laid_out(crossed(programmes))
    assert "advocacy benchmark" in str(caught.value)


def test_each_count_has_its_own_levels() -> None:
    counts = crossed()
    layout = laid_out(counts)
    for effect in layout.effects:
        places = list(product(*effect.levels))
        named = [places[number] for number in effect.index]
        wanted = zip(*(counts.keys.column(n).to_pylist() for n in effect.segments), strict=True)
        assert named == list(wanted)


def test_shares_of_a_programme_are_of_its_effective_counts() -> None:
    counts = counted([("A", "10", "B2B", "C", "DK"), ("A", "9", "B2B", "C", "NO"),
                      ("B", "10", "B2B", "C", "NO"), ("C", "10", "B2B", "C", "DK")])  # fmt: skip
    counts = replace(counts, n=np.array([3.0, 1.0, 5.0, 2.0]))
    layout = laid_out(counts)
    country = next(effect for effect in layout.effects if effect.name == "country")
    found = layout.shares(country, layout.n)
    np.testing.assert_allclose(found, [[0.75, 0.25], [0, 1], [1, 0]])


# What the reader is warned of


def warned(counts: EffectiveCounts) -> list[str]:
    return [ENGLISH.said(warning) for warning in warnings_of(counts, laid_out(counts))]


def programmes_in(cells: dict[str, tuple[str, ...]], per_cell: int) -> EffectiveCounts:
    """Return counts of programmes, some in each (industry, country)."""
    rows = []
    for label, countries in cells.items():
        for number in range(per_cell):
            rows += [
                (f"{label}{number}", band, "B2B", label, country)
                for band in ("9", "10")
                for country in countries
            ]
    return counted(rows)


def test_nothing_is_warned_of_where_all_is_well() -> None:
    counts = programmes_in({"C": ("DK", "NO"), "G": ("DK", "NO")}, 6)
    sectors = pa.array(["B2B", "B2C"] * (counts.keys.num_rows // 2))
    at = counts.keys.column_names.index("sector")
    assert warned(replace(counts, keys=counts.keys.set_column(at, "sector", sectors))) == []


@pytest.mark.parametrize(("programmes", "few"), [(9, True), (10, False)])
def test_few_programmes_are_told(programmes: int, few: bool) -> None:
    text = " ".join(warned(crossed(programmes)))
    assert (f"There are {programmes} programmes only" in text) == few


def test_ratings_that_are_left_out_are_told() -> None:
    assert "7 ratings lack a segment and are left out." in warned(replace(crossed(), unplaced=7))


def test_a_programme_that_is_all_of_a_country_is_told() -> None:
    # A alone is in DK and nowhere else; B and C share NO.
    counts = counted([("A", "10", "B2B", "C", "DK"), ("A", "9", "B2B", "C", "DK"),
                      ("B", "10", "B2B", "C", "NO"), ("C", "9", "B2B", "C", "NO")])  # fmt: skip
    (told,) = (text for text in warned(counts) if "cannot be told" in text)
    assert "country (1 of 2):" in told


def test_a_programme_in_several_countries_tells_them_apart() -> None:
    # A alone is in DK, but in NO too.
    counts = counted([("A", "10", "B2B", "C", "DK"), ("A", "9", "B2B", "C", "NO"),
                      ("B", "10", "B2B", "C", "NO"), ("C", "9", "B2B", "C", "NO")])  # fmt: skip
    assert not any("cannot be told" in text for text in warned(counts))


def test_confounding_is_told_of_crossings() -> None:
    one = programmes_in({"C": ("DK",), "G": ("NO",)}, 1)
    more = programmes_in({"C": ("NO",), "G": ("DK",)}, 3)
    keys = pa.concat_tables([one.keys, _renamed(more.keys)])
    both = [np.concatenate([getattr(c, n) for c in (one, more)])
            for n in ("y", "n", "ratings", "hits")]  # fmt: skip
    counts = EffectiveCounts(keys, *both, unplaced=0, source_kind="simulated")
    (told,) = (text for text in warned(counts) if "cannot be told" in text)
    # Industries and countries have four programmes each; two of four crossings have one.
    assert "levels of industry × country (2 of 4):" in told


def _renamed(keys: pa.Table) -> pa.Table:
    names = pa.array([f"other {name}" for name in keys.column("programme").to_pylist()])
    return keys.set_column(0, "programme", names)


# Diagnostics, on draws that are made up


def draws(names: Iterable[str], *, chains: int = 4, size: int = 500, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    posterior = {name: (("chain", "draw"), rng.normal(size=(chains, size))) for name in names}
    statistics = {"diverging": (("chain", "draw"), np.zeros((chains, size), bool))}
    return _Sampled(xr.Dataset(posterior), xr.Dataset(statistics))


@dataclass(frozen=True)
class _Sampled:
    posterior: Any
    sample_stats: Any


@pytest.fixture
def quiet() -> Iterable[None]:
    """Import ArviZ where its warnings of what will change are not errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.usefixtures("quiet")
def test_independent_draws_pass() -> None:
    found = diagnostics(draws(["intercept", "sector", "programme:scale"]))
    assert found.problems == ()
    assert (found.chains, found.draws, found.divergences) == (4, 500, 0)
    assert found.ess_bulk == pytest.approx(2000, rel=0.2)


@pytest.mark.usefixtures("quiet")
def test_a_chain_elsewhere_is_found_and_named() -> None:
    sampled = draws(["intercept", "sector", "programme:scale"])
    sampled.posterior["sector"][0] += 3
    found = diagnostics(sampled)
    assert found.worst == ("sector", "sector", found.worst[2])
    assert found.rhat > 1.1
    assert found.ess_bulk < 100
    assert found.problems


@pytest.mark.usefixtures("quiet")
def test_a_parameter_that_never_moves_is_no_success() -> None:
    sampled = draws(["intercept", "sector", "country:scale"])
    sampled.posterior["sector"][:] = 0.2
    found = diagnostics(sampled)
    assert found.worst[0] == "sector"
    assert found.problems


@pytest.mark.usefixtures("quiet")
def test_one_effect_among_others_that_never_moves_is_found() -> None:
    sampled = draws(["intercept"])
    values = np.random.default_rng(1).normal(size=(4, 500, 3))
    values[:, :, 1] = 0.2
    sampled.posterior["country"] = (("chain", "draw", "level"), values)
    assert diagnostics(sampled).worst[0] == "country"
    assert diagnostics(sampled).problems


@pytest.mark.usefixtures("quiet")
def test_divergences_are_counted() -> None:
    sampled = draws(["intercept"])
    sampled.sample_stats["diverging"][1, 5:8] = True
    assert diagnostics(sampled).divergences == 3


@pytest.mark.usefixtures("quiet")
def test_what_programmes_have_of_their_own_in_a_band_is_not_judged() -> None:
    sampled = draws(["intercept", f"{OWN}:scale", "programme", OWN])
    sampled.posterior[OWN][0] += 3
    assert diagnostics(sampled).problems == ()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", ["intercept", f"{OWN}:scale", "programme", "sector × industry"])
def test_what_is_kept_is_judged(name: str) -> None:
    sampled = draws(["intercept", f"{OWN}:scale", "programme", "sector × industry"])
    sampled.posterior[name][0] += 3
    assert diagnostics(sampled).worst[0] == name


@pytest.mark.parametrize(("size", "every"), [(1000, 1), (1001, 2), (2000, 2), (2001, 3)])
def test_of_many_draws_so_many_are_kept_evenly_from_each_chain(size: int, every: int) -> None:
    sampled = draws(["intercept"], size=size)
    kept = np.concatenate([chain[::every] for chain in sampled.posterior["intercept"].to_numpy()])
    np.testing.assert_array_equal(multilevel._flat(sampled, "intercept"), kept[:, None])
    assert len(kept) <= multilevel.MOST_DRAWS == 4000


# One fit, to counts of a known truth


def read(name: str) -> pd.DataFrame:
    text = dict.fromkeys((*KEYS, "term", "level"), str)
    return pd.read_csv(REFERENCE / name, dtype=text, keep_default_na=False)


@cache
def reference_counts() -> EffectiveCounts:
    data = read("input/multilevel_counts.csv")
    keys = pa.table({name: pa.array(data[name].tolist()) for name in KEYS})
    ratings = np.ceil(data.n.to_numpy()).astype(np.int64)
    return EffectiveCounts(
        keys, data.y.to_numpy(), data.n.to_numpy(), ratings, ratings // 2, 0, "simulated"
    )


@dataclass(frozen=True)
class Fit:
    """What was sampled, and the layout."""

    layout: Layout
    sampled: Any

    def flat(self, name: str) -> Floats:
        values = self.sampled.posterior[name].to_numpy()
        return values.reshape(values.shape[0] * values.shape[1], -1)


def sampled(**options: int) -> Fit:
    counts = reference_counts()
    layout = laid_out(counts)
    return Fit(layout, sample(density_of(layout, counts.y), seed=2, **options))


@pytest.fixture(scope="module")
def long_fit() -> Fit:
    return sampled(draws=1000)


@pytest.fixture(scope="module")
def short_fit() -> Fit:
    """Return a fit whose draws are too few to pass, and enough to know where the posterior is."""
    return sampled(draws=150, chains=2, cores=1)


@pytest.fixture(
    scope="module", params=["short_fit", pytest.param("long_fit", marks=pytest.mark.heavy)]
)
def fit(request: pytest.FixtureRequest) -> Fit:
    found: Fit = request.getfixturevalue(request.param)
    return found


def probabilities(fit: Fit) -> Floats:
    """Return the posterior mean rate of each count, shape (N,)."""
    layout = fit.layout
    logits = fit.flat("intercept") + fit.flat("programme")[:, layout.programme]
    for effect in layout.effects:
        logits = logits + fit.flat(effect.name)[:, effect.index]
    logits += fit.flat(OWN)[:, layout.programme * len(layout.bands) + layout.band]
    return expit(logits).mean(axis=0)


@pytest.mark.heavy
def test_the_fit_passes(long_fit: Fit) -> None:
    assert diagnostics(long_fit.sampled).problems == ()


def test_scales_are_recovered(fit: Fit) -> None:
    truth = read("expected/multilevel_truth.csv").query("term == 'scale'")
    for name, value in zip(truth.level, truth.value, strict=True):
        low, high = np.quantile(fit.flat(f"{name}:scale"), [0.005, 0.995])
        assert low < value < high, name
    # Sixty programmes tell how programmes differ: to a fifth or so.
    assert fit.flat("programme:scale").std() < 0.08


def test_effects_are_recovered(fit: Fit) -> None:
    truth = read("expected/multilevel_truth.csv").query("term != 'scale'")
    inside = {}
    for term, rows in truth.groupby("term"):
        if term == OWN:
            shape = -1, len(fit.layout.programmes), len(fit.layout.bands)
            values = fit.flat(OWN).reshape(shape)
            places = list(product(fit.layout.programmes, fit.layout.bands))
            values = values.reshape(len(values), -1)
            rows = rows.assign(level=[f"{p} × {b}" for p, b in _programme_bands(rows)])
        elif term == "programme":
            values, places = fit.flat(term), [(p,) for p in fit.layout.programmes]
        elif term == "intercept":
            values, places = fit.flat(term), [("",)]
        else:
            effect = next(e for e in fit.layout.effects if e.name == term)
            values, places = fit.flat(term), list(product(*effect.levels))
        order = [" × ".join(place) for place in places]
        wanted = rows.set_index("level").value.reindex(order)
        assert wanted.notna().all(), term
        low, high = np.quantile(values, [0.05, 0.95], axis=0)
        inside[term] = (low <= wanted) & (wanted <= high)
    every = pd.concat(inside)
    # Of 394 intervals of 90 % that know little of one another, 80 to 97 % hold the truth.
    assert 0.80 < every.mean() < 0.97
    for term in ("programme", OWN, "industry × country"):
        assert inside[term].mean() > 0.75, term


def _programme_bands(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return [tuple(level.split(" × ")) for level in rows.level]  # type: ignore[misc]


def test_probabilities_are_those_of_glmer(fit: Fit, record_property: Callable[..., None]) -> None:
    theirs = read("expected/multilevel_fitted.csv")
    counts = reference_counts()
    assert counts.keys.to_pandas().equals(theirs[list(KEYS)])
    apart = np.abs(probabilities(fit) - theirs.fitted.to_numpy())
    large = counts.n >= 100
    assert large.sum() > 50
    measured = f"{np.median(apart):.4f}, {apart[large].max():.4f} where n >= 100"
    record_property("from glmer: median difference, largest", measured)
    assert np.median(apart) <= 0.01
    assert apart[large].max() <= 0.03


def test_scales_are_near_those_of_glmer(fit: Fit) -> None:
    # A mode beside posteriors: within them, not equal.
    for term, scale in read("expected/multilevel_scales.csv")[["term", "scale"]].to_numpy():
        low, high = np.quantile(fit.flat(f"{term}:scale"), [0.005, 0.995])
        assert low <= scale <= high or scale == 0, term


def test_the_same_seed_gives_the_same_draws() -> None:
    counts = reference_counts()
    few = {"draws": 20, "tuning": 30, "chains": 2, "cores": 1}
    one, same, other = (
        sample(density_of(laid_out(counts), counts.y), seed=seed, **few) for seed in (4, 4, 5)
    )
    for name in ("intercept", "programme", "industry × country"):
        np.testing.assert_array_equal(one.posterior[name], same.posterior[name])
        assert not np.array_equal(one.posterior[name], other.posterior[name])


@pytest.mark.heavy
def test_the_opposite_outcome_has_the_opposite_effects(long_fit: Fit) -> None:
    # The model is symmetric: counts of those without the outcome have a mirrored posterior.
    counts = reference_counts()
    mirrored = density_of(long_fit.layout, counts.n - counts.y)
    other = Fit(long_fit.layout, sample(mirrored, draws=200, tuning=300, chains=2, seed=3))
    for name in ("intercept", "sector", "score_band", "industry", "programme"):
        ours, theirs = long_fit.flat(name), other.flat(name)
        # Effective draws of the short run are at least 50 or so.
        error = ours.std(axis=0) * np.sqrt(1 / 50)
        np.testing.assert_array_less(np.abs(ours.mean(axis=0) + theirs.mean(axis=0)), 4.5 * error)
    assert np.abs(long_fit.flat("score_band").mean(axis=0)).max() > 1


@pytest.mark.heavy
def test_complete_separation_has_finite_effects(long_fit: Fit) -> None:
    # None in the lowest band, all of the largest programme elsewhere.
    counts, layout = reference_counts(), long_fit.layout
    largest = np.bincount(layout.programme, layout.n).argmax()
    y = np.where(layout.programme == largest, counts.n, counts.y)
    y = np.where(layout.band == 0, 0, y)
    other = Fit(layout, sample(density_of(layout, y), draws=150, tuning=300, chains=2, seed=6))
    assert not other.sampled.sample_stats.diverging.any()
    low = other.flat("intercept")[:, 0] + other.flat("score_band")[:, 0]
    assert np.isfinite(low).all()
    # Of some ten thousand none: less than one in a thousand, and no minus infinity.
    assert 1e-6 < expit(low).mean() < 1e-3
    own = other.flat("programme")
    assert own.mean(axis=0).argmax() == largest
    assert np.isfinite(own).all()


# From responses to a posterior, with draws that are made up


def made_up(layout: Layout, size: int = 6) -> Any:
    """Return draws of everything that the model has, as the sampler would."""
    rng = np.random.default_rng(2)
    shapes: dict[str, tuple[int, ...]] = {"intercept": (), "programme:scale": ()}
    shapes["programme"] = (len(layout.programmes),)
    for effect in layout.effects:
        shapes[effect.name] = (effect.size,) if effect.sd else effect.shape
        if effect.sd is None:
            shapes[f"{effect.name}:scale"] = ()
    if len(layout.bands) > 1:
        shapes[OWN] = len(layout.programmes), len(layout.bands)
        shapes[f"{OWN}:scale"] = ()
    found = {
        name: (("chain", "draw", *(f"{name}{axis}" for axis in range(len(shape)))),
               np.abs(rng.normal(size=(2, size, *shape))))
        for name, shape in shapes.items()
    }  # fmt: skip
    statistics = {"diverging": (("chain", "draw"), np.zeros((2, size), bool))}
    return _Sampled(xr.Dataset(found), xr.Dataset(statistics))


@pytest.fixture
def unsampled(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Have draws made up instead of sampled; hold what was asked for and given."""
    seen: dict[str, Any] = {}

    def pretend(model: Any, **options: Any) -> Any:
        seen.update(options, layout=model, sampled=made_up(model))
        return seen["sampled"]

    monkeypatch.setattr(multilevel, "density_of", lambda layout, y: layout)
    monkeypatch.setattr(multilevel, "sample", pretend)
    return seen


RATINGS = "programme,sector,country,interviewed_on,score,recommended_past_12m\n" + "".join(
    f"P{p},B2{'BC'[p % 2]},{('DK', 'NO')[p // 2]},202{3 + k % 2}-03-01,{9 + k % 2},{k % 3 == 0:d}\n"
    for p, k in product(range(4), range(6))
)


@pytest.mark.usefixtures("quiet")
def test_a_posterior_has_what_was_drawn_and_what_lies_behind(
    tmp_path: Path, unsampled: dict[str, Any]
) -> None:
    (tmp_path / "a.csv").write_text(RATINGS, encoding="utf-8")
    pooled = pool(open_responses(tmp_path / "a.csv"), draws=321, seed=9)
    assert (unsampled["draws"], unsampled["seed"]) == (321, 9)
    drawn, posterior = unsampled["sampled"].posterior, pooled.posterior
    assert posterior.intercept.tolist() == drawn["intercept"].to_numpy().ravel().tolist()
    assert posterior.programme_score.tolist() == drawn[f"{OWN}:scale"].to_numpy().ravel().tolist()
    for term in posterior.terms:
        np.testing.assert_array_equal(term.effects.ravel(), drawn[term.name].to_numpy().ravel())
        assert (term.scale is None) == (term.name in ("sector", "score_band"))
    np.testing.assert_array_equal(pooled.programme_score.ravel(), drawn[OWN].to_numpy().ravel())
    assert pooled.programme_score.shape == (12, 4, 2)
    assert pooled.programme.shape == (12, 4)
    assert dict(posterior.labels) == {
        "estimand": "recommended_past_12m",
        "rung": "retrospective",
        "target": "programmes_like_these",
        "source_kind": "collected",
    }
    # Six ratings a programme: three 9s (one had recommended: k = 0), three 10s (one: k = 3).
    assert posterior.segments == ("sector", "country")
    rows = posterior.cells.select(["n", "n_numerator", "n_programmes"]).to_pylist()
    assert rows == [{"n": 3, "n_numerator": 1, "n_programmes": 1}] * 8
    assert pooled.layout is unsampled["layout"]
    assert Remark("fit.few_programmes", {"programmes": 4}) in posterior.warnings


@pytest.mark.usefixtures("quiet", "unsampled")
def test_ratings_of_one_band_are_pooled_too(tmp_path: Path) -> None:
    tens = [line for line in RATINGS.splitlines() if line.split(",")[-2] != "9"]
    (tmp_path / "a.csv").write_text("\n".join(tens) + "\n", encoding="utf-8")
    pooled = pool(open_responses(tmp_path / "a.csv"))
    assert pooled.posterior.bands == ("10",)
    assert pooled.programme_score.shape == (12, 4, 1)
    # Nothing is known of what else programmes would have of their own in other bands.
    np.testing.assert_array_equal(pooled.posterior.between, pooled.posterior.programme)


def test_cells_are_summed_over_programmes_and_years() -> None:
    rows = ["A 10 DK 2023", "A 10 DK 2024", "B 10 DK 2024", "B 9 NO 2024"]
    names = ("programme", "score_band", "country", "year")
    counts = counted([tuple(row.split()) for row in rows], names)
    counts = replace(counts, n=np.array([1.5, 2.0, 4.0, 8.0]),
                     ratings=np.array([2, 3, 5, 9]), hits=np.array([1, 0, 4, 7]))  # fmt: skip
    cells = multilevel._cells(counts)
    assert cells.column_names == ["country", "score_band", "n", "n_eff", "n_numerator",
                                  "n_programmes"]  # fmt: skip
    found = {(row["country"], row["score_band"]): row for row in cells.to_pylist()}
    assert len(found) == 2
    wanted = {"n": 10, "n_eff": 7.5, "n_numerator": 5, "n_programmes": 2}
    assert {name: found["DK", "10"][name] for name in wanted} == wanted
