"""What is withheld cannot be worked out: an attack on the published tables, made for this test.

The attack knows nothing of how rows are chosen or of which counts add up. Its unknowns are the
ratings themselves, counted by sector, industry, country, score and answer; each number that a
table shows is one equation; and for each withheld row it asks a linear program how small and how
large n and the numerator can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from scipy.optimize import linprog

from advocacy.errors import DataError, UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.disclosure.audit import audit
from advocacy.estimation.disclosure.disclosure import blank, decide, withhold
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.estimates import COLUMNS

RULES = DisclosureRules()
INTENT = {"score_10": {10}, "promoters": {9, 10}, "top_3": {8, 9, 10}}
BANDS = {**dict.fromkeys(range(7), "0-6"), 7: "7-8", 8: "7-8", 9: "9", 10: "10"}
SPLIT = {"score", "score_band"}
REVEALING = [
    "estimate", "std_error", "conf_low", "conf_high", "df", "p_value", "n", "n_numerator", "n_eff",
    "n_programmes", "n_suppliers", "largest_supplier", "deff",
]  # fmt: skip
# Enough to have every set and band; fewer unknowns for the attack.
SCORES = (0, 7, 8, 9, 10)


def counted(ratings: pd.DataFrame, estimand: str, intent: str, by: Sequence[str]) -> pd.DataFrame:
    """Return base and numerator of each rating, as METHODS defines the estimand."""
    inside = ratings.score.isin(range(11) if SPLIT & set(by) else INTENT[intent])
    answered, yes = ratings.answer != "none", ratings.answer == "yes"
    base, numerator = {
        "recommended_past_12m": (inside & answered, inside & yes),
        "true_advocates": (answered, inside & yes),
        "intent_share": (answered | True, inside),
        "nps": (answered | True, ratings.score >= 9),
    }[estimand]
    return pd.DataFrame({"base": base, "numerator": numerator & base})


def table(
    ratings: pd.DataFrame,
    by: Sequence[str] = (),
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
) -> Estimates:
    """Return the table that the ratings give, without what a survey design adds to it."""
    marks = pd.concat([ratings, counted(ratings, estimand, intent, by)], axis=1)
    marks = marks[marks.base].dropna(subset=list(by))
    rows = []
    for levels, own in marks.groupby(list(by)) if by else [((), marks)]:
        n, hits = len(own), int(own.numerator.sum())
        row = dict.fromkeys(COLUMNS.names, 1.0) | dict.fromkeys(COLUMNS.names[:8])
        row |= {
            "estimand": estimand, "intent": None if SPLIT & set(by) else intent, "n": n,
            "n_numerator": None if estimand == "nps" else hits, "estimate": hits / n,
            "n_programmes": 4, "n_suppliers": own.supplier.nunique(), "interval": "wald",
            "largest_supplier": own.supplier.value_counts().max() / n,
            "reliability": "ok", "source_kind": "simulated",
        }  # fmt: skip
        rows.append(dict(zip(by, levels, strict=True)) | row)
    keys = [(name, pa.int64() if name == "score" else pa.string()) for name in by]
    return Estimates(pa.Table.from_pylist(rows, pa.schema([*keys, *COLUMNS])), "rates")


def drawn(seed: int, n: int = 1500, lacking: float = 0.0) -> pd.DataFrame:
    """Draw ratings; a few countries and industries are small."""
    rng = np.random.default_rng(seed)
    score = rng.choice(SCORES, n, p=(0.25, 0.2, 0.15, 0.15, 0.25))
    answers = np.where(rng.random(n) < 0.2 + 0.04 * score, "yes", "no")
    ratings = pd.DataFrame(
        {
            "sector": rng.choice(["B2B", "B2C"], n, p=(0.4, 0.6)),
            "industry": rng.choice(list("CGKQ"), n, p=(0.5, 0.35, 0.12, 0.03)),
            "country": rng.choice(["DE", "FR", "IT", "SE"], n, p=(0.6, 0.3, 0.08, 0.02)),
            "score": score,
            "answer": np.where(rng.random(n) < 0.1, "none", answers),
            "supplier": rng.choice(8, n),
        }
    )
    ratings["score_band"] = ratings.score.map(BANDS)
    ratings.loc[rng.random(n) < lacking, "industry"] = None
    return ratings


def everything(ratings: pd.DataFrame) -> list[Estimates]:
    """Return tables of several estimands and nested intents, with and without the score."""
    crossings = [(), ("sector",), ("industry",), ("country",), ("sector", "industry"),
                 ("sector", "country")]  # fmt: skip
    tables = [table(ratings, by) for by in [*crossings, ("score",), ("score_band",)]]
    tables += [table(ratings, ("sector", "score"))]
    tables += [table(ratings, by, intent="promoters") for by in crossings]
    tables += [table(ratings, by, intent="top_3") for by in crossings[:4]]
    tables += [table(ratings, by, "true_advocates") for by in crossings[:4]]
    tables += [table(ratings, by, "intent_share") for by in crossings[:4]]
    return [*tables, table(ratings, ("country",), "nps")]


def primary(tables: Sequence[Estimates], rules: DisclosureRules = RULES) -> list[list[str | None]]:
    """Return what primary suppression alone withholds, computed row by row."""
    reasons: list[list[str | None]] = []
    for estimates in tables:
        frame = estimates.to_pandas()
        rest = frame.n - frame.n_numerator
        broken = (frame.n < rules.smallest_n) | (frame.n_numerator < rules.smallest_count)
        broken |= (rest < rules.smallest_count) | (frame.n_suppliers < rules.fewest_suppliers)
        broken |= frame.largest_supplier > rules.largest_supplier
        reasons.append(["broken" if one else None for one in broken])
    return reasons


# The attack -------------------------------------------------------------------------------------


class Attack:
    """Linear programs over the ratings themselves, from published tables."""

    def __init__(
        self, ratings: pd.DataFrame, tables: list[Estimates], previous: list[Estimates] = ()
    ) -> None:
        lacking = [None] if ratings.industry.isna().any() else []
        kinds = product(
            sorted(ratings.sector.unique()), [*"CGKQ", *lacking],
            sorted(ratings.country.unique()), SCORES, ("yes", "no", "none"),
        )  # fmt: skip
        names = ["sector", "industry", "country", "score", "answer"]
        self.kinds = pd.DataFrame(list(kinds), columns=names)
        self.kinds["score_band"] = self.kinds.score.map(BANDS)
        self.rows: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.withheld: list[tuple[int, int, dict[str, np.ndarray]]] = []
        # The ratings of now are those of then and those that were added.
        for number, estimates in enumerate(tables):
            self._read(number, estimates, (1, 1))
        for number, estimates in enumerate(previous):
            self._read(-1 - number, estimates, (1, 0))

    def _read(self, number: int, estimates: Estimates, releases: tuple[int, int]) -> None:
        frame, by = estimates.to_pandas(), list(estimates.by)
        listed = np.zeros(len(self.kinds), dtype=bool)
        # A table is of one estimand and one intent.
        (estimand,), (intent,) = frame.estimand.unique(), frame.intent.unique()
        marks = counted(self.kinds, estimand, intent or "score_10", by)
        for position, row in frame.iterrows():
            here = np.ones(len(self.kinds), dtype=bool)
            for name in by:
                here &= (self.kinds[name] == row[name]).to_numpy()
            listed |= here
            base, hits = (here & marks[name].to_numpy() for name in ("base", "numerator"))
            parts = {"n": base, "hits": hits, "rest": base & ~hits}
            vectors = {name: np.kron(releases, part).astype(float) for name, part in parts.items()}
            if pd.isna(row.n):
                self._know(vectors["n"], 1, np.inf)
                if row.estimand != "nps":
                    self.withheld.append((number, position, vectors))
            else:
                self._know(vectors["n"], row.n, row.n)
                if row.estimand != "nps":
                    self._know(vectors["hits"], row.n_numerator, row.n_numerator)
        named = self.kinds[by].notna().all(axis=1).to_numpy() if by else True
        absent = marks.base & ~listed
        self._know(np.kron(releases, absent & named).astype(float), 0, 0)

    def _know(self, vector: np.ndarray, low: float, high: float) -> None:
        self.rows.append(vector)
        self.low.append(low)
        self.high.append(high)

    @cached_property
    def known(self) -> dict[str, Any]:
        """What the tables say, once for all linear programs."""
        matrix = sparse.csr_matrix(np.array(self.rows))
        low, high = np.array(self.low), np.array(self.high)
        exact = low == high
        return {
            "A_eq": matrix[exact], "b_eq": low[exact],
            "A_ub": -matrix[~exact], "b_ub": -low[~exact],
        }  # fmt: skip

    def interval(self, vector: np.ndarray) -> tuple[float, float]:
        """Return the smallest and largest number of ratings that the tables allow."""
        ends = []
        for sign in (1, -1):
            found = linprog(sign * vector, **self.known)
            assert found.status in (0, 3), found.message
            ends.append(sign * found.fun if found.status == 0 else np.inf)
        # Counts are whole.
        return float(np.ceil(ends[0] - 1e-6)), float(np.floor(ends[1] + 1e-6))


def too_narrow(
    ratings: pd.DataFrame,
    tables: list[Estimates],
    reasons: list[list[str | None]],
    previous: list[Estimates] = (),
) -> list[tuple[int, int, str]]:
    """Return the withheld counts whose interval breaks the stated protection rule."""
    attack = Attack(ratings, blank(tables, reasons), previous)

    @cache
    def nothing() -> Attack:
        return Attack(ratings, blank(tables, [["x"] * len(t) for t in tables]), previous)

    found = []
    for number, position, vectors in attack.withheld:
        intervals = {name: attack.interval(vector) for name, vector in vectors.items()}
        true = tables[number].table.slice(position, 1).to_pylist()[0] if number >= 0 else None
        if true and true["n"] < 10:
            widths = {"n": 10, "hits": 3, "rest": 3}
        elif true and min(true["n_numerator"], true["n"] - true["n_numerator"]) < 3:
            widths = {"hits": 3, "rest": 3}
        else:
            widths = {}
            if all(low == high for low, high in intervals.values()):
                found.append((number, position, "exact"))
        for name, width in widths.items():
            low, high = intervals[name]
            if high - low < width:
                # Even a reader of the row names alone may know that there is no such rating.
                widest = np.subtract(*nothing().interval(vectors[name])[::-1])
                if high - low < min(width, widest):
                    found.append((number, position, name))
    return found


# What the attack finds --------------------------------------------------------------------------


@cache
def published(seed: int, lacking: float) -> tuple[pd.DataFrame, list[Estimates], list[list[str]]]:
    ratings = drawn(seed, lacking=lacking)
    tables = everything(ratings)
    return ratings, tables, decide(tables, RULES)


DRAWS = [
    (1, 0.0),
    pytest.param(2, 0.0, marks=pytest.mark.heavy),
    (3, 0.04),
    pytest.param(4, 0.0, marks=pytest.mark.heavy),
]


@pytest.mark.parametrize(("seed", "lacking"), DRAWS)
def test_the_attack_recovers_nothing(seed: int, lacking: float) -> None:
    ratings, tables, reasons = published(seed, lacking)
    assert any(reason for table in reasons for reason in table)
    assert too_narrow(ratings, tables, reasons) == []


@pytest.mark.parametrize(("seed", "lacking"), DRAWS[:2])
def test_the_attack_recovers_rows_from_primary_suppression_alone(seed: int, lacking: float) -> None:
    ratings, tables, _ = published(seed, lacking)
    assert len(too_narrow(ratings, tables, primary(tables))) > 5


@pytest.mark.parametrize(("seed", "lacking"), DRAWS)
def test_the_audit_agrees(seed: int, lacking: float) -> None:
    _, tables, reasons = published(seed, lacking)
    assert audit(blank(tables, reasons), RULES) == []
    assert audit(blank(tables, primary(tables)), RULES) != []


@pytest.mark.parametrize(("seed", "lacking"), DRAWS)
def test_what_breaks_a_rule_is_withheld_and_not_everything_else(seed: int, lacking: float) -> None:
    _, tables, reasons = published(seed, lacking)
    for own, broken in zip(reasons, primary(tables), strict=True):
        assert all(reason for reason, breaks in zip(own, broken, strict=True) if breaks)
    withheld = sum(reason is not None for own in reasons for reason in own)
    assert withheld < 0.5 * sum(len(own) for own in reasons)
    assert reasons[0] == [None], "the total of the headline is the last to go"


@cache
def two_releases(seed: int) -> tuple[pd.DataFrame, list[Estimates], list[Estimates]]:
    later = drawn(seed, 900)
    earlier = later[: 900 - 25]
    crossings = [(), ("sector",), ("country",), ("industry",)]
    before = withhold([table(earlier, by) for by in crossings], RULES)
    return later, [table(later, by) for by in crossings], before


@pytest.mark.parametrize("seed", [11, 12])
def test_the_attack_recovers_nothing_with_the_previous_release(seed: int) -> None:
    ratings, tables, before = two_releases(seed)
    reasons = decide(tables, RULES, before)
    assert too_narrow(ratings, tables, reasons, before) == []
    assert audit(blank(tables, reasons), RULES, before) == []
    assert audit(blank(tables, decide(tables, RULES)), RULES, before) != []


# Rules and single cases -------------------------------------------------------------------------


def planted(**counts: int) -> pd.DataFrame:
    """Return ratings with score 10, so many a country, every other one with a yes."""
    countries = [name for name, count in counts.items() for _ in range(count)]
    ratings = drawn(0, len(countries))
    ratings["country"], ratings["score"], ratings["score_band"] = countries, 10, "10"
    ratings["answer"] = ["yes" if place % 2 else "no" for place in range(len(countries))]
    ratings["supplier"] = np.arange(len(countries)) % 8
    return ratings


def test_the_smallest_row_protects_another() -> None:
    ratings = planted(DE=500, FR=80, IT=30, SE=5)
    reasons = decide([table(ratings), table(ratings, ("country",))], RULES)
    assert reasons == [[None], [None, None, "protects_another", "few_ratings"]]


def test_without_a_total_nothing_protects_but_the_row_itself() -> None:
    reasons = decide([table(planted(DE=500, FR=80, SE=5), ("country",))], RULES)
    assert reasons == [[None, None, "few_ratings"]]


def test_a_table_of_two_rows_is_withheld_as_a_whole() -> None:
    ratings = planted(DE=500, SE=5)
    shown = withhold([table(ratings), table(ratings, ("country",))], RULES)
    assert [one.table.column("reliability").to_pylist() for one in shown] == [
        ["ok"],
        ["withheld", "withheld"],
    ]


def test_ratings_that_lack_the_segment_can_hide_a_row() -> None:
    ratings = planted(DE=500, FR=80, SE=5, none=300)
    ratings.loc[ratings.country == "none", "country"] = None
    reasons = decide([table(ratings), table(ratings, ("country",))], RULES)
    assert reasons == [[None], [None, None, "few_ratings"]]


def test_a_difference_of_intents_is_protected() -> None:
    ratings = planted(DE=500, FR=80)
    ratings.loc[ratings.index[:4], "score"] = 9
    tables = [table(ratings), table(ratings, intent="promoters")]
    # Four ratings of 9: promoters less those who score 10.
    assert [one.what for one in audit(tables, RULES)] == ["difference"]
    assert decide(tables, RULES) == [["protects_another"], [None]]


def test_another_estimand_with_the_same_numerator_is_withheld_too() -> None:
    ratings = planted(DE=100, FR=100, IT=100)
    ratings.loc[ratings.country == "DE", "answer"] = ["yes"] * 2 + ["no"] * 98
    tables = [table(ratings, ("country",)), table(ratings, ("country",), "true_advocates")]
    assert decide(tables, RULES) == [["small_numerator", None, None]] * 2


def test_a_score_follows_the_shares_that_it_is_made_of() -> None:
    ratings = drawn(5, 800)
    ratings.loc[(ratings.country == "IT") & (ratings.score == 10), "score"] = 9
    tables = [table(ratings, ("country",), "intent_share"), table(ratings, ("country",), "nps")]
    shares, scores = decide(tables, RULES)
    assert shares[2] == "small_numerator"
    assert scores[2] == "protects_another"


@pytest.mark.parametrize(
    ("suppliers", "reason"),
    [
        ([0, 1], "few_suppliers"),
        ([0] * 9 + [1] * 2 + [2], None),
        ([0] * 27 + [1, 2, 3], "large_supplier"),
    ],
)
def test_supplier_rules_are_for_pooled_tables_alone(suppliers: list[int], reason: str) -> None:
    ratings = planted(DE=300, FR=120, IT=60)
    here = ratings.country == "IT"
    ratings.loc[here, "supplier"] = np.resize(suppliers, here.sum())
    tables = [table(ratings, ("country",))]
    assert decide(tables, RULES) == [[None, None, reason]]
    assert decide(tables, RULES.own_file()) == [[None, None, None]]


def test_a_row_that_no_table_lists_stands_for_no_rating() -> None:
    ratings = planted(DE=300, FR=60, IT=40)
    ratings.loc[ratings.country == "IT", "score"] = 9
    ratings.loc[ratings.country == "FR", "supplier"] = 0
    tables = [table(ratings), table(ratings, ("country",))]
    tables += [table(ratings, ("country",), intent="promoters")]
    # Nobody in IT scores 10, so that FR is the total less DE.
    reasons = decide(tables, RULES)
    assert reasons[:2] == [[None], ["protects_another", "few_suppliers"]]


def test_where_nothing_is_lacking_the_reader_knows_that() -> None:
    ratings = planted(DE=300, FR=120, IT=60)
    ratings.loc[ratings.country == "IT", "supplier"] = 0
    reasons = decide([table(ratings), table(ratings, ("country",))], RULES)
    # All ratings have a country: the total less the other rows would be the row.
    assert reasons == [[None], [None, "protects_another", "few_suppliers"]]


@pytest.mark.parametrize(
    ("n", "hits", "suppliers", "largest", "rule"),
    [
        (10, 3, 3, 0.85, None),
        (9, 4, 3, 0.5, "few_ratings"),
        (10, 2, 3, 0.5, "small_numerator"),
        (10, 8, 3, 0.5, "small_numerator"),
        (10, 5, 2, 0.5, "few_suppliers"),
        (10, 5, 3, 0.86, "large_supplier"),
        (10, np.nan, np.nan, np.nan, None),
    ],
)
def test_each_limit(n: int, hits: int, suppliers: int, largest: float, rule: str | None) -> None:
    assert RULES.broken(n, hits, suppliers, largest) == rule


def test_a_small_addition_is_withheld_and_no_addition_is_not() -> None:
    earlier = planted(DE=300, FR=200, IT=100)
    before = withhold([table(earlier, ("country",))], RULES)
    assert decide([table(earlier, ("country",))], RULES, before) == [[None, None, None]]
    later = [table(planted(DE=360, FR=204, IT=100), ("country",))]
    assert decide(later, RULES, before) == [[None, "small_addition", None]]


def test_what_was_withheld_then_stays_withheld() -> None:
    ratings = planted(DE=500, FR=30, SE=5)
    tables = [table(ratings), table(ratings, ("country",))]
    before = withhold(tables, RULES)
    lenient = DisclosureRules(smallest_n=4, smallest_count=1)
    assert decide(tables, lenient) == [[None], [None, None, None]]
    # Nothing was added since, so that a row shown now would be the row withheld then.
    assert decide(tables, lenient, before) == [[None], [None, *["protects_another"] * 2]]


def test_ratings_may_have_been_taken_out_since() -> None:
    before = withhold([table(planted(DE=300, FR=200, IT=100, SE=5), ("country",))], RULES)
    fewer = [table(planted(DE=300, FR=150, IT=97), ("country",))]
    assert decide(fewer, RULES, before) == [[None, None, "small_addition"]]


def test_nothing_of_a_withheld_row_is_left() -> None:
    few = planted(DE=300, FR=200, IT=7)
    tables = [table(few, ("country",))]
    (shown,) = withhold(tables, RULES)
    row = shown.table.to_pylist()[2]
    assert {row[name] for name in REVEALING} == {None}
    assert row["country"] == "IT"
    assert row["reliability"] == "withheld"
    assert "few_ratings" not in map(str, row.values())
    assert shown.table.schema == tables[0].table.schema
    assert shown.table.slice(0, 2) == tables[0].table.slice(0, 2)


def test_both_targets_of_a_table_are_withheld_alike() -> None:
    ratings = planted(DE=300, FR=40, IT=7)
    one = [table(ratings), table(ratings, ("country",))]
    assert decide([*one, *one], RULES) == 2 * decide(one, RULES)


def test_withheld_rows_and_comparisons_are_refused() -> None:
    tables = [table(planted(DE=300, IT=7), ("country",))]
    with pytest.raises(UsageError, match="withheld already"):
        withhold(withhold(tables, RULES), RULES)
    rows = tables[0].table.to_pylist()
    rows[0]["reference"] = "IT"
    compared = Estimates(pa.Table.from_pylist(rows, tables[0].table.schema), "pairs")
    with pytest.raises(UsageError, match="Comparisons"):
        withhold([compared], RULES)


def test_tables_of_other_responses_are_refused() -> None:
    with pytest.raises(DataError, match="do not agree"):
        withhold([table(planted(DE=300)), table(planted(DE=301))], RULES)
