"""Invitations and the ratings that came of them, by hand; and a person forgotten in all tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from wave_files import BASE, BASE_LINES, followed, invitations, manifest, ratings, set_aside
from written import Sources

from advocacy.errors import DataError, UsageError
from advocacy.report.document import Heading
from advocacy.report.imports.page import import_page
from advocacy.report.media.markdown import as_markdown
from advocacy.responses import Source, import_source
from advocacy.responses.dataset.forgetting import find_respondent, find_source, forget_respondent
from advocacy.responses.dataset.importing import partition
from advocacy.responses.dataset.verifying import check
from advocacy.responses.pseudonyms import read_salt

HEAD = "who,sent,came\n"
LINES = "who,*,respondent_id,*,\nsent,*,invited_on,*,\ncame,*,disposition,*,\n"


def contacted(made: Source, rows: str, lines: str = LINES, head: str = HEAD) -> Source:
    return followed(made, {"sent.csv": rows}, lines, head, "contacts")


def came(dataset: Path) -> list[str]:
    """Return the row of the rating that came of each invitation."""
    return [(row["rating_id"] or "").rpartition(":")[2] for row in invitations(dataset)]


def test_a_rating_came_of_the_latest_invitation_before_it(source: Sources, tmp_path: Path) -> None:
    """By hand: 1 was invited twice before and once after, 2 on the day, 4 and 5 in vain."""
    rows = (
        "1,2023-12-01,2.2\n1,2024-01-05,1.1\n1,2024-02-01,2.11\n"
        "2,2024-01-10,1.1\n4,2024-01-05,2.11\n5,2024-01-05,1.1\n"
    )
    import_source(contacted(source({"b.csv": BASE}, lines=BASE_LINES), rows), tmp_path)
    assert came(tmp_path) == ["", "1", "", "2", "", ""]
    assert [row["disposition"] for row in invitations(tmp_path)][1] == "1.1"
    assert {row["programme"] for row in invitations(tmp_path)} == {"lung"}
    found = manifest(tmp_path)["contacts"]
    assert found["rows"] == {"read": 6, "kept": 6, "rejected": 0, "forgotten": 0}
    names = ("linked", "complete", "complete_without_rating", "ratings_without_contact")
    assert [found[name] for name in names] == [2, 3, 1, 1]


def test_of_an_invitation_came_the_first_rating(source: Sources, tmp_path: Path) -> None:
    base = "who,day,q\n1,2024-01-20,10\n1,2024-01-10,8\n"
    import_source(
        contacted(source({"b.csv": base}, lines=BASE_LINES), "1,2024-01-05,1.1\n"), tmp_path
    )
    assert came(tmp_path) == ["2"]
    assert manifest(tmp_path)["contacts"]["ratings_without_contact"] == 1


def test_the_survey_decides_where_both_name_it(source: Sources, tmp_path: Path) -> None:
    base = "who,day,q,of\n1,2024-01-10,10,Å\n2,2024-01-10,8,B\n"
    made = source({"b.csv": base}, lines=BASE_LINES + "of,*,programme,*,\n")
    rows = "1,2024-01-05,1.1,B\n1,2024-01-01,1.1,Å\n2,2024-01-05,1.1,B\n"
    lines = LINES + "of,*,programme,*,\n"
    import_source(contacted(made, rows, lines, HEAD.replace("came", "came,of")), tmp_path)
    assert came(tmp_path) == ["", "1", "2"]


def test_a_rating_id_in_both_links_an_invitation_directly(source: Sources, tmp_path: Path) -> None:
    base = "id,day,q\nr1,2024-01-10,10\nr2,2024-01-10,8\n"
    made = source(
        {"b.csv": base}, lines=BASE_LINES.replace("who,*,respondent_id", "id,*,rating_id")
    )
    lines = LINES.replace("who,*,respondent_id", "who,*,rating_id")
    import_source(contacted(made, "r2,,1.1\nr9,2024-01-01,1.1\n,,2.2\n", lines), tmp_path)
    assert [row["rating_id"] for row in invitations(tmp_path)] == ["r2", None, None]


def test_what_cannot_be_placed_or_comes_twice_is_set_aside(source: Sources, tmp_path: Path) -> None:
    rows = "1,2024-01-05,1.1,a\n2,2024-01-05,done,b\n2,2024-01-05,1.1,a\n"
    lines = LINES + "no,*,contact_id,*,\n"
    made = contacted(
        source({"b.csv": BASE}, lines=BASE_LINES), rows, lines, HEAD.replace("came", "came,no")
    )
    import_source(made, tmp_path)
    assert [row["contact_id"] for row in invitations(tmp_path)] == ["a"]
    (bad, again) = set_aside(tmp_path)
    assert bad[:4] == ("sent.csv", 2, "disposition", "done")
    assert "AAPOR" in bad[4]
    assert again == ("sent.csv", 3, "contact_id", "", "another invitation has this contact_id")
    account = manifest(tmp_path)["contacts"]["rows"]
    assert account == {"read": 3, "kept": 1, "rejected": 2, "forgotten": 0}


def test_invitations_of_nobody_who_rated_are_refused(source: Sources, tmp_path: Path) -> None:
    made = contacted(source({"b.csv": BASE}, lines=BASE_LINES), "x1,2024-01-05,1.1\n")
    with pytest.raises(DataError, match="Not one invitation of sent.csv led to a rating"):
        import_source(made, tmp_path)


def test_nonrespondents_alone_are_no_error(source: Sources, tmp_path: Path) -> None:
    made = contacted(source({"b.csv": BASE}, lines=BASE_LINES), "x1,2024-01-05,2.11\n")
    import_source(made, tmp_path)
    assert manifest(tmp_path)["contacts"]["linked"] == 0


# A person in all tables


@pytest.fixture
def made(source: Sources, tmp_path: Path) -> Path:
    """Return a dataset: 1 has a rating, two follow-ups and one set aside, and an invitation."""
    waves = {
        "a.csv": "1,2024-04-10,2,,\n2,2024-04-10,2,,\n",
        "b.csv": "1,2024-07-10,1,2024-06-01,\n1,2020-01-01,2,,\n9,2024-07-10,2,,\n",
    }
    one = followed(source({"base.csv": BASE}, lines=BASE_LINES), waves)
    rows = "1,2024-01-05,1.1\n4,2024-01-05,2.11\n"
    import_source(contacted(one, rows), tmp_path / "data")
    return tmp_path / "data"


def test_a_person_is_gone_from_follow_ups_contacts_and_rejected_rows(
    made: Path, tmp_path: Path
) -> None:
    salt = read_salt(tmp_path / "raw" / "lung" / "salt")
    (found,) = find_respondent(made, "1", source="lung", salt=salt)
    assert (found.ratings, found.linked, found.rejected) == (1, 3, 1)
    forget_respondent(made, "1", source="lung", salt=salt)
    left = [path.read_bytes() for path in made.rglob("*") if path.is_file()]
    assert not any(found.respondent_id.encode() in content for content in left)
    assert len(ratings(made)) == 2
    assert [row["respondent_id"] for row in invitations(made)] != []
    assert [row[1] for row in set_aside(made)] == [3]
    about = manifest(made)
    assert about["rows"] == {"read": 3, "kept": 2, "rejected": 0, "forgotten": 1}
    assert about["followups"]["rows"] == {"read": 5, "kept": 1, "rejected": 1, "forgotten": 3}
    assert about["contacts"]["rows"] == {"read": 2, "kept": 1, "rejected": 0, "forgotten": 1}
    for name in ("followups", "contacts"):
        files = [file["rows"] for file in about[name]["files"]]
        assert {k: sum(f[k] for f in files) for k in files[0]} == about[name]["rows"]
    assert check(partition(made, "lung")) == []


def test_who_never_answered_is_forgotten_too(made: Path, tmp_path: Path) -> None:
    salt = read_salt(tmp_path / "raw" / "lung" / "salt")
    forget_respondent(made, "4", source="lung", salt=salt)
    assert len(invitations(made)) == 1
    assert len(ratings(made)) == 3
    with pytest.raises(UsageError, match="no rejected row or invitation"):
        find_respondent(made, "4", source="lung", salt=salt)


def test_a_source_is_counted_with_what_is_linked(made: Path) -> None:
    found = find_source(made, "lung")
    assert (found.ratings, found.linked) == (3, 5)


def test_the_page_has_a_section_for_each(made: Path) -> None:
    folder = partition(made, "lung")
    document = import_page(manifest(made), folder)
    titles = [one.text for one in document.blocks if isinstance(one, Heading) and one.level == 2]
    at = titles.index("Follow-ups")
    assert titles[at : at + 4] == [
        "Follow-ups",
        "Follow-ups set aside",
        "Contacts",
        "Contacts set aside",
    ]
    text = as_markdown(document)
    assert "5 follow-ups read: 3 belong to 2 ratings, 2 set aside." in text
    assert "2 invitations read: 1 led to a rating, 0 set aside." in text
    rejected = text.partition("**Rejected rows**")[2].partition("**")[0]
    assert rejected.strip() == "None.", "what is set aside of others is no rejected rating"
    aside = text.partition("**Follow-ups set aside**")[2].partition("**Contacts**")[0]
    assert "on or before the interview that it is to follow" in aside
    assert "--estimand converted_within_12m" in text
