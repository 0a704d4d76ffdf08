"""The import page and the codebook: what they say of manifests made by hand."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from advocacy.provenance import sha256
from advocacy.report.imports.codebook import codebook_page
from advocacy.report.imports.page import import_page, write_import_pages
from advocacy.report.media import markdown, terminal
from advocacy.report.media.html import page as html_page
from advocacy.report.palette import PALETTE
from advocacy.responses import Source, import_source
from advocacy.responses.dataset.importing import partition

VOID = {"meta", "br", "img", "link", "hr", "input"}
REJECTED_HEAD = '"file","row","column","value","reason"\n'
UNPLACED_HEAD = '"file","row","column","value","reason","rating_id"\n'
EXCLUDED_HEAD = '"rating_id","supplier","interviewed_on","excluded"\n'


class Page(HTMLParser):
    """Texts of a page by element; refuses an element that is not closed in its order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1], data))

    def text(self, tag: str = "") -> str:
        """Return the text of the page but its style, or that of all elements of one kind."""
        chosen = [text for name, text in self.texts if (tag or name) == name and name != "style"]
        return "\n".join(chosen).replace("\N{NARROW NO-BREAK SPACE}", " ")


def guess(line: int, variable: str, raw: str, column: str, value: str, note: str) -> dict[str, Any]:
    return {
        "line": line,
        "variable": variable,
        "raw_value": raw,
        "column": column,
        "canonical_value": value,
        "note": note,
    }


def described_file() -> dict[str, Any]:
    """Return the description of a file in which something of each kind was lost."""
    score = {
        "variable": "q5",
        "label": "Hvor sannsynlig er det at du vil anbefale oss?",
        "measure": "ordinal",
        "format": "F2.0",
        "value_labels": [[0.0, "Svært lite"], [10.0, "Svært"], [98.0, "Vet ikke"], [99.5, "x"]],
        "user_missing": [[97.0, 97.0], [98.0, 98.0], [990.0, None]],
        "missing_codes": ["98"],
    }
    empty = {"value_labels": [], "user_missing": [], "missing_codes": [], "measure": "nominal"}
    column = {"metric": "", "constant": None, "scale_min": None, "scale_max": None}
    return {
        "name": "svar.sav",
        "sha256": "ab" * 32,
        "encoding": "windows-1252",
        "label": "Kundeundersøkelse",
        "notes": ["Weighted by Åse."],
        "assumptions": ["The file declares no encoding; windows-1252 was detected."],
        "declared_weight": "vekt",
        "multiple_response": [
            {
                "name": "kanaler",
                "label": "Hvilke kanaler?",
                "kind": "dichotomy",
                "counted_value": "1",
                "variables": ["q5", "alder"],
            },
            {
                "name": "merker",
                "label": "",
                "kind": "category",
                "counted_value": "",
                "variables": ["alder"],
            },
        ],
        "guesses": [
            guess(3, "q5", "0..10", "score", "*", "guess 0.96: its label is a known wording"),
            guess(4, "q5", "98", "score", "", "guess 0.96: 'Vet ikke'"),
            guess(7, "epost", "*", "respondent_id", "*", "guess 0.55: as it stands"),
            guess(9, "q5", "99", "score", "", "Guess, by Per"),
        ],
        "rows": {"read": 1300, "kept": 1290, "rejected": 7, "forgotten": 3},
        "columns": [
            column
            | {"column": "score", "metric": "NPS", "scale_min": 0.0, "scale_max": 10.0}
            | {"variables": [score]},
            column
            | {"column": "respondent_id"}
            | {"variables": [empty | {"variable": "epost", "label": "", "format": "A40"}]},
            column
            | {"column": "touchpoint"}
            | {"variables": [empty | {"variable": "fritekst", "label": "", "format": "A200"}]},
            column | {"column": "sector", "constant": "B2B", "variables": []},
        ],
        "pseudonymised": ["respondent_id"],
        "private": [
            {"variable": "epost", "reason": "all look like e-mail addresses"},
            {"variable": "fritekst", "reason": "all look like sentences"},
        ],
        "left_out": [
            {"variable": "fritekst", "label": ""},
            {"variable": "vekt", "label": "Vekt <50 & 'opp'"},
            {"variable": "alder", "label": "alder"},
        ],
    }


@pytest.fixture
def manifest() -> dict[str, Any]:
    file = described_file()
    source = {"source": "svar", "kind": "collected", "title": "", "producer": "", "licence": ""}
    rules = {
        "repeat": "first",
        "repeat_window_days": 365,
        "interviewed_from": None,
        "interviewed_to": None,
        "shortest_interview_seconds": None,
    }
    unjudged = [{"rule": "contact rule", "missing": "interviewed_on", "ratings": 1290}]
    eligibility = {"rules": rules, "unjudged": unjudged}
    return source | {"rows": file["rows"], "files": [file], "eligibility": eligibility}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a partition without rejected rows or excluded ratings."""
    path = tmp_path / "set" / "responses" / "source=svar"
    (path / "_about").mkdir(parents=True)
    (path / "_about" / "rejected.csv").write_text(REJECTED_HEAD, encoding="utf-8")
    (path / "_about" / "unplaced.csv").write_text(UNPLACED_HEAD, encoding="utf-8")
    (path / "_about" / "excluded.csv").write_text(EXCLUDED_HEAD, encoding="utf-8")
    return path


def page_of(manifest: dict[str, Any], folder: Path) -> Page:
    return Page(html_page(import_page(manifest, folder)))


def test_a_page_is_whole_and_needs_no_other_file(manifest: dict[str, Any], folder: Path) -> None:
    for document in (import_page(manifest, folder), codebook_page(manifest)):
        html = html_page(document)
        page = Page(html)
        names = {tag for tag, _ in page.tags}
        assert ("html", {"lang": "en"}) in page.tags
        assert not names & {"script", "link", "img", "iframe", "object"}
        assert not [a for _, a in page.tags if a.keys() & {"src", "href", "onclick"}]
        assert "url(" not in html
        assert "@import" not in html
        assert all(light in html and dark in html for light, dark in PALETTE.values())
        assert "prefers-color-scheme:dark" in html
        assert "@media print" in html
        assert any(a.get("name") == "viewport" for _, a in page.tags)
        assert [tag for tag, _ in page.tags].count("h1") == 1


def test_all_that_was_lost_or_assumed_is_on_the_page(
    manifest: dict[str, Any], folder: Path
) -> None:
    text = page_of(manifest, folder).text()
    for said in (
        "svar.sav",
        "ab" * 32,
        "windows-1252",
        "Weighted by Åse.",
        "The file declares no encoding; windows-1252 was detected.",
        "1 300\n1 290\n7\n3",
        "The file declares vekt as its weight, and the crosswalk does not use it",
        "sector: B2B, for every row.",
        "supplier: the programme",
        "score\nq5\n98\nVet ikke",
        "epost\nall look like e-mail addresses",
        "Replaced by pseudonyms: respondent_id. Pseudonymised is not anonymous",
        "Variables left out: 2",
        "The contact rule could judge no rating: there is no interviewed_on.",
        "There is no recommended_past_12m",
    ):
        assert said in text
    assert "touchpoint" not in text


def test_what_the_file_writes_is_never_markup(manifest: dict[str, Any], folder: Path) -> None:
    nasty = "<script>alert(1)</script>&amp;\"'"

    def poisoned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: poisoned(item) for key, item in value.items()}
        if isinstance(value, list):
            return [poisoned(item) for item in value]
        return value + nasty if isinstance(value, str) else value

    bad = poisoned(manifest) | {"kind": "collected"}
    bad["eligibility"]["rules"] = manifest["eligibility"]["rules"]
    for file in bad["files"]:
        file["pseudonymised"] = [column["column"] for column in file["columns"]]
    csv_nasty = nasty.replace('"', '""')
    row = f'"{csv_nasty}",1,"{csv_nasty}","{csv_nasty}","{csv_nasty}"\n'
    (folder / "_about" / "rejected.csv").write_text(REJECTED_HEAD + row, encoding="utf-8")
    (folder / "_about" / "excluded.csv").write_text(
        EXCLUDED_HEAD + f'"a","b",2025-01-01,"{csv_nasty}"\n', encoding="utf-8"
    )
    for page in (page_of(bad, folder), Page(html_page(codebook_page(bad)))):
        assert "script" not in {tag for tag, _ in page.tags}
        assert nasty in page.text("h1")
        assert nasty in page.text("code")
    assert page_of(bad, folder).text("td").count(nasty) >= 4


def rejected_rows(number: int) -> Iterator[str]:
    for row in range(number, 0, -1):
        reason = (
            "not a whole number" if row % 3 == 0 else "the crosswalk has no line for this value"
        )
        yield f'"svar.sav",{row},"score","{row}.5","{reason}"\n'


def test_rejected_values_are_counted_by_reason_and_the_first_are_listed(
    manifest: dict[str, Any], folder: Path
) -> None:
    (folder / "_about" / "rejected.csv").write_text(
        REJECTED_HEAD + "".join(rejected_rows(61)), encoding="utf-8"
    )
    cells = [text for tag, text in page_of(manifest, folder).texts if tag == "td"]
    assert cells[cells.index("the crosswalk has no line for this value") + 1] == "41"
    assert cells[cells.index("not a whole number") + 1] == "20"
    assert cells.index("the crosswalk has no line for this value") < cells.index(
        "not a whole number"
    )
    values = [cell for cell in cells if re.fullmatch(r"\d+\.5", cell)]
    assert values == [f"{row}.5" for row in range(1, 51)]  # by number, not as text
    assert (
        "The first 50 different values; rejected.csv lists all." in page_of(manifest, folder).text()
    )


def test_values_made_missing_are_counted_and_listed(manifest: dict[str, Any], folder: Path) -> None:
    (folder / "_about" / "unplaced.csv").write_text(
        UNPLACED_HEAD
        + "".join(
            f'"svar.sav",{row},"industry","Rørleggeri","not the title of a section","s:{row}"\n'
            for row in (7, 3, 12, 11, 10)
        ),
        encoding="utf-8",
    )
    page = page_of(manifest, folder)
    assert "Values made missing" in page.text("h2")
    cells = [text for tag, text in page.texts if tag == "td"]
    assert cells[cells.index("not the title of a section") + 1] == "5"
    assert cells[cells.index("Rørleggeri") - 2] == "3, 7, 10 and 2 others"


def test_a_value_of_several_lines_is_one_value(manifest: dict[str, Any], folder: Path) -> None:
    (folder / "_about" / "rejected.csv").write_text(
        REJECTED_HEAD + '"svar.sav",1,"score","one;\n\'two\', ""three""\n","no number"\n'
        '"svar.sav",2,"score",,"no number"\n',
        encoding="utf-8",
    )
    page = page_of(manifest, folder)
    assert "one;\n'two', \"three\"\n" in [text for tag, text in page.texts if tag == "td"]
    assert "no number\n2" in page.text()
    assert "The first" not in page.text()


def test_ratings_that_do_not_count_are_told_apart_from_rows_kept(
    manifest: dict[str, Any], folder: Path
) -> None:
    rows = ['"a","x",2025-01-01,"too short"\n'] * 2 + ['"b","x",2025-01-02,"repeated, later"\n'] * 3
    (folder / "_about" / "excluded.csv").write_text(EXCLUDED_HEAD + "".join(rows), encoding="utf-8")
    text = page_of(manifest, folder).text()
    assert "Of the 1 290 rows kept, 1 285 ratings count and 5 do not." in text
    assert text.index("repeated, later\n3") < text.index("too short\n2")


@pytest.mark.parametrize("kind", ["collected", "published", "simulated"])
def test_simulated_data_are_called_so_before_all_else(
    manifest: dict[str, Any], folder: Path, kind: str
) -> None:
    manifest["kind"] = kind
    for page in (page_of(manifest, folder), Page(html_page(codebook_page(manifest)))):
        body = [text for tag, text in page.texts if tag not in ("title", "style")]
        said = body[0] == "Simulated data: not a finding."
        assert said is (kind == "simulated")


def test_the_next_commands_estimate_where_score_and_behaviour_are_there(
    manifest: dict[str, Any], folder: Path
) -> None:
    commands = page_of(manifest, folder).text("pre").split("\n")
    assert [command.split()[1] for command in commands] == ["inspect", "crosswalk", "import"]
    columns = manifest["files"][0]["columns"]
    columns.append(columns[0] | {"column": "recommended_past_12m"})
    commands = page_of(manifest, folder).text("pre").split("\n")
    assert len(commands) == 3
    assert all(c.startswith(f"advocacy estimate {folder.parents[1]}") for c in commands)


def test_a_name_with_a_blank_is_quoted_in_the_commands(
    manifest: dict[str, Any], folder: Path
) -> None:
    manifest["files"][0]["name"] = "min fil.sav"
    assert "advocacy inspect 'min fil.sav'" in page_of(manifest, folder).text("pre")


def test_the_weight_that_is_used_needs_no_warning(manifest: dict[str, Any], folder: Path) -> None:
    columns = manifest["files"][0]["columns"]
    weight = copy.deepcopy(columns[0]) | {"column": "weight"}
    weight["variables"][0]["variable"] = "vekt"
    columns.append(weight)
    assert "declares vekt as its weight" not in page_of(manifest, folder).text()


def test_the_codebook_has_questions_codes_scales_and_declarations(
    manifest: dict[str, Any],
) -> None:
    page = Page(html_page(codebook_page(manifest)))
    text = page.text()
    for said in (
        "Hvor sannsynlig er det at du vil anbefale oss?",
        "metric\nNPS",
        "scale\n0 to 10",
        "measure\nordinal",
        "format\nF2.0",
        "declared missing\n97, 98, 990..",
        "made missing\n98",
        "98\nVet ikke\ndeclared missing, made missing",
        "99.5\nx",
        "constant\nB2B",
    ):
        assert said in text
    assert page.text("h3").split("\n") == ["score", "respondent_id", "sector"]
    assert "Why the rating does not count" in text


def test_each_of_several_files_has_its_account_and_its_name(
    manifest: dict[str, Any], folder: Path
) -> None:
    second = described_file() | {"name": "annen.sav"}
    second["rows"] = {"read": 9, "kept": 8, "rejected": 1, "forgotten": 0}
    manifest["files"].append(second)
    manifest["rows"] = {"read": 1309, "kept": 1298, "rejected": 8, "forgotten": 3}
    text = page_of(manifest, folder).text()
    assert "all files\n1 309\n1 298\n8\n3\nsvar.sav\n1 300" in text
    assert "annen.sav\n9\n8\n1\n0" in text
    assert "annen.sav\nepost" in text
    assert (
        Page(html_page(codebook_page(manifest)))
        .text("h2")
        .startswith("File: svar.sav\nFile: annen.sav")
    )


def test_both_pages_are_written_beside_the_manifest_always_the_same(
    manifest: dict[str, Any], folder: Path
) -> None:
    (folder / "_about" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    first = [path.read_bytes() for path in write_import_pages(folder)]
    paths = write_import_pages(folder)
    assert paths == (folder / "_about" / "import.html", folder / "_about" / "codebook.html")
    assert [path.read_bytes() for path in paths] == first
    assert sorted(path.name for path in (folder / "_about").iterdir()) == [
        "codebook.html", "excluded.csv", "import.html", "manifest.json", "rejected.csv",
        "unplaced.csv",
    ]  # fmt: skip


def test_a_real_norwegian_file_gets_its_pages(root: Path, tmp_path: Path) -> None:
    file = root.parent / "shared" / "sav" / "epsi_norway_test.sav"
    if not file.exists():
        pytest.skip("the real SPSS files (../shared/sav) are not on this machine")
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text(
        "# advocacy crosswalk format 2\n"
        "raw_variable,raw_value,canonical_column,canonical_value,note\n"
        "q3,1..10,satisfaction,*,\nq8a,1..10,ease,*,\nq8a,98,ease,,\n,,country,NO,\n",
        encoding="utf-8",
    )
    source = Source(
        folder=file.parent,
        name="epsi",
        kind="collected",
        files=((file.name, sha256(file)),),
        crosswalk=crosswalk,
    )
    account = import_source(source, tmp_path / "set")
    written = write_import_pages(partition(tmp_path / "set", "epsi"))
    page, codebook = (Page(path.read_text(encoding="utf-8")) for path in written)
    cells = [text for tag, text in page.texts if tag == "td"]
    assert cells[1:5] == [str(n) for n in (20, account.kept, account.rejected, 0)]
    assert "Variables left out: 67" in page.text()
    assert "country: NO, for every row." in page.text()
    assert "Vet ikke" in codebook.text()
    assert "scale\n1 to 10" in codebook.text()


def test_a_rejected_value_of_several_rows_stands_there_once(
    manifest: dict[str, Any], folder: Path
) -> None:
    values = {3: "98", 7: "11", 2: "98", 40: "98", 12: "98", 8: "11", 101: "98"}
    name = manifest["files"][0]["name"]
    (folder / "_about" / "rejected.csv").write_text(
        REJECTED_HEAD
        + "".join(f'"{name}",{row},"score","{v}","too high"\n' for row, v in values.items()),
        encoding="utf-8",
    )
    text = page_of(manifest, folder).text()
    assert "2, 3, 12 and 2 others\nscore\n98\ntoo high" in text
    assert "7 and 8\nscore\n11\ntoo high" in text


def test_each_rule_says_what_it_excluded_and_could_not_judge(
    manifest: dict[str, Any], folder: Path
) -> None:
    manifest["eligibility"]["rules"] |= {
        "repeat_window_days": 90,
        "interviewed_from": "2025-02-01",
        "interviewed_to": "2025-12-31",
        "shortest_interview_seconds": 30.0,
    }
    manifest["eligibility"]["unjudged"] += [
        {"rule": "interview window", "missing": "interviewed_on", "ratings": 1290},
        {"rule": "shortest interview", "missing": "interview_seconds", "ratings": 4},
    ]
    reasons = {
        "an earlier answer about this supplier, less than 90 days away, counts": 4,
        "interviewed before 2025-02-01": 2,
        "interviewed after 2025-12-31": 1,
        "interview shorter than 30 seconds": 5,
        "of another version": 6,
    }
    rows = [f'"a","x",,"{reason}"\n' for reason, number in reasons.items() for _ in range(number)]
    (folder / "_about" / "excluded.csv").write_text(EXCLUDED_HEAD + "".join(rows), encoding="utf-8")
    text = page_of(manifest, folder).text()
    for said in (
        "contact rule\nof a respondent's answers about a supplier, one in 90 days: the first\n4\n"
        "1 290\n",
        "interview window\nfrom 2025-02-01 to 2025-12-31\n3\n1 290\n",
        "shortest interview\n30 seconds or more\n5\n4\n",
        "of another version\n6\n",
        "4 ratings count unjudged by the shortest interview, for want of interview_seconds.",
    ):
        assert said in text


def test_a_rule_that_is_not_applied_warns_of_nothing(
    manifest: dict[str, Any], folder: Path
) -> None:
    manifest["eligibility"]["rules"]["repeat"] = "all"
    manifest["eligibility"]["unjudged"] = []
    text = page_of(manifest, folder).text()
    assert "contact rule\nnot applied\n–\n–\ninterview window\nnot applied" in text
    assert "could judge no rating" not in text


def test_the_lines_that_nobody_confirmed_are_named(manifest: dict[str, Any], folder: Path) -> None:
    manifest["files"].append(described_file() | {"name": "annen.sav"})
    page = page_of(manifest, folder)
    assert "Crosswalk lines to confirm: 4" in page.text("h2")
    for said in (
        "3–4, 9\nq5\nscore\n0..10 → as it stands; 98 → missing; 99 → missing\nguess 0.96",
        "7\nepost\nrespondent_id\nany → as it stands\nguess 0.55",
    ):
        assert said in page.text()
    for file in manifest["files"]:
        file["guesses"] = []
    assert "to confirm" not in page_of(manifest, folder).text()


def test_multiple_response_sets_are_told_with_what_is_used(
    manifest: dict[str, Any], folder: Path
) -> None:
    text = page_of(manifest, folder).text()
    assert "kanaler\nHvilke kanaler?\n1 is chosen\nq5, alder\nq5" in text
    assert "merker\ncodes\nalder\nnone" in text


def test_both_pages_can_be_read_in_every_medium(manifest: dict[str, Any], folder: Path) -> None:
    (folder / "_about" / "rejected.csv").write_text(
        REJECTED_HEAD + "".join(rejected_rows(3)), "utf-8"
    )
    for document in (import_page(manifest, folder), codebook_page(manifest)):
        said = Page(html_page(document)).text().split("\n")
        for text in (terminal.as_text(document, width=400), markdown.as_markdown(document)):
            shown = text.replace("\N{NARROW NO-BREAK SPACE}", " ")
            assert [line for line in said if line.strip() not in shown] == []
