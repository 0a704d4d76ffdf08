"""Where the files of a folder go, and what is in their way, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.errors import AdvocacyError, UsageError
from advocacy.provenance import sha256
from advocacy.responses.dataset.source import find_sources, read_source
from advocacy.study.proposal.delivery import plan_delivery, put_in_place, slug, study_root
from tests.study.proposal.made import root_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return root_of(tmp_path / "study")


def put(path: Path, text: str = "score\n1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def described(path: Path, kind: str, digest: str = "") -> None:
    text = f'name = "{path.parent.name}"\nkind = "{kind}"\n[[files]]\nname = "{path.name}"\n'
    put(path.parent / "source.toml", f'{text}sha256 = "{digest or sha256(path)}"\n')


def sources(folder: Path) -> dict[str, str]:
    """Return what `read_source`, which checks the hashes, says of each: its file and folder."""
    found = map(read_source, find_sources(folder))
    return {s.name: f"{s.folder.relative_to(folder)}/{s.files[0][0]}" for s in found}


def test_each_file_gets_a_folder_unless_it_has_one(root: Path) -> None:
    mine = root / "data/raw/mine"
    for name in ("Kunder Øst.sav.csv", "bank/2025.csv", "tele/a.csv", "tele/b.csv", "tele/n.docx"):
        put(mine / name, name)
    delivery = plan_delivery(mine, root)
    assert delivery.kind == "collected"
    assert [path.name for path in delivery.passed_over] == ["n.docx"]
    put_in_place(delivery)
    expected = {
        "bank": "bank/2025.csv",
        "kunder-ost.sav": "kunder-ost.sav/Kunder Øst.sav.csv",
        "tele-a": "tele/a/a.csv",
        "tele-b": "tele/b/b.csv",
    }
    assert sources(mine) == expected
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    assert put_in_place(plan_delivery(mine, root)) == []
    assert {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()} == before
    put(mine / "late.csv")
    put_in_place(plan_delivery(mine, root))
    assert sources(mine) == expected | {"late": "late/late.csv"}


def test_files_from_elsewhere_are_copied_with_the_crosswalk_of_their_own(
    root: Path, tmp_path: Path
) -> None:
    away = tmp_path / "From the clients"
    put(away / "a.csv"), put(away / "b/b.csv"), put(away / "b/crosswalk.csv", "theirs")
    for _ in range(2):  # the second time nothing is left to do
        put_in_place(plan_delivery(away, root))
        here = root / "data/raw/from-the-clients"
        assert sources(here) == {"a": "a/a.csv", "b": "b/b.csv"}
    assert (here / "b/crosswalk.csv").read_text(encoding="utf-8") == "theirs"
    assert (away / "a.csv").exists()
    put(away / "a.csv", "score\n2\n")
    with pytest.raises(UsageError, match=r"a\.csv is not the file of that name"):
        plan_delivery(away, root)


def test_all_that_is_in_the_way_is_one_message(root: Path) -> None:
    mine = root / "data/raw/mine"
    put(mine / "Bank.csv"), put(mine / "bank.sav")
    described(put(mine / "sim/s.csv"), "simulated")
    described(put(mine / "old/o.csv"), "collected", digest="0" * 64)
    before = sorted(mine.rglob("*"))
    with pytest.raises(AdvocacyError) as error:
        plan_delivery(mine, root)
    said = str(error.value)
    assert "3 things are in the way" in said
    assert "2 sources would be called 'bank'" in said
    assert f"{mine}/Bank.csv, {mine}/bank.sav" in said
    assert "Kinds of evidence mix" in said
    assert "simulated: " in said
    assert f"{mine}/sim/source.toml" in said
    assert "o.csv is not the file that was described" in said
    assert said.count("remedy:") == 4
    assert sorted(mine.rglob("*")) == before, "nothing is moved before all is well"


def test_a_kind_that_is_said_may_not_be_another_than_the_sources_have(root: Path) -> None:
    mine = root / "data/raw/mine"
    described(put(mine / "sim/s.csv"), "simulated")
    assert plan_delivery(mine, root).kind == "simulated"
    assert plan_delivery(mine, root, "simulated").kind == "simulated"
    with pytest.raises(UsageError, match="Kinds of evidence mix"):
        plan_delivery(mine, root, "collected")


@pytest.mark.parametrize("name", ["", "notes.docx", "crosswalk.csv", ".hidden.sav", "~$open.xlsx"])
def test_a_folder_without_survey_files(root: Path, name: str) -> None:
    mine = root / "data/raw/mine"
    mine.mkdir()
    if name:
        put(mine / name)
    with pytest.raises(UsageError, match="no survey file") as error:
        plan_delivery(mine, root)
    assert ".sav" in error.value.remedy


def test_a_file_beside_a_source_that_does_not_list_it(root: Path) -> None:
    mine = root / "data/raw/mine"
    described(put(mine / "a/a.csv"), "collected")
    put(mine / "a/b.csv")
    with pytest.raises(UsageError, match="which does not list it"):
        plan_delivery(mine, root)


def test_the_demonstration_is_no_folder_of_ones_own(root: Path) -> None:
    put(root / "data/raw/simulated/sim-1/a.csv")
    with pytest.raises(UsageError, match="demonstration"):
        plan_delivery(root / "data/raw/simulated", root)


def test_outside_a_study_it_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of a study"):
        study_root(tmp_path)
    root = root_of(tmp_path / "study")
    assert study_root(root / "data") == root


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Kunder 2025", "kunder-2025"),
        ("Blåbærgrød", "blabaergrod"),
        ("Ångström é", "angstrom-e"),
        ("опрос", "43e-43f-440-43e-441"),
    ],
)
def test_names_of_sources(text: str, name: str) -> None:
    assert slug(text) == name


def test_published_figures_are_no_answers_wherever_the_sources_are_looked_for(root: Path) -> None:
    """`data/raw` holds them beside one's own files: neither a source nor a kind that mixes."""
    raw = root / "data/raw"
    figures = put(raw / "published/figures.csv", "id,label\n")
    listed = f'kind = "published"\n[[figures]]\nname = "{figures.name}"\nsha256 = "0"\n'
    put(raw / "published/source.toml", listed)
    put(raw / "mine/a.csv")
    delivery = plan_delivery(raw, root)
    assert (delivery.kind, [one.file.name for one in delivery.placed]) == ("collected", ["a.csv"])
    assert delivery.passed_over == ()
    put_in_place(delivery)
    assert sources(raw) == {"mine": "mine/a.csv"}
    with pytest.raises(AdvocacyError, match="no survey file"):
        plan_delivery(raw / "published", root)
