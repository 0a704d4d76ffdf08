"""The posterior as it is kept: written and read, asked for effects, and refused."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.estimation.pooling.posteriors import BANDS, COUNTRIES, INDUSTRIES, PASSED, logit, tiny

from advocacy.errors import DamagedError, DataError, UsageError
from advocacy.estimation.estimands import INTENTS
from advocacy.estimation.pooling.multilevel import MOST_DRAWS
from advocacy.estimation.pooling.posterior import Diagnostics, Posterior, Term, band_of, intent_of
from advocacy.estimation.pooling.posterior_file import read_posterior, write_posterior
from advocacy.report.wording import ENGLISH

SINGLE = float(np.finfo(np.float32).eps)
# What a file may weigh, with as many draws as are kept.
LARGEST_FILE = 20e6


def copied(posterior: Posterior, folder: Path) -> Posterior:
    write_posterior(posterior, folder / "posterior.parquet")
    return read_posterior(folder / "posterior.parquet")


def drawn(term: Term, **columns: list[str]) -> np.ndarray:
    return term.at(pa.table(columns), np.random.default_rng(1))


# Written and read


def test_numbers_survive_in_single_precision(tmp_path: Path) -> None:
    posterior = tiny(draws=11)
    again = copied(posterior, tmp_path)
    for name in ("intercept", "programme", "programme_score"):
        np.testing.assert_allclose(getattr(again, name), getattr(posterior, name), rtol=SINGLE)
        assert getattr(again, name).dtype == np.float64
    for term, other in zip(posterior.terms, again.terms, strict=True):
        assert (other.segments, other.levels) == (term.segments, term.levels)
        np.testing.assert_allclose(other.effects, term.effects, rtol=SINGLE)
        assert (other.scale is None) == (term.scale is None)
        if term.scale is not None:
            np.testing.assert_allclose(other.scale, term.scale, rtol=SINGLE)


def test_all_else_survives_as_it_is(tmp_path: Path) -> None:
    posterior = tiny()
    again = copied(posterior, tmp_path)
    assert again.bands == posterior.bands
    assert again.cells.equals(posterior.cells)
    assert dict(again.labels) == dict(posterior.labels)
    assert again.diagnostics == posterior.diagnostics
    assert again.warnings == posterior.warnings
    assert again.segments == ("sector", "industry", "country")


def test_numbers_that_are_withheld_stay_null(tmp_path: Path) -> None:
    posterior = tiny()
    nothing = pa.nulls(posterior.cells.num_rows, pa.int64())
    at = posterior.cells.column_names.index("n")
    posterior = replace(posterior, cells=posterior.cells.set_column(at, "n", nothing))
    again = copied(posterior, tmp_path)
    assert again.cells.equals(posterior.cells)
    assert again.cells.column("n").null_count == posterior.cells.num_rows


def test_a_posterior_without_segments_survives(tmp_path: Path) -> None:
    posterior = tiny()
    bare = replace(posterior, terms=posterior.terms[1:2], cells=pa.table(
        {"score_band": ["10"], "n": [4], "n_eff": [3.5], "n_numerator": [1], "n_programmes": [3]}
    ))  # fmt: skip
    again = copied(bare, tmp_path)
    assert again.segments == ()
    assert again.cells.equals(bare.cells)


@pytest.mark.parametrize("what", ["absent", "text", "another table"])
def test_what_is_no_posterior_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "posterior.parquet"
    if what == "text":
        path.write_text("rate\n0.5\n", encoding="utf-8")
    elif what == "another table":
        pq.write_table(pa.table({"intercept": [0.5]}), path)
    with pytest.raises(DataError, match="posterior") as caught:
        read_posterior(path)
    assert str(path) in str(caught.value)
    assert "advocacy pool" in str(caught.value)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "posterior.parquet"
    write_posterior(tiny(), path)
    table = pq.read_table(path)
    ((key, text),) = ((k, v) for k, v in table.schema.metadata.items() if k.startswith(b"advo"))
    about = json.loads(text) | {"format": 1}
    pq.write_table(table.replace_schema_metadata({key: json.dumps(about).encode()}), path)
    with pytest.raises(DataError, match="format 1, this version reads 2"):
        read_posterior(path)


def test_a_large_study_is_within_its_size(tmp_path: Path) -> None:
    # All sections of NACE in 30 countries and 2 sectors, draws that are noise and so do not
    # compress.
    rng = np.random.default_rng(0)
    sectors, industries = ("B2B", "B2C"), tuple("ABCDEFGHIJKLMNOPQRSTUV")
    countries = tuple(f"{a}{b}" for a in "ABCDE" for b in "UVWXYZ")
    crossings = [
        (("sector",), (sectors,)), (("score_band",), (BANDS,)), (("industry",), (industries,)),
        (("country",), (countries,)), (("sector", "industry"), (sectors, industries)),
        (("industry", "country"), (industries, countries)),
    ]  # fmt: skip
    terms = tuple(
        Term(
            names,
            levels,
            rng.normal(size=(MOST_DRAWS, math.prod(len(own) for own in levels))),
            rng.normal(size=MOST_DRAWS),
        )
        for names, levels in crossings
    )
    keys = list(product(sectors, industries, countries, BANDS))
    names = ("sector", "industry", "country", "score_band")
    columns = dict(zip(names, map(pa.array, zip(*keys, strict=True)), strict=True))
    numbers = {name: rng.integers(1, 10**6, len(keys)) for name in
               ("n", "n_numerator", "n_programmes")}  # fmt: skip
    posterior = replace(
        tiny(MOST_DRAWS),
        terms=terms,
        cells=pa.table(columns | numbers | {"n_eff": rng.uniform(0, 1e6, len(keys))}),
    )
    write_posterior(posterior, tmp_path / "posterior.parquet")
    assert (tmp_path / "posterior.parquet").stat().st_size < LARGEST_FILE


# Effects


def test_log_odds_are_the_sum_of_the_effects_of_a_cell() -> None:
    posterior = tiny()
    rows = [
        {"sector": s, "industry": i, "country": c, "score_band": b}
        for s, i, c, b in product(("B2C", "B2B"), ("H", "C"), COUNTRIES, ("10", "0-6"))
    ]
    found = posterior.logits(pa.Table.from_pylist(rows), np.random.default_rng(0))
    wanted = [[logit(posterior, draw, **row) for row in rows] for draw in range(3)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_a_segment_that_is_not_given_has_its_mean() -> None:
    posterior = tiny()
    keys = pa.table({"score_band": ["10", "9"], "country": ["NO", "NO"]})
    found = posterior.logits(keys, np.random.default_rng(0))
    wanted = [
        [logit(posterior, d, score_band=b, country="NO") for b in ("10", "9")] for d in range(3)
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_an_unseen_level_is_drawn_from_its_scale() -> None:
    scale = np.repeat([0.2, 1.5], 20_000)
    term = Term(("country",), (COUNTRIES,), np.zeros((len(scale), 2)), scale)
    found = drawn(term, country=["SE"])[:, 0]
    for own in (0.2, 1.5):
        part = found[scale == own]
        # Of 20,000 normal draws the standard deviation is known to 0.5 %.
        assert part.std() == pytest.approx(own, rel=0.02)
        assert part.mean() == pytest.approx(0, abs=4 * own / np.sqrt(20_000))


def test_the_same_unseen_level_has_the_same_effect_and_another_has_its_own() -> None:
    term = Term(("country",), (COUNTRIES,), np.ones((500, 2)), np.full(500, 0.7))
    found = drawn(term, country=["SE", "DK", "FI", "SE"])
    np.testing.assert_array_equal(found[:, 0], found[:, 3])
    np.testing.assert_array_equal(found[:, 1], 1)
    assert abs(np.corrcoef(found[:, 0], found[:, 2])[0, 1]) < 0.2


def test_a_crossing_with_an_unseen_level_is_unseen_as_a_whole() -> None:
    effects = np.tile(np.arange(6.0), (400, 1))
    term = Term(("industry", "country"), (INDUSTRIES, COUNTRIES), effects, np.full(400, 0.5))
    found = drawn(term, industry=["H", "H", "C", "C"], country=["NO", "SE", "SE", "DK"])
    np.testing.assert_array_equal(found[:, 0], 5)
    np.testing.assert_array_equal(found[:, 3], 0)
    assert abs(np.corrcoef(found[:, 1], found[:, 2])[0, 1]) < 0.2
    assert found[:, 1].std() == pytest.approx(0.5, rel=0.15)


@pytest.mark.parametrize(("name", "value"), [("sector", "B2G"), ("score_band", "11")])
def test_a_level_without_a_scale_is_refused(name: str, value: str) -> None:
    keys = pa.table({"sector": ["B2B"], "score_band": ["10"]} | {name: [value]})
    with pytest.raises(UsageError, match=f"no {name} '{value}'"):
        tiny().logits(keys, np.random.default_rng(0))


@pytest.mark.parametrize(("name", "level"), [("sector", "B2B"), ("country", "DK")])
def test_the_only_level_of_a_segment_stands_for_no_other(name: str, level: str) -> None:
    posterior = tiny()
    terms = tuple(term for term in posterior.terms if name not in term.segments)
    kept = np.array([value == level for value in posterior.cells.column(name).to_pylist()])
    alone = replace(posterior, terms=terms, cells=posterior.cells.filter(pa.array(kept)))
    rng = np.random.default_rng(0)
    assert alone.logits(pa.table({name: [level], "score_band": ["9"]}), rng).shape == (3, 1)
    with pytest.raises(UsageError, match=f"(?s)no {name} 'XX'.*one of: {level}"):
        alone.logits(pa.table({name: ["XX"], "score_band": ["9"]}), rng)


def test_programmes_differ_by_both_scales() -> None:
    posterior = replace(
        tiny(2), programme=np.array([0.3, 0.0]), programme_score=np.array([0.4, 1.0])
    )
    # Of four effects that sum to zero, each has 3/4 of the variance.
    np.testing.assert_allclose(posterior.between, np.sqrt([0.09 + 0.12, 0.75]), rtol=1e-12)


def test_levels_are_in_the_order_of_the_segment() -> None:
    posterior = tiny()
    assert posterior.levels("score_band") == BANDS
    assert posterior.levels("industry") == INDUSTRIES


# Whether it may be shown


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"rhat": 1.0099}, None),
        ({"rhat": 1.01}, "R-hat of one is 1.010"),
        ({"rhat": 1.2}, "R-hat of one is 1.200"),
        ({"rhat": np.nan}, "R-hat of one is nan"),
        ({"ess_bulk": 400.5}, None),
        ({"ess_bulk": 400.0}, "bulk ESS of two is 400"),
        ({"ess_bulk": np.nan}, "bulk ESS of two is nan"),
        ({"ess_tail": 400.0}, "tail ESS of three is 400"),
        ({"divergences": 1}, "1 transitions diverged"),
    ],
)
def test_problems_at_the_thresholds(changed: dict[str, float], problem: str | None) -> None:
    found = replace(PASSED, worst=("one", "two", "three"), **changed)  # type: ignore[arg-type]
    assert len(found.problems) == (problem is not None)
    if problem:
        assert ENGLISH.said(found.problems[0]).startswith(problem)


def test_all_problems_are_named() -> None:
    bad = Diagnostics(1.5, 12.0, 3.0, ("one", "two", "three"), 4, 4, 100)
    posterior = replace(tiny(), diagnostics=bad)
    with pytest.raises(DataError) as caught:
        posterior.require_passed()
    for part in (
        "R-hat up to 1.500 (one)",
        "bulk ESS down to 12 (two)",
        "tail ESS down to 3 (three)",
        "4 divergences",
        "--draws",
    ):
        assert part in str(caught.value)
    tiny().require_passed()


# Score bands


@pytest.mark.parametrize(
    ("intent", "band"),
    [("score_10", "10"), ("10", "10"), ("passives", "7-8"), ("8,7", "7-8"), ("9", "9"),
     ("detractors", "0-6"), ("0,1,2,3,4,5,6", "0-6")],
)  # fmt: skip
def test_intents_that_are_bands(intent: str, band: str) -> None:
    assert band_of(intent) == band


@pytest.mark.parametrize("intent", ["promoters", "top_3", "8", "0,1,2,3,4,5", "9,10"])
def test_intents_that_are_no_bands_are_refused(intent: str) -> None:
    with pytest.raises(UsageError, match="no score band"):
        band_of(intent)


def test_bands_have_the_names_of_their_intents() -> None:
    names = {band: intent_of(band) for band in BANDS}
    assert names == {"0-6": "detractors", "7-8": "passives", "9": "scores_9", "10": "score_10"}
    assert {name for name in names.values() if name in INTENTS} == {
        "detractors",
        "passives",
        "score_10",
    }


# Damaged


def test_a_damaged_posterior_is_refused_or_the_same(tmp_path: Path) -> None:
    path, random_ = tmp_path / "posterior.parquet", random.Random(7)
    write_posterior(tiny(), path)
    content, right = path.read_bytes(), read_posterior(path)
    for number in range(60):
        changed, place = bytearray(content), random_.randrange(len(content))
        if number % 3 == 0:
            changed[place] ^= 1 << random_.randrange(8)
        elif number % 3 == 1:
            changed[place : place + 512] = bytes(len(changed[place : place + 512]))
        else:
            del changed[place:]
        path.write_bytes(changed)
        with pytest.raises(DamagedError, match=r"posterior\.parquet"):
            read_posterior(path)
    path.write_bytes(content)
    assert read_posterior(path).intercept.tolist() == right.intercept.tolist()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_draws_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    posterior = tiny()
    draws = posterior.intercept.copy()
    draws[-1] = value
    write_posterior(replace(posterior, intercept=draws), tmp_path / "p.parquet")
    with pytest.raises(DamagedError, match="a draw of intercept is no number"):
        read_posterior(tmp_path / "p.parquet")


def test_a_posterior_that_has_lost_its_hash_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    write_posterior(tiny(), path)
    table = pq.read_table(path)
    metadata = {k: v for k, v in table.schema.metadata.items() if k != b"seal"}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    with pytest.raises(DamagedError, match="SHA-256 is gone"):
        read_posterior(path)


@pytest.mark.parametrize(
    "about", [b"{", b"[]", b"{}", b'{"format": 2}', b'{"format": 2, "terms": 1}']
)
def test_broken_metadata_are_refused(tmp_path: Path, about: bytes) -> None:
    path = tmp_path / "p.parquet"
    write_posterior(tiny(), path)
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({b"advocacy posterior": about}), path)
    with pytest.raises(DamagedError, match="cannot be read as it was written"):
        read_posterior(path)
