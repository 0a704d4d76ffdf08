"""The contact rule over sources: counted by hand, and the same in every analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.responses import Responses
from advocacy.robustness.contact_rule import over_sources
from advocacy.robustness.multiverse.choices import Choices, Multiverse
from advocacy.robustness.multiverse.specifications import multiverse
from advocacy.robustness.nonresponse import nonresponse
from tests.robustness.answers import several_sources

HEADER = "respondent_id,programme,supplier,interviewed_on,score,recommended_past_12m\n"
# Of supplier A, respondent 1 answers in both within a year, 2 after more; 3 repeats within one.
ONE = (
    "1,a,A,2024-01-01,10,true\n2,a,A,2024-01-01,10,false\n"
    "3,a,A,2024-01-01,10,true\n3,a,A,2024-02-01,10,false\n"
)
OTHER = "1,b,A,2024-06-01,10,false\n2,b,A,2025-06-01,10,true\n4,b,A,2024-01-01,10,true\n"
ALONE = "1,c,C,2024-01-01,10,true\n2,c,C,2024-01-01,10,false\n"


def dataset(folder: Path, kind: str) -> Responses:
    texts = {"one": ONE, "other": OTHER, "alone": ALONE}
    return several_sources(folder, {n: HEADER + text for n, text in texts.items()}, kind)


def test_numbers_in_common_tell_what_the_rule_would_set_aside(tmp_path: Path) -> None:
    """A has 3 ratings that count in one source and 3 in the other; respondent 1 repeats."""
    (found,) = over_sources(dataset(tmp_path, "published"))
    assert found.key == "robustness.rule_over_sources"
    assert found.values == {"suppliers": 1, "ratings": 6, "repeated": 1}


def test_pseudonyms_are_of_a_source(tmp_path: Path) -> None:
    (found,) = over_sources(dataset(tmp_path, "collected"))
    assert found.key == "robustness.rule_within_sources"
    assert found.values == {"suppliers": 1, "ratings": 6}


def test_suppliers_of_one_source_each_are_not_spoken_of(tmp_path: Path) -> None:
    texts = {"one": HEADER + ONE, "alone": HEADER + ALONE}
    assert over_sources(several_sources(tmp_path, texts, "published")) == []


def test_the_bounds_say_it(tmp_path: Path) -> None:
    notes = nonresponse(dataset(tmp_path, "published")).notes
    assert "robustness.rule_over_sources" in [note.key for note in notes]


@pytest.mark.parametrize("kind", ["published", "collected"])
def test_every_analysis_knows_respondents_within_a_source(kind: str, tmp_path: Path) -> None:
    """The import took the first answers, source by source: so does the choice of the first."""
    asked = Multiverse(Choices(repeat=("as_imported", "first", "last", "all")))
    rows = multiverse(dataset(tmp_path, kind), asked).table.to_pylist()
    assert [row["n"] for row in rows] == [8, 8, 8, 9]
    assert [row["n_numerator"] for row in rows] == [5, 5, 4, 5]
