"""The tables of a posterior: which there are, and that each is what its function gives."""

from __future__ import annotations

import pytest
from tests.estimation.pooling.posteriors import tiny

from advocacy.estimation import Estimates
from advocacy.estimation.pooling.predictions import (
    next_programme,
    pooled_rates,
    ranks,
    variance_shares,
)
from advocacy.estimation.pooling.tables import (
    TABLE_NAME,
    posterior_tables,
    rates_of_levels,
)

ASKED = {"intent": "passives", "conf_level": 0.8}
POSTERIOR = tiny(40)
LISTED = posterior_tables(**ASKED, rated=["sector"], ranked=["country"], answers=30)
EXPECTED = {
    "rates": pooled_rates(POSTERIOR, **ASKED),
    "rates-sector": pooled_rates(POSTERIOR, by=["sector"], **ASKED),
    "next": next_programme(POSTERIOR, **ASKED),
    "next-answers": next_programme(POSTERIOR, n=30, **ASKED),
    "ranks-country": ranks(POSTERIOR, of="country", **ASKED),
    "variance": variance_shares(POSTERIOR, conf_level=0.8),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_table_is_what_its_function_gives(name: str) -> None:
    expected: Estimates = EXPECTED[name]
    made = LISTED[name].make(POSTERIOR)
    assert made.table.equals(expected.table)
    assert made.kind == expected.kind == LISTED[name].kind


def test_the_tables_are_those_that_are_asked_for() -> None:
    assert set(LISTED) == set(EXPECTED)
    assert list(posterior_tables(**ASKED)) == ["rates", "next", "variance"]
    assert list(rates_of_levels(["sector", "country"], **ASKED)) == [
        "rates-sector",
        "rates-country",
    ]


def test_a_table_with_numbers_behind_cells_says_so() -> None:
    of_cells = {name for name, table in LISTED.items() if table.of_cells}
    assert of_cells == {"rates", "next", "next-answers"}
    for name, table in EXPECTED.items():
        behind = table.table["n"].null_count < len(table)
        assert behind == (name in of_cells)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_name_is_known_by_its_form(name: str) -> None:
    assert TABLE_NAME.fullmatch(name)
    assert not TABLE_NAME.fullmatch(f"{name}.csv")
