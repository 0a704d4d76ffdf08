"""Each number has a page of its own, whatever its levels and whatever the disk."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from advocacy.study.citable.addresses import address

LEVELS = [
    "B2B", "b2b", "B2b", "CON", "con", "con.txt", "", ".", "..", "~", "~7e.", "a/b", "a b", "a_b",
    "A~1", "a~1", "Ø", "ø", "O", "o", "Ålesund", "\u0041\u030alesund", "x" * 300, "x" * 301,
    "X" * 300, "日本", "100%", "a%2Fb", "B2B~5", "rate.html", "Rate.html",
]  # fmt: skip


@pytest.mark.parametrize(
    ("identifier", "page"),
    [
        ("overall:rate", "numbers/0.1.0/overall/rate.html"),
        ("curve:10,logistic:rate", "numbers/0.1.0/curve/10,logistic/rate.html"),
        ("sector:B2B:rate", "numbers/0.1.0/sector/B2B~5/rate.html"),  # the first and third: 1 + 4
        ("sector:b2b:rate", "numbers/0.1.0/sector/b2b/rate.html"),
        ("country:DK:n", "numbers/0.1.0/country/DK~3/n.html"),
        ("s:a/b:n", "numbers/0.1.0/s/a~2f.b/n.html"),
        ("s:..:n", "numbers/0.1.0/s/~../n.html"),
        ("s:nul:n", "numbers/0.1.0/s/~nul/n.html"),
    ],
)
def test_the_address_is_made_of_the_identifier(identifier: str, page: str) -> None:
    assert address(identifier, "0.1.0") == page


def test_no_two_share_a_file_where_case_is_ignored() -> None:
    pages = {level: address(f"sector:{level}:rate", "1").casefold() for level in LEVELS}
    for one, other in combinations(LEVELS, 2):
        assert pages[one] != pages[other], (one, other)


@pytest.mark.parametrize("level", LEVELS)
def test_it_is_a_path_that_every_disk_and_server_takes(level: str) -> None:
    parts = address(f"sector:{level}:rate", "1").split("/")
    assert len(parts) == 5
    for part in parts:
        assert re.fullmatch(r"[A-Za-z0-9_.,+~-]+", part)
        assert part not in (".", "..")
        assert len(part) < 130
        assert part.split(".")[0].lower() not in ("con", "nul", "aux", "prn")
