"""What a posterior says: against numerical integration and simulation, on one made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats
from scipy.special import expit
from scipy.special import logit as log_odds
from tests.estimation.pooling.posteriors import (
    BANDS,
    COUNTRIES,
    FAILED,
    INDUSTRIES,
    SECTORS,
    logit,
    tiny,
)

from advocacy.arrays import Floats
from advocacy.errors import AdvocacyError, DataError, MissingColumnError, UsageError
from advocacy.estimation.estimates import COLUMNS, Estimates
from advocacy.estimation.pooling.beside import beside
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.predictions import (
    next_programme,
    pooled_rates,
    ranks,
    variance_shares,
)
from advocacy.estimation.segments import SEGMENTS
from advocacy.survey.margins import Margins, read_margins

CELLS = list(product(SECTORS, INDUSTRIES, COUNTRIES))
NAMES = ("sector", "industry", "country")
# On which a smooth function times a normal density is summed, exact to twelve digits and more.
NORMAL = np.linspace(-10, 10, 801)


def rows(result: Estimates, *by: str) -> pd.DataFrame:
    frame = result.to_pandas()
    return frame.set_index(list(by)) if by else frame


def mean_rate(eta: float, tau: float) -> float:
    """Integrate the rate of programmes about log odds of eta."""
    return float(np.trapezoid(expit(eta + tau * NORMAL) * stats.norm.pdf(NORMAL), NORMAL))


def square_rate(eta: float, tau: float) -> float:
    return float(np.trapezoid(expit(eta + tau * NORMAL) ** 2 * stats.norm.pdf(NORMAL), NORMAL))


def spread(posterior: Posterior, draw: int) -> float:
    """Return the standard deviation of programmes at one of four score bands."""
    own = 0.75 * posterior.programme_score[draw] ** 2
    return float(np.sqrt(posterior.programme[draw] ** 2 + own))


def integrals(
    posterior: Posterior, band: str, moment: Callable[[float, float], float] = mean_rate
) -> Floats:
    """Return an integral for each draw and cell, shape (S, cells)."""
    return np.array(
        [
            [
                moment(
                    logit(posterior, draw, **dict(zip(NAMES, cell, strict=True)), score_band=band),
                    spread(posterior, draw),
                )
                for cell in CELLS
            ]
            for draw in range(len(posterior.intercept))
        ]
    )


def behind(posterior: Posterior, band: str, name: str) -> Floats:
    """Return a number of each cell, 0 where the study has none; shape (cells,)."""
    frame = posterior.cells.to_pandas().query("score_band == @band").set_index(list(NAMES))[name]
    return frame.reindex(pd.MultiIndex.from_tuples(CELLS)).fillna(0).to_numpy(float)


def grouped(weights: Floats, by: tuple[str, ...]) -> dict[tuple[str, ...], Floats]:
    """Return the share of each cell in each level of a crossing."""
    at = [NAMES.index(name) for name in by]
    member: dict[tuple[str, ...], Floats] = {}
    for number, cell in enumerate(CELLS):
        member.setdefault(tuple(cell[a] for a in at), np.zeros(len(CELLS)))[number] = 1
    return {level: own * weights / (own * weights).sum() for level, own in member.items()}


def margins(folder: Path, text: str) -> Margins:
    (folder / "margins.csv").write_text(text, encoding="utf-8")
    return read_margins(folder / "margins.csv", SEGMENTS)


# Pooled rates


@pytest.mark.parametrize(("intent", "band"), [("score_10", "10"), ("detractors", "0-6")])
def test_the_rate_of_a_cell_is_the_integral_over_programmes(intent: str, band: str) -> None:
    posterior = tiny(5)
    found = rows(pooled_rates(posterior, intent=intent, conf_level=0.8), *NAMES)
    wanted = integrals(posterior, band)
    assert found.index.tolist() == CELLS
    np.testing.assert_allclose(found.estimate, wanted.mean(axis=0), rtol=1e-7)
    np.testing.assert_allclose(found.std_error, wanted.std(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.conf_low, np.quantile(wanted, 0.1, axis=0), rtol=1e-7)
    np.testing.assert_allclose(found.conf_high, np.quantile(wanted, 0.9, axis=0), rtol=1e-7)


def test_the_integral_holds_where_programmes_differ_much() -> None:
    posterior = replace(tiny(2), programme=np.array([2.5, 1.5]))
    found = rows(pooled_rates(posterior))
    np.testing.assert_allclose(found.estimate, integrals(posterior, "10").mean(axis=0), atol=1e-4)


@pytest.mark.parametrize("by", [("sector",), ("industry", "country"), ("country",), ()])
def test_rates_over_cells_are_averaged_by_effective_ratings(by: tuple[str, ...]) -> None:
    posterior = tiny(4)
    found = rows(pooled_rates(posterior, by=by, intent="9"))
    each = integrals(posterior, "9")
    shares = grouped(behind(posterior, "9", "n_eff"), by)
    assert [tuple(row) for row in found[list(by)].to_numpy()] == list(shares)
    wanted = np.column_stack([each @ own for own in shares.values()])
    np.testing.assert_allclose(found.estimate, wanted.mean(axis=0), rtol=1e-7)
    np.testing.assert_allclose(found.conf_high, np.quantile(wanted, 0.95, axis=0), rtol=1e-7)
    assert found.n.isna().all()


def test_what_lies_behind_a_cell_stands_beside_it() -> None:
    posterior = tiny()
    found = rows(pooled_rates(posterior, intent="passives"))
    for name in ("n", "n_eff", "n_numerator", "n_programmes"):
        np.testing.assert_array_equal(found[name], behind(posterior, "7-8", name))
    assert found.n.eq(0).sum() == 1


def test_a_row_without_ratings_is_averaged_as_the_whole_study() -> None:
    posterior = tiny()
    none = np.array([not (row["sector"] == "B2C" and row["industry"] == "H")
                     for row in posterior.cells.to_pylist()])  # fmt: skip
    posterior = replace(posterior, cells=posterior.cells.filter(pa.array(none)))
    found = rows(pooled_rates(posterior, by=("sector", "industry")), "sector", "industry")
    number = behind(posterior, "10", "n_eff").reshape(6, 2).sum(axis=0)
    each = integrals(posterior, "10")[:, -2:]
    wanted = (each @ (number / number.sum())).mean()
    assert found.estimate["B2C", "H"] == pytest.approx(wanted, rel=1e-7)


# Margins


def test_margins_of_independent_segments_are_multiplied(tmp_path: Path) -> None:
    posterior = tiny()
    given = margins(tmp_path, "industry,country,total\nC,,50\nG,,30\nH,,20\n,DK,70\n,NO,30\n")
    found = rows(pooled_rates(posterior, by=("sector",), margins=given), "sector")
    industry, country = {"C": 0.5, "G": 0.3, "H": 0.2}, {"DK": 0.7, "NO": 0.3}
    shares = grouped(np.array([industry[i] * country[c] for _, i, c in CELLS]), ("sector",))
    for (level,), own in shares.items():
        wanted = (integrals(posterior, "10") @ own).mean()
        assert found.estimate[level] == pytest.approx(wanted, rel=1e-7)


def test_a_margin_of_a_crossing_is_taken_within_what_is_shown(tmp_path: Path) -> None:
    posterior = tiny()
    total = dict(zip(CELLS, range(3, 3 + len(CELLS)), strict=True))
    text = "".join(f"{','.join(cell)},{number}\n" for cell, number in total.items())
    given = margins(tmp_path, f"{','.join(NAMES)},total\n{text}")
    weights = np.array([total[cell] for cell in CELLS], float)
    for by in [("sector",), ("country",), ()]:
        found = rows(pooled_rates(posterior, by=by, margins=given)).estimate
        each = integrals(posterior, "10")
        wanted = [(each @ own).mean() for own in grouped(weights, by).values()]
        np.testing.assert_allclose(found, wanted, rtol=1e-7)


def test_margins_change_nothing_where_nothing_is_averaged(tmp_path: Path) -> None:
    given = margins(tmp_path, "country,total\nDK,9\nNO,1\n")
    one, other = (rows(pooled_rates(tiny(), margins=m)).estimate for m in (given, None))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("country,total\nDK,70\nNO,30\n", "do not say how industry"),
        ("industry,country,total\nC,,50\nG,,50\n,DK,70\n,NO,30\n", "industry has no row for H"),
        ("industry,country,wave,total\nC,,,5\nG,,,5\nH,,,5\n,DK,,8\n,NO,,7\n,,2024,15\n",
         "of wave"),
        ("industry,country,total\nC,,50\nG,,30\nH,,20\n" +
         "".join(f"{i},{c},{t}\n" for i, c, t in zip("CCGGHH", COUNTRIES * 3,
                                                   (25, 25, 15, 15, 10, 10), strict=True)),
         "Several margins say how industry"),
    ],
)  # fmt: skip
def test_margins_that_do_not_fit_are_refused(tmp_path: Path, text: str, said: str) -> None:
    given = margins(tmp_path, text)
    with pytest.raises(UsageError, match=said) as caught:
        pooled_rates(tiny(), by=("sector",), margins=given)
    assert "margins.csv" in str(caught.value)


# The next programme


FIXED = 8000


def fixed(draws: int = FIXED, **scales: float) -> Posterior:
    """Return a posterior without doubt about its parameters."""
    posterior = tiny(draws, spread=0)
    return replace(posterior, **{n: np.full(draws, value) for n, value in scales.items()})


def test_without_doubt_the_limits_are_those_of_programmes() -> None:
    posterior = fixed()
    found = rows(next_programme(posterior, intent="9", conf_level=0.9), *NAMES)
    tau = spread(posterior, 0)
    # The quantile of 200,000 draws is within 5 standard errors of it.
    near = 5 * np.sqrt(0.05 * 0.95 / (25 * FIXED)) / stats.norm.pdf(1.645) * tau
    for cell in CELLS:
        eta = logit(posterior, 0, **dict(zip(NAMES, cell, strict=True)), score_band="9")
        limits = eta + tau * stats.norm.ppf([0.05, 0.95])
        np.testing.assert_allclose(
            log_odds(found.loc[cell, ["conf_low", "conf_high"]].to_numpy(float)),
            limits, rtol=0, atol=near,
        )  # fmt: skip
        assert found.estimate[cell] == pytest.approx(mean_rate(eta, tau), abs=0.003)
        error = np.sqrt(square_rate(eta, tau) - mean_rate(eta, tau) ** 2)
        assert found.std_error[cell] == pytest.approx(error, rel=0.02)


def test_doubt_about_the_parameters_is_added() -> None:
    posterior = tiny(4000)
    keep = np.arange(4000) % 4
    # Four draws, a thousand times each, so that integrals are few.
    few = replace(
        posterior,
        intercept=posterior.intercept[keep],
        terms=tuple(
            replace(t, effects=t.effects[keep], scale=None if t.scale is None else t.scale[keep])
            for t in posterior.terms
        ),
        programme=posterior.programme[keep],
        programme_score=posterior.programme_score[keep],
    )
    found = rows(next_programme(few, intent="passives"))
    own = replace(few, intercept=few.intercept[:4], programme=few.programme[:4],
                  programme_score=few.programme_score[:4])  # fmt: skip
    mean, square = (integrals(own, "7-8", moment) for moment in (mean_rate, square_rate))
    np.testing.assert_allclose(found.estimate, mean.mean(axis=0), atol=0.005)
    variance = square.mean(axis=0) - mean.mean(axis=0) ** 2
    np.testing.assert_allclose(found.std_error**2, variance, rtol=0.05)


@pytest.mark.parametrize("n", [1, 7, 60])
def test_an_observed_rate_has_its_sampling_error_too(n: int) -> None:
    posterior = fixed()
    cell = dict(zip(NAMES, CELLS[4], strict=True))
    found = rows(next_programme(posterior, where=cell, n=n)).iloc[0]
    eta, tau = logit(posterior, 0, **cell, score_band="10"), spread(posterior, 0)
    mean, square = mean_rate(eta, tau), square_rate(eta, tau)
    # Var(k/n) = Var(rate) + E(rate (1 - rate)) / n
    assert found.estimate == pytest.approx(mean, abs=0.006)
    assert found.std_error**2 == pytest.approx(square - mean**2 + (mean - square) / n, rel=0.03)
    assert (found.conf_low * n) == pytest.approx(round(found.conf_low * n))


@pytest.mark.parametrize("n", [0, -3])
def test_a_rate_of_no_answers_is_refused(n: int) -> None:
    with pytest.raises(UsageError, match="1 or more"):
        next_programme(tiny(), n=n)


def test_over_cells_programmes_are_drawn_as_the_study_has_them() -> None:
    # Countries far apart, so that their shares show.
    posterior = fixed()
    terms = tuple(
        replace(t, effects=np.tile([-2.0, 2.0], (FIXED, 1))) if t.segments == ("country",) else t
        for t in posterior.terms
    )
    posterior = replace(posterior, terms=terms)
    found = rows(next_programme(posterior, by=("sector",)), "sector").estimate
    one = replace(posterior, intercept=posterior.intercept[:1])
    each = integrals(one, "10")[0]
    for (level,), own in grouped(behind(posterior, "10", "n_programmes"), ("sector",)).items():
        assert found[level] == pytest.approx(each @ own, abs=0.006)
        assert abs(each @ own - each[own > 0].mean()) > 0.02


def unseen(**where: str) -> tuple[Posterior, pd.Series]:
    posterior = fixed(40_000)
    return posterior, rows(next_programme(posterior, where=where, conf_level=0.8)).iloc[0]


def test_a_level_that_the_study_has_not_seen_is_drawn_from_its_scale() -> None:
    posterior, found = unseen(sector="B2C", industry="G", country="SE")
    scales = {term.name: term.scale for term in posterior.terms if term.scale is not None}
    variance = spread(posterior, 0) ** 2
    for name in ("country", "industry × country"):
        variance += scales[name][0] ** 2
    eta = logit(posterior, 0, sector="B2C", industry="G", score_band="10")
    limits = eta + np.sqrt(variance) * stats.norm.ppf([0.1, 0.9])
    assert log_odds(found.conf_low) == pytest.approx(limits[0], abs=0.04)
    assert log_odds(found.conf_high) == pytest.approx(limits[1], abs=0.04)
    assert (found.n, found.n_programmes) == (0, 0)
    assert np.sqrt(variance) > spread(posterior, 0) * 1.1


def test_in_a_country_unseen_the_others_are_as_in_the_study() -> None:
    posterior, found = unseen(country="SE")
    scales = {term.name: term.scale for term in posterior.terms if term.scale is not None}
    own = spread(posterior, 0) ** 2
    tau = np.sqrt(own + scales["country"][0] ** 2 + scales["industry × country"][0] ** 2)
    programmes = behind(posterior, "10", "n_programmes").reshape(6, 2).sum(axis=1)
    rates = [mean_rate(logit(posterior, 0, sector=s, industry=i, score_band="10"), tau)
             for s, i in product(SECTORS, INDUSTRIES)]  # fmt: skip
    assert found.estimate == pytest.approx(rates @ programmes / programmes.sum(), abs=0.002)
    assert abs(rates @ programmes / programmes.sum() - np.mean(rates)) > 0.004


def test_levels_are_given_by_where_and_shown_beside_by() -> None:
    found = rows(next_programme(tiny(), where={"country": "NO"}, by=("sector",)))
    assert found[["country", "sector"]].to_numpy().tolist() == [["NO", "B2B"], ["NO", "B2C"]]
    found = rows(next_programme(tiny(), where={"country": "NO"}))
    assert found.country.tolist() == ["NO"]
    assert "sector" not in found


def test_a_sector_that_the_study_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="no sector 'B2G'"):
        next_programme(tiny(), where={"sector": "B2G"})


def test_draws_are_those_of_the_seed() -> None:
    one, same, other = (rows(next_programme(tiny(50), seed=seed)).estimate for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


# Ranks


def test_ranks_are_those_of_each_draw() -> None:
    posterior = tiny(40, spread=0.6)
    found = rows(ranks(posterior, of="industry", intent="passives", conf_level=0.5), "industry")
    shares = grouped(behind(posterior, "7-8", "n_eff"), ("industry",))
    rates = integrals(posterior, "7-8") @ np.column_stack(list(shares.values()))
    wanted = stats.rankdata(-rates, axis=1)
    assert found.index.tolist() == list(INDUSTRIES)
    np.testing.assert_allclose(found.estimate, wanted.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.conf_low, np.quantile(wanted, 0.25, axis=0), rtol=1e-12)
    assert (wanted.std(axis=0) > 0).all()


def test_ranks_take_margins(tmp_path: Path) -> None:
    posterior = tiny(20)
    given = margins(tmp_path, "sector,industry,total\nB2B,,90\nB2C,,10\n,C,5\n,G,5\n,H,90\n")
    found = rows(ranks(posterior, of="country", margins=given), "country").estimate
    share = {"B2B": 0.9, "B2C": 0.1, "C": 0.05, "G": 0.05, "H": 0.9}
    weights = grouped(np.array([share[s] * share[i] for s, i, _ in CELLS]), ("country",))
    rates = integrals(posterior, "10") @ np.column_stack(list(weights.values()))
    wanted = stats.rankdata(-rates, axis=1).mean(axis=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


# Shares of variance


def test_shares_of_variance_are_those_of_each_draw() -> None:
    posterior = tiny(6)
    found = rows(variance_shares(posterior, conf_level=0.5), "term")
    terms = {term.name: term for term in posterior.terms}
    shares = []
    for draw in range(6):
        b = terms["sector"].effects[draw]
        parts = [
            (b[0] ** 2 + b[1] ** 2) / 2,
            *(terms[n].scale[draw] ** 2 for n in ("industry", "country", "industry × country")),  # type: ignore[index]
            posterior.programme[draw] ** 2,
            0.75 * posterior.programme_score[draw] ** 2,
        ]
        shares.append(np.array(parts) / sum(parts))
    assert found.index.tolist() == ["sector", "industry", "country", "industry × country",
                                    "programme", "programme × score_band"]  # fmt: skip
    np.testing.assert_allclose(found.estimate, np.mean(shares, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.conf_low, np.quantile(shares, 0.25, axis=0), rtol=1e-12)
    assert found.estimate.sum() == pytest.approx(1, rel=1e-12)


# A programme beside those of the study


def counts(*cells: Mapping[str, Any], kind: str = "simulated") -> EffectiveCounts:
    """Return counts: each with its segments, and y and n."""
    names = [name for name in cells[0] if name not in ("y", "n")]
    y, n = (np.array([cell[name] for cell in cells], float) for name in ("y", "n"))
    keys = pa.table({name: [cell[name] for cell in cells] for name in names})
    ratings = np.ceil(n * 1.2).astype(np.int64)
    return EffectiveCounts(keys, y, n, ratings, np.floor(y).astype(np.int64), 0, kind)


CELL = {"programme": "client", "score_band": "10", "sector": "B2B", "industry": "G",
        "country": "NO"}  # fmt: skip


def integrated(
    posterior: Posterior, cells: list[dict[str, Any]], function: Callable[[Floats, Floats], Floats]
) -> float:
    """Integrate a function of the rates and the own effect over the posterior of a programme."""
    above = below = 0.0
    for draw in range(len(posterior.intercept)):
        tau = spread(posterior, draw)
        keys = [{name: c[name] for name in (*NAMES, "score_band") if name in c} for c in cells]
        etas = [logit(posterior, draw, **key) for key in keys]
        v = np.linspace(-8 * tau, 8 * tau, 4_001)
        logits = np.array(etas)[:, None] + v
        rates = expit(logits)
        log = sum(c["y"] * np.log(rates[k]) + (c["n"] - c["y"]) * np.log1p(-rates[k])
                  for k, c in enumerate(cells))  # fmt: skip
        density = np.exp(log - _LEVEL) * stats.norm.pdf(v, 0, tau)
        shares = np.array([c["n"] for c in cells]) / sum(c["n"] for c in cells)
        above += np.trapezoid(function(shares @ rates, v) * density, v)
        below += np.trapezoid(density, v)
    return above / below


# Keeps likelihoods of 40 ratings within what numbers hold.
_LEVEL = -25.0

DATA = [
    [CELL | {"y": 11.0, "n": 30.5}],
    [CELL | {"y": 1.0, "n": 1.0}],
    [CELL | {"y": 9.5, "n": 12.25}, CELL | {"y": 3.0, "n": 20.0, "country": "DK"}],
]


def of_one(posterior: Posterior, name: str, level: str) -> Posterior:
    """Return a posterior that was fitted to one level of a segment, of which it has no term."""
    terms = tuple(term for term in posterior.terms if name not in term.segments)
    kept = [value == level for value in posterior.cells.column(name).to_pylist()]
    return replace(posterior, terms=terms, cells=posterior.cells.filter(pa.array(kept)))


def smoothed(draws: int = 400) -> Posterior:
    """Return a posterior with draws enough that the grid of each does not show."""
    return tiny(draws, spread=0.25)


@pytest.mark.parametrize("cells", DATA, ids=["one cell", "one answer", "two cells"])
def test_a_programme_beside_the_study_equals_integration(cells: list[dict[str, Any]]) -> None:
    posterior = smoothed()
    found = rows(beside(posterior, counts(*cells), conf_level=0.8), "quantity")
    mean = integrated(posterior, cells, lambda rate, _: rate)
    square = integrated(posterior, cells, lambda rate, _: rate**2)
    rate = found.loc["rate"]
    assert rate.estimate == pytest.approx(mean, rel=1e-6)
    assert rate.std_error == pytest.approx(np.sqrt(square - mean**2), rel=1e-5)
    for limit, wanted in ((rate.conf_low, 0.1), (rate.conf_high, 0.9)):
        below = integrated(posterior, cells, lambda r, _, limit=limit: r <= limit)  # type: ignore[misc]
        assert below == pytest.approx(wanted, abs=0.002)
    above = integrated(posterior, cells, lambda _, v: (v > 0) + 0.5 * (v == 0))
    assert found.estimate["above_peers"] == pytest.approx(above, abs=1e-3)
    nothing = [cell | {"y": 0.0, "n": 1e-12 * cell["n"]} for cell in cells]
    before = found.loc["prediction"]
    prior = integrated(posterior, nothing, lambda rate, _: rate)
    assert before.estimate == pytest.approx(prior, rel=1e-6)
    below = integrated(posterior, nothing, lambda r, _: r <= before.conf_low)
    assert below == pytest.approx(0.1, abs=0.002)


def test_without_doubt_the_prediction_has_the_limits_of_programmes() -> None:
    posterior = fixed(1)
    found = rows(beside(posterior, counts(DATA[0][0]), conf_level=0.9), "quantity")
    eta = logit(posterior, 0, **{n: CELL[n] for n in (*NAMES, "score_band")})
    limits = expit(eta + spread(posterior, 0) * stats.norm.ppf([0.05, 0.95]))
    before = found.loc["prediction"]
    np.testing.assert_allclose([before.conf_low, before.conf_high], limits, atol=1e-3)


def test_with_next_to_no_data_a_programme_is_as_predicted() -> None:
    found = rows(beside(smoothed(), counts(CELL | {"y": 0.0, "n": 1e-9})), "quantity")
    for name in ("estimate", "std_error", "conf_low", "conf_high"):
        assert found[name]["rate"] == pytest.approx(found[name]["prediction"], rel=1e-6)
    assert found.estimate["above_peers"] == pytest.approx(0.5, abs=1e-6)


def test_its_prediction_is_that_of_the_next_programme() -> None:
    posterior = tiny(4000, spread=0.25)
    one = rows(beside(posterior, counts(DATA[0][0])), "quantity").loc["prediction"]
    cell = {name: CELL[name] for name in NAMES}
    other = rows(next_programme(posterior, where=cell)).iloc[0]
    for name in ("estimate", "std_error", "conf_low", "conf_high"):
        assert one[name] == pytest.approx(other[name], abs=0.006)


@pytest.mark.parametrize("share", [0.25, 0.6])
def test_with_much_data_a_programme_has_its_own_rate(share: float) -> None:
    posterior = tiny(2000, spread=0.25)
    n = 5_000.0
    found = rows(beside(posterior, counts(CELL | {"y": share * n, "n": n})), "quantity")
    error = np.sqrt(share * (1 - share) / n)
    assert found.estimate["rate"] == pytest.approx(share, abs=error / 2)
    assert found.std_error["rate"] == pytest.approx(error, rel=0.1)
    assert found.conf_low["rate"] == pytest.approx(share - 1.645 * error, abs=error / 3)
    assert found.conf_high["rate"] == pytest.approx(share + 1.645 * error, abs=error / 3)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.993, 1.0])
@pytest.mark.parametrize("n", [300.0, 20_000.0])
def test_a_programme_far_from_its_peers_equals_integration(share: float, n: float) -> None:
    """Its effect lies 6 and more standard deviations of programmes from theirs."""
    posterior = tiny(20, spread=0.25)
    found = rows(beside(posterior, counts(CELL | {"y": share * n, "n": n})), "quantity")
    values, logs = [], []
    for draw in range(len(posterior.intercept)):
        tau = spread(posterior, draw)
        eta = logit(posterior, draw, **{k: CELL[k] for k in (*NAMES, "score_band")})
        v = np.linspace(-30 * tau, 30 * tau, 60_001)
        values.append(expit(eta + v))
        log = share * n * np.log(values[-1]) + (1 - share) * n * np.log1p(-values[-1])
        logs.append(log + stats.norm.logpdf(v / tau))
    weights = np.exp(np.array(logs) - np.max(logs))
    weights /= weights.sum()
    mean = (weights * values).sum()
    assert found.estimate["rate"] == pytest.approx(mean, rel=1e-6)
    error = np.sqrt((weights * (np.array(values) - mean) ** 2).sum())
    assert found.std_error["rate"] == pytest.approx(error, rel=1e-5)
    assert found.estimate["above_peers"] == pytest.approx(float(share > 0.5), abs=1e-3)


def test_each_programme_has_its_three_rows_from_its_own_band() -> None:
    posterior = smoothed()
    cells = [CELL | {"y": 4.0, "n": 9.0}, CELL | {"y": 5.0, "n": 6.5, "programme": "another"},
             CELL | {"y": 1.0, "n": 30.0, "score_band": "0-6"},
             CELL | {"y": 2.0, "n": 4.0, "country": "DK"}]  # fmt: skip
    found = rows(beside(posterior, counts(*cells)))
    assert found.programme.tolist() == ["another"] * 3 + ["client"] * 3
    assert found.quantity.tolist() == ["rate", "prediction", "above_peers"] * 2
    assert found.n_eff.tolist() == [6.5] * 3 + [13.0] * 3
    assert found.n.tolist() == [8] * 3 + [16] * 3
    assert found.n_numerator.tolist() == [5] * 3 + [6] * 3
    alone = rows(beside(posterior, counts(cells[0], cells[3])))
    np.testing.assert_allclose(found.estimate[3:], alone.estimate, rtol=1e-12)


@pytest.mark.parametrize("lacking", [("sector",), ("industry",), ("country",), NAMES])
def test_a_programme_without_a_segment_has_no_peers(lacking: tuple[str, ...]) -> None:
    cell = {name: value for name, value in CELL.items() if name not in lacking}
    with pytest.raises(MissingColumnError) as caught:
        beside(tiny(), counts(cell | {"y": 3, "n": 9}))
    assert f"{', '.join(lacking)}. A programme" in caught.value.what
    lines = {"sector": ",,sector,B2B,", "industry": ",,industry,C,", "country": ",,country,NO,"}
    assert caught.value.remedy.split()[-len(lacking) :] == [lines[name] for name in lacking]


def test_a_segment_of_one_level_need_not_be_given() -> None:
    posterior = of_one(smoothed(), "country", "NO")
    cell = {name: value for name, value in CELL.items() if name != "country"} | {"y": 3, "n": 9}
    found = rows(beside(posterior, counts(cell)), "quantity")
    mean = integrated(posterior, [cell], lambda rate, _: rate)
    assert found.estimate["rate"] == pytest.approx(mean, rel=1e-6)


def test_a_country_unseen_adds_its_doubt() -> None:
    posterior = tiny(4000, spread=0.05)
    seen, unseen = (
        rows(beside(posterior, counts(CELL | {"y": 3, "n": 9, "country": c})), "quantity")
        for c in ("NO", "SE")
    )
    assert unseen.std_error["prediction"] > 1.05 * seen.std_error["prediction"]


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"sector": "B2G"}, UsageError, "no sector 'B2G'"),
        ({"score_band": "9"}, DataError, "No rating is in the score band 10"),
    ],
)
def test_programmes_that_do_not_fit_are_refused(
    changed: dict[str, str], error: type[AdvocacyError], said: str
) -> None:
    with pytest.raises(error, match=said):
        beside(tiny(), counts(CELL | {"y": 3, "n": 9} | changed))


def test_collected_and_published_evidence_are_not_mixed() -> None:
    posterior = replace(tiny(), labels=dict(tiny().labels) | {"source_kind": "published"})
    with pytest.raises(DataError, match="collected"):
        beside(posterior, counts(CELL | {"y": 3, "n": 9}, kind="collected"))


def test_a_study_of_one_sector_or_band_is_no_measure_of_another() -> None:
    for name, level, other in (("sector", "B2B", "B2C"), ("score_band", "10", "9")):
        alone = of_one(tiny(), name, level)
        alone = replace(alone, bands=("10",) if name == "score_band" else BANDS)
        given = counts(CELL | {"y": 3, "n": 9, name: other})
        with pytest.raises(UsageError, match=f"no {name} '{other}'"):
            beside(alone, given, intent="9" if name == "score_band" else "score_10")


# What they have in common


ALL: dict[str, Callable[..., Estimates]] = {
    "pooled_rates": pooled_rates,
    "next_programme": next_programme,
    "ranks": lambda posterior, **options: ranks(posterior, of="country", **options),
    "variance_shares": variance_shares,
    "beside": lambda posterior, **options: beside(
        posterior, counts(*(CELL | {"y": 3, "n": 9, "score_band": band} for band in BANDS)),
        **options,
    ),
}  # fmt: skip
OF_A_BAND = [name for name in ALL if name != "variance_shares"]


@pytest.mark.parametrize("name", ALL)
def test_a_failed_fit_shows_nothing(name: str) -> None:
    with pytest.raises(DataError, match="7 divergences"):
        ALL[name](replace(tiny(), diagnostics=FAILED))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("level", [0.0, 1.0, 1.5, -0.1])
def test_a_probability_is_between_0_and_1(name: str, level: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        ALL[name](tiny(), conf_level=level)


@pytest.mark.parametrize("name", OF_A_BAND)
@pytest.mark.parametrize("intent", ["promoters", "8"])
def test_an_intent_that_is_no_band_is_refused(name: str, intent: str) -> None:
    with pytest.raises(UsageError, match="no score band of the model"):
        ALL[name](tiny(), intent=intent)


@pytest.mark.parametrize("name", ["pooled_rates", "next_programme", "ranks"])
def test_a_band_that_the_study_lacks_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no ratings in the score band 9"):
        ALL[name](replace(tiny(), bands=("0-6", "7-8", "10")), intent="9")


@pytest.mark.parametrize("ask", [
    lambda p: pooled_rates(p, by=("wave",)),
    lambda p: next_programme(p, by=("wave",)),
    lambda p: next_programme(p, where={"wave": "2024"}),
    lambda p: ranks(p, of="wave"),
])  # fmt: skip
def test_a_segment_that_the_model_lacks_is_refused(ask: Callable[[Posterior], Any]) -> None:
    with pytest.raises(UsageError, match="no segment 'wave'"):
        ask(tiny())


@pytest.mark.parametrize("name", ALL)
def test_tables_have_the_columns_and_labels_of_estimates(name: str) -> None:
    result = ALL[name](tiny(), conf_level=0.8)
    assert result.table.column_names[len(result.by) :] == COLUMNS.names
    frame = result.to_pandas()
    assert set(frame.method) == {"pooled"}
    assert set(frame.target) == {"programmes_like_these"}
    assert set(frame.source_kind) == {"simulated"}
    assert set(frame.reliability) == {"ok"}
    assert set(frame.conf_level) == {0.8}
    assert set(frame.intent.dropna()) == ({"score_10"} if name in OF_A_BAND else set())
    quantity = {"pooled_rates": "rate", "next_programme": "prediction", "ranks": "rank",
                "variance_shares": "share"}  # fmt: skip
    interval = "prediction" if name == "next_programme" else "posterior"
    if name in quantity:
        assert set(frame.quantity) == {quantity[name]}
        assert set(frame.interval) == {interval}
    else:
        assert result.table.column("interval").to_pylist() == ["posterior", "prediction", None]
        last = frame.iloc[2][["std_error", "conf_low", "conf_high"]]
        assert last.isna().all()


# Numbers that are withheld


def withheld(*names: str, everywhere: bool = False) -> Posterior:
    """Return a posterior without these numbers of one cell, or of all."""
    posterior = tiny()
    frame = posterior.cells.to_pylist()
    for row in frame:
        if everywhere or (row["sector"], row["industry"], row["country"]) == ("B2B", "C", "DK"):
            row |= dict.fromkeys(names)
    return replace(posterior, cells=pa.Table.from_pylist(frame, posterior.cells.schema))


@pytest.mark.parametrize("ask", [
    lambda p: pooled_rates(p, by=("country",)),
    lambda p: next_programme(p, by=("country",)),
    lambda p: next_programme(p, where={"country": "SE"}),
    lambda p: ranks(p, of="country"),
])  # fmt: skip
def test_an_average_by_nothing_but_withheld_numbers_is_refused(
    ask: Callable[[Posterior], Any],
) -> None:
    with pytest.raises(DataError, match="withheld") as caught:
        ask(withheld("n_eff", "n_programmes", everywhere=True))
    assert "margins" in str(caught.value)


def test_what_is_withheld_of_another_band_does_not_matter() -> None:
    posterior = withheld("n_programmes")
    for ask in (lambda p: next_programme(p, where={"country": "SE"}, intent="9"),
                lambda p: next_programme(p, by=("country",), intent="9")):  # fmt: skip
        frame = posterior.cells.to_pandas()
        frame.loc[frame.score_band == "9", "n_programmes"] = 4
        given = pa.Table.from_pandas(frame, posterior.cells.schema, preserve_index=False)
        assert len(ask(replace(posterior, cells=given))) > 0


def test_cells_are_shown_without_their_withheld_numbers() -> None:
    names = ("n", "n_eff", "n_numerator", "n_programmes")
    for ask in (pooled_rates, next_programme):
        found = rows(ask(withheld(*names)), *NAMES)
        assert found.loc["B2B", "C", "DK"][list(names)].isna().all()
        assert found.loc["B2B", "C", "NO"][list(names)].notna().all()
        np.testing.assert_array_equal(found.estimate, rows(ask(tiny())).estimate)


def test_margins_stand_in_for_withheld_numbers(tmp_path: Path) -> None:
    given = margins(tmp_path, "sector,industry,total\nB2B,,1\nB2C,,1\n,C,1\n,G,.5\n,H,.5\n")
    one, other = (
        rows(pooled_rates(posterior, by=("country",), margins=given)).estimate
        for posterior in (withheld("n_eff", "n_programmes"), tiny())
    )
    np.testing.assert_array_equal(one, other)


def test_a_posterior_without_segments_has_one_rate() -> None:
    posterior = tiny(3)
    bare = replace(posterior, terms=posterior.terms[1:2], cells=pa.table(
        {"score_band": list(BANDS), "n": [4] * 4, "n_eff": [3.5] * 4, "n_numerator": [1] * 4,
         "n_programmes": [3] * 4}
    ))  # fmt: skip
    wanted = np.mean([
        mean_rate(logit(bare, draw, score_band="9"), spread(bare, draw)) for draw in range(3)
    ])  # fmt: skip
    (row,) = pooled_rates(bare, intent="9").table.to_pylist()
    assert row["estimate"] == pytest.approx(wanted, rel=1e-7)
    assert (row["n"], row["n_programmes"]) == (4, 3)
    assert len(next_programme(bare, intent="9")) == 1
