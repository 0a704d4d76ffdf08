"""An attack on published tables by suppliers who know their own ratings, over random data.

It is made for this test and knows nothing of how rows are chosen or of which counts add up. Its
unknowns are the ratings of each supplier by sector, country, industry and score; every number of
ratings that is published is one equation. Linear algebra tells which combinations of published
numbers rest on two suppliers alone, so that each of them learns of the other; a linear program
which supplier has the largest share of a sum; an integer program what a supplier, who takes off
its own ratings, can say of another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ratings import DENMARK, FINLAND, NORDIC, at_random, of_cells, opened
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from advocacy.errors import DataError
from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.responses import Responses
from advocacy.study.published import publish

RULES = DisclosureRules()
INTENT = {"score_10": {10}, "promoters": {9, 10}}
KEYS = ["supplier", "sector", "country", "industry", "score"]
CROSSINGS = [(), ("sector",), ("country",), ("industry",), ("sector", "country")]


def tables_of(responses: Responses, seed: int) -> dict[str, Estimates]:
    """Return nested and overlapping tables; which of them depends on the seed."""
    found = {" ".join(by): estimate(responses, by=by) for by in CROSSINGS}
    if seed % 2:
        for by in CROSSINGS[:3]:
            found[f"promoters {by}"] = estimate(responses, by=by, intent="promoters")
    if seed % 5 == 0:
        for by in (("score",), ("country", "score")):
            found[" ".join(by)] = estimate(responses, by=by)
    with suppress(DataError):  # one sector, or no country of both
        found["standardised"] = standardise(responses, between="sector", mix=("country",))
    return found


def published(responses: Responses, seed: int = 0) -> dict[str, Estimates]:
    def again(name: str, support: Sequence[tuple[str, ...]]) -> Estimates:
        return standardise(responses, between="sector", mix=("country",), support=support)

    return publish(tables_of(responses, seed), RULES, responses, again)


class Attack:
    """What follows from the numbers of ratings in tables, by supplier."""

    def __init__(self, ratings: pd.DataFrame, tables: Mapping[str, Estimates]) -> None:
        given = ratings.assign(industry=ratings.get("industry", "C")).fillna("-")
        # Who does business where is known; which scores were given there is not.
        places = given[["supplier", "sector", "country"]].drop_duplicates()
        every = places.merge(given[["industry"]].drop_duplicates(), how="cross")
        every = every.merge(given[["score"]].drop_duplicates(), how="cross")
        counted = given.groupby(KEYS).size().rename("n").reset_index()
        self.kinds = every.merge(counted, how="left", on=KEYS).fillna({"n": 0})
        self.n = self.kinds.n.to_numpy(dtype=float)
        self.suppliers = sorted(self.kinds.supplier.unique())
        rows = [row for table in tables.values() for row in self._rows(table)]
        self.rows = np.unique(np.array(rows).reshape(-1, len(self.kinds)), axis=0)

    def _rows(self, table: Estimates) -> list[np.ndarray]:
        """Return which ratings each number of ratings is of, and see that it is theirs."""
        frame, found = table.to_pandas(), []
        shown = frame[frame.n.notna() & (frame.quantity == "rate")]
        for row in shown.to_dict("records"):
            inside = np.ones(len(self.kinds), dtype=bool)
            for name in table.by:
                inside &= (self.kinds[name] == row[name]).to_numpy()
            if "score" not in table.by:
                inside &= self.kinds.score.isin(INTENT[row["intent"]]).to_numpy()
            assert self.n[inside].sum() == row["n"]
            found.append(inside.astype(float))
        for row in frame[frame.n.notna() & (frame.quantity == "rate_common")].to_dict("records"):
            # The published cells of this level tell it already, or it is one more number.
            found.append(self._common(row["sector"], row["n"]))
        return found

    def _common(self, sector: str, n: float) -> np.ndarray:
        own = (self.kinds.sector == sector) & (self.kinds.score == 10)
        countries = sorted(self.kinds.country[own].unique())
        for size in range(1, len(countries) + 1):
            for some in combinations(countries, size):
                inside = (own & self.kinds.country.isin(some)).to_numpy()
                if self.n[inside].sum() == n:
                    return inside.astype(float)
        raise AssertionError(f"{n} ratings of {sector} are in no countries together")

    def of(self, *suppliers: str) -> np.ndarray:
        return self.kinds.supplier.isin(suppliers).to_numpy()

    def told_of_two(self) -> list[tuple[str, str]]:
        """Return the pairs of suppliers on which some combination of the numbers rests alone."""
        if not len(self.rows):
            return []
        rank = np.linalg.matrix_rank(self.rows)
        return [
            pair
            for pair in combinations(self.suppliers, 2)
            if np.linalg.matrix_rank(self.rows[:, ~self.of(*pair)]) < rank
        ]

    def largest_excess(self) -> float:
        """Return by how many ratings a supplier is above the limit in a sum of the numbers."""
        if not len(self.rows):
            return 0.0
        ratings = len(self.kinds)
        excesses = [
            self.rows @ ((self.of(supplier) - RULES.largest_supplier) * self.n)
            for supplier in self.suppliers
        ]
        return max(
            -linprog(
                -excess,
                A_ub=np.vstack([self.rows.T, -self.rows.T]),
                b_ub=np.concatenate([np.ones(ratings), np.zeros(ratings)]),
                bounds=(None, None),
            ).fun
            for excess in excesses
        )

    def learns(self, reader: str, other: str, inside: np.ndarray) -> tuple[float, float]:
        """Return what a supplier can say of how many of another's ratings are in a cell."""
        own = self.of(reader)
        right = self.rows @ self.n
        low, high = np.where(own, self.n, self.n > 0), np.where(own, self.n, np.inf)
        sought = (inside & self.of(other)).astype(float)
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * sought,
                integrality=np.ones(len(self.n)),
                bounds=Bounds(low, high),
                constraints=LinearConstraint(self.rows, right, right),
            )
            ends.append(sign * found.fun if found.status == 0 else np.inf)
        return ends[0], ends[1]


def withheld_cells(attack: Attack, tables: Mapping[str, Estimates]) -> list[np.ndarray]:
    """Return the ratings of score 10 in the withheld cells of sector and country."""
    frame = tables["sector country"].to_pandas()
    kinds = attack.kinds
    return [
        ((kinds.sector == sector) & (kinds.country == country) & (kinds.score == 10)).to_numpy()
        for sector, country in frame[frame.n.isna()][["sector", "country"]].itertuples(index=False)
    ]


def check(seed: int, folder: Path) -> None:
    ratings = at_random(seed)
    responses = opened(ratings, folder)
    tables = published(responses, seed)
    attack = Attack(ratings, tables)
    assert attack.told_of_two() == []
    assert attack.largest_excess() < 1e-6


@pytest.mark.parametrize(
    "seed", [0, 1, 7, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in (21, 25, 33))]
)
def test_no_supplier_learns_of_another_and_none_is_too_large(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 180))
def test_the_same_over_many_draws(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path)


@pytest.mark.parametrize("seed", [2, pytest.param(4, marks=pytest.mark.heavy)])
def test_a_supplier_who_takes_off_its_own_ratings_knows_no_others(
    seed: int, tmp_path: Path
) -> None:
    ratings = at_random(seed)
    tables = published(opened(ratings, tmp_path), seed)
    attack, asked = Attack(ratings, tables), 0
    for inside in withheld_cells(attack, tables):
        present = sorted(set(attack.kinds.supplier[inside & (attack.n > 0)]))
        if len(present) > 1:
            continue
        for reader in attack.suppliers:
            if reader not in present:
                low, high = attack.learns(reader, present[0], inside)
                assert high - low >= RULES.smallest_n
                asked += 1
    assert asked > 5


# The attack finds what is there to be found --------------------------------------------------


def only_primary(tables: Mapping[str, Estimates]) -> dict[str, Estimates]:
    """Return tables without the rows that break a rule by themselves, and nothing else."""
    found = {}
    for name, table in tables.items():
        rows = table.table.to_pylist()
        keep = [
            RULES.broken(
                row["n"], row["n_numerator"] or np.nan, row["n_suppliers"], row["largest_supplier"]
            )
            is None
            for row in rows
        ]
        found[name] = Estimates(table.table.filter(keep), "rates")
    return found


def test_the_attack_finds_two_suppliers_who_are_withheld_together(tmp_path: Path) -> None:
    ratings = of_cells((*NORDIC, DENMARK, FINLAND))
    responses = opened(ratings, tmp_path)
    tables = {" ".join(by): estimate(responses, by=by) for by in ((), ("sector",), ("country",))}
    # All less Norway and Sweden: 85 ratings of two suppliers.
    attack = Attack(ratings, only_primary(tables))
    assert attack.told_of_two() == [("B2B-DK-0", "B2B-FI-0")]
    denmark = (attack.kinds.country == "DK").to_numpy()
    assert attack.learns("B2B-FI-0", "B2B-DK-0", denmark) == (47, 47)


def test_the_attack_finds_a_standardised_difference_that_tells_a_cell(tmp_path: Path) -> None:
    ratings = of_cells((*NORDIC, DENMARK))
    responses = opened(ratings, tmp_path)
    table = standardise(responses, between="sector", mix=("country",)).table
    rows = [row for row in table.to_pylist() if row["quantity"].startswith("rate_")][:3]
    every, common = rows[0], rows[2]
    # The rate of all B2B less that of the common support: Denmark's 22 of 47.
    assert every["n"] - common["n"] == 47
    hits = every["estimate"] * every["n"] - common["estimate"] * common["n"]
    assert hits == pytest.approx(22)


def test_the_attack_finds_a_supplier_who_is_too_large(tmp_path: Path) -> None:
    cells = (("B2B", "DK", 200, 90, 1), ("B2B", "FI", 12, 6, 3), *NORDIC)
    ratings = of_cells(cells)
    tables = {"country": estimate(opened(ratings, tmp_path), by=["country"])}
    tables[""] = estimate(opened(ratings, tmp_path))
    shown = tables["country"].table.filter([False, False, True, True])
    tables["country"] = Estimates(shown, "rates")
    # All less Norway and Sweden: 212 ratings, of which one supplier has 200; 200 - 0.85 * 212.
    assert Attack(ratings, tables).largest_excess() == pytest.approx(19.8)
