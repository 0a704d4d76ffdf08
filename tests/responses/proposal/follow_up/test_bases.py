"""To which ratings a file could belong, by counts of the persons that they share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner

from advocacy.cli import cli
from advocacy.errors import UsageError
from advocacy.responses.proposal.follow_up.bases import PossibleBase, possible_bases
from advocacy.responses.proposal.follow_up.belonging import belonging
from advocacy.responses.proposal.levels import profile_file
from advocacy.responses.proposal.roles import propose_roles

SINCE = "Since our last interview, have you recommended Acme?"
LIKELY = "How likely are you to recommend Acme?"


def ratings(path: Path, persons: list[float], supplier: str = "") -> Path:
    frame = pd.DataFrame({"RespNr": persons, "q1": [float(i % 11) for i in range(len(persons))]})
    labels = ["", LIKELY]
    if supplier:
        frame["supplier"] = supplier
        labels.append("")
    pyreadstat.write_sav(frame, path, column_labels=labels)
    return path


@pytest.fixture
def follow_up(tmp_path: Path) -> Path:
    """Write a follow-up of persons 101 to 130, one of them twice, as text."""
    persons = [*range(101, 131), 101]
    frame = pd.DataFrame(
        {
            "respnr": [str(person) for person in persons],
            "followup_date": ["2025-03-01"] * 31,
            "recommended_since": ["yes", "no", "no"] * 10 + ["yes"],
        }
    )
    path = tmp_path / "followup.csv"
    frame.to_csv(path, index=False)
    return path


def test_persons_are_counted_once_and_numbers_are_as_texts(follow_up: Path) -> None:
    base = ratings(follow_up.parent / "base.sav", [float(i) for i in range(106, 206)])
    # 106 to 130 are 25 of 30 different persons.
    assert possible_bases(follow_up, "respnr", base) == [PossibleBase("base.sav", 30, 25)]


def test_files_of_ratings_beside_it_are_found_most_persons_first(follow_up: Path) -> None:
    folder = follow_up.parent
    ratings(folder / "few.sav", [float(i) for i in range(121, 221)])
    ratings(folder / "most.sav", [float(i) for i in range(102, 202)])
    ratings(folder / "none.sav", [float(i) for i in range(500, 600)])
    (folder / "damaged.sav").write_bytes(b"$FL2 and no more")
    frame = pd.DataFrame({"respnr": list(range(101, 131)), "age": list(range(30))})
    frame.to_csv(folder / "no_score.csv", index=False)
    assert possible_bases(follow_up, "respnr") == [
        PossibleBase("most.sav", 30, 29),
        PossibleBase("few.sav", 30, 10),
    ]


def test_a_base_of_another_supplier_is_said_and_not_offered(tmp_path: Path) -> None:
    own = pd.DataFrame(
        {
            "respnr": list(range(1, 31)),
            "supplier": ["Acme"] * 30,
            "recommended_since": ["yes", "no"] * 15,
        }
    )
    path = tmp_path / "followup.csv"
    own.to_csv(path, index=False)
    base = ratings(tmp_path / "base.sav", [float(i) for i in range(1, 31)], "Other Ltd")
    assert possible_bases(path, "respnr", base) == [PossibleBase("base.sav", 30, 30, True)]
    assert possible_bases(path, "respnr") == []
    same = ratings(tmp_path / "same.sav", [float(i) for i in range(1, 31)], "ACME")
    assert possible_bases(path, "respnr") == [PossibleBase(same.name, 30, 30)]


def test_what_is_told_are_counts_and_no_identifier(follow_up: Path) -> None:
    ratings(follow_up.parent / "base.sav", [float(i) for i in range(106, 206)])
    roles = propose_roles(profile_file(follow_up))
    told = belonging(roles, follow_up).told()
    assert told == ("It could belong to base.sav: 25 of 30 respondents are in it.",)
    alone = belonging(roles, follow_up, ratings(follow_up.parent / "x.sav", [1.0, 2.0] * 11))
    assert alone.told() == ("It does not belong to x.sav: none of 30 respondents is in it.",)


def test_ratings_belong_to_no_base(tmp_path: Path) -> None:
    own = ratings(tmp_path / "base.sav", [float(i) for i in range(1, 45)])
    roles = propose_roles(profile_file(own))
    assert belonging(roles, own).told() == ()
    with pytest.raises(UsageError, match="is of ratings"):
        belonging(roles, own, own)


def test_a_dataset_is_compared_by_the_salt_beside_the_file(follow_up: Path) -> None:
    folder = follow_up.parent
    base = ratings(folder / "base.sav", [float(i) for i in range(106, 206)])
    crosswalk = folder / "base_crosswalk.csv"
    crosswalk.write_text(
        "# advocacy crosswalk format 2\n"
        "raw_variable,raw_value,canonical_column,canonical_value,note\n"
        "RespNr,*,respondent_id,*,\nq1,0..10,score,*,\n,,interviewed_on,2024-03-01,\n"
    )
    dataset = folder / "dataset"
    arguments = ["import", str(base), "--crosswalk", str(crosswalk), "-o", str(dataset)]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert possible_bases(follow_up, "respnr", dataset) == [PossibleBase("dataset", 30, 25)]
    (folder / "salt").unlink()
    with pytest.raises(UsageError, match="are pseudonyms"):
        possible_bases(follow_up, "respnr", dataset)
