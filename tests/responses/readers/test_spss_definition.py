"""What the format of SPSS files fixes decides, whatever a file or a library takes it for."""

from __future__ import annotations

import math
import unicodedata
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from system_file import HIGHEST, LOWEST, SYSTEM_MISSING, V, system_file

from advocacy.report.wording import ENGLISH
from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable, MultipleResponse
from advocacy.responses.readers import scan_labelled

FIELD = Path(__file__).parent / "field"
TONES = "\u0300\u0301\u0303\u0309\u0323"  # of Vietnamese
SCORES = [row % 11 for row in range(44)]


def said(table: LabelledTable) -> str:
    return " ".join(map(ENGLISH.said, table.assumptions))


def made(
    tmp_path: Path, variables: list[V], rows: list[list[Any]], **options: Any
) -> LabelledTable:
    path = tmp_path / "made.sav"
    path.write_bytes(system_file(variables, rows, **options))
    return read_labelled(path)


# System-missing numbers


@pytest.mark.parametrize("name", ["r01_sysmis0", "r01g_sysmis0_yes1no0", "r01k_all_zero_floats"])
def test_zeros_are_answers_though_the_file_declares_them_missing(name: str) -> None:
    table = read_labelled(FIELD / f"{name}.sav")
    assert table.values["Q1"].to_pylist() == SCORES
    assert table.variable("Q1").value_labels[0] == (0.0, "0 Not at all likely")
    assert "declares 0 as its system-missing number" in said(table)
    assert "libraries" not in said(table), "both libraries read what the format fixes"


def test_three_of_four_who_score_ten_recommended() -> None:
    """By hand; with each 0 missing the fourth falls out, and all have."""
    values = read_labelled(FIELD / "r01l_no_labels.sav").values.to_pydict()
    recommended = [q2 for q1, q2 in zip(values["Q1"], values["Q2"], strict=True) if q1 == 10]
    assert sorted(recommended) == [0.0, 1.0, 1.0, 1.0]


def test_no_stays_no_where_it_is_zero() -> None:
    table = read_labelled(FIELD / "r01g_sysmis0_yes1no0.sav")
    assert table.values["Q2"].null_count == 0
    assert table.variable("Q2").value_labels == ((1.0, "Yes"), (0.0, "No"))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", [0, 1, 2])
@pytest.mark.parametrize(
    ("floats", "answer"),
    [
        ((0.0, HIGHEST, LOWEST), "0"),
        ((0.0, 0.0, 0.0), "0"),
        ((-999.0, HIGHEST, LOWEST), "-999"),
        ((SYSTEM_MISSING, 7.0, 3.0), ""),
        ((math.nan, HIGHEST, LOWEST), ""),
    ],
)
def test_every_number_is_an_answer_but_the_one_that_the_format_fixes(
    tmp_path: Path, order: str, compression: int, floats: tuple[float, ...], answer: str
) -> None:
    """Also far from the rows that both libraries are compared in."""
    numbers = [[None if row % 5 == 1 else float(row % 11)] for row in range(300)]
    numbers[150] = [-999.0]
    table = made(tmp_path, [V("Q1")], numbers, order=order, compression=compression, floats=floats)
    assert table.values["Q1"].to_pylist() == [number for (number,) in numbers]
    assert (f"declares {answer} as" in said(table)) == bool(answer)


# Names and formats


def test_long_names_of_short_names_in_lower_case(tmp_path: Path) -> None:
    table = read_labelled(FIELD / "r12b_lower_longnames.sav")
    assert table.values.column_names == ["ID", "BRANDAA_SUN_1", "BRANDAB_SUN_2"]
    assert table.values["BRANDAA_SUN_1"].to_pylist() == SCORES
    assert not table.assumptions
    names = {"tilrading": "Tilråding_1", "V2": "v2_lang"}
    variables = [V("TILRADIN"), V("V2", 8), V("REST")]
    names["tilradin"] = names.pop("tilrading")
    table = made(tmp_path, variables, [[1.0, "a", 2.0]], long_names=names, weight=3)
    assert table.values.column_names == ["Tilråding_1", "v2_lang", "REST"]
    assert table.weight == "REST"


def test_a_variable_without_a_format(tmp_path: Path) -> None:
    assert read_labelled(FIELD / "h15b_fmt_zero.sav").values["Q1"].to_pylist() == SCORES
    table = made(tmp_path, [V("Q", format=0), V("T", 12, format=0)], [[3.0, "abc"], [None, ""]])
    assert table.values.to_pydict() == {"Q": [3.0, None], "T": ["abc", None]}
    assert [v.format for v in table.variables] == ["F8.2", "A12"]


# Code pages


@pytest.mark.parametrize(
    ("name", "page", "town", "zero"),
    [
        ("r03_he_cp1255_declared", "windows-1255", "ירושלים", "0 בכלל לא"),
        ("r03_ko_cp949_undeclared", "cp949", "부산", "0 전혀 아니다"),
        ("r03_lv_cp1257_undeclared", "windows-1257", "Cēsis", "0 Nemaz"),
        ("r03_no_mac_code", "mac-roman", "Tromsø", "0 Svært usannsynlig"),
        ("r03_pl_cp1250_undeclared", "windows-1250", "Kraków", "0 Zupełnie nieprawdopodobne"),
        ("r03_pl_latin2_code", "ISO-8859-2", "Kraków", "0 Zupełnie nieprawdopodobne"),
        ("r03_ru_iso-8859-5_only28595", "ISO-8859-5", "Казань", "0 Совсем не вероятно"),
        ("r03_ru_koi8-r_only20866", "KOI8-R", "Казань", "0 Совсем не вероятно"),
        ("r03_tr_cp1254_undeclared", "windows-1254", "Eskişehir", "0 Hiç olası değil"),
    ],
)
def test_code_pages_by_name_by_number_or_by_their_letters(
    name: str, page: str, town: str, zero: str
) -> None:
    table = read_labelled(FIELD / f"{name}.sav")
    assert table.encoding == page
    assert table.values["CITY"][1].as_py() == town
    assert table.variable("Q1").value_labels[0] == (0.0, zero)
    assert ("guess" in said(table)) == ("undeclared" in name)


@pytest.mark.parametrize(
    ("encoding", "number", "page"),
    [
        ("cp1258", 1258, ""),
        ("cp1258", 2, "windows-1258"),
        ("cp1255", 1255, "WINDOWS-1255"),
        ("cp874", 874, ""),
        ("cp932", 932, "windows-31j"),
        ("mac-cyrillic", 10007, ""),
        ("koi8-u", 21866, "no such page"),
        ("gb18030", 54936, "GB18030"),
    ],
)
def test_every_text_keeps_its_own_letters(
    tmp_path: Path, encoding: str, number: int, page: str
) -> None:
    """The texts come from Python's codec; Vietnamese ones are composed, as people type them."""
    texts = {
        "cp1258": ["Hà Nội", "Huế", "Đà Nẵng"],
        "cp1255": ["שָׁלוֹם", "חיפה", "אבג"],
        "cp874": ["กรุงเทพ", "เชียงใหม่", "ไม่"],
        "cp932": ["東京", "表示", "はい"],
        "gb18030": ["北京", "上海", "是"],
    }.get(encoding, ["Київ", "Львів", "Так"])
    raw = [_combined(text, encoding) for text in texts]
    rows = [[float(at), raw[at % 3]] for at in range(40)]
    table = made(
        tmp_path,
        [V("ID", label=_combined(texts[0], encoding)), V("T", 24)],
        rows,
        number=number,
        page=page,
    )
    assert table.values["T"].to_pylist() == [texts[at % 3] for at in range(40)]
    assert table.variable("ID").label == texts[0]


def _combined(text: str, encoding: str) -> bytes:
    """Encode a text, a tone or point apart from its letter where the page has not both in one."""

    def one(letter: str) -> bytes:
        try:
            return letter.encode(encoding)
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tone = next((part for part in parts if part in TONES), parts[-1])
            return (unicodedata.normalize("NFC", parts.replace(tone, "")) + tone).encode(encoding)

    return b"".join(map(one, text))


def test_a_text_cut_inside_a_letter_is_marked_there() -> None:
    table = read_labelled(FIELD / "r04c_cut_letter.sav")
    assert table.values["CITY"].to_pylist() == ["Hønefo\\xc3", "Trondhjm"] * 22
    assert table.encoding == "UTF-8"
    assert "22 texts of CITY have bytes that are not UTF-8" in said(table)


def test_one_text_of_another_page_is_marked_and_all_else_is_read() -> None:
    table = read_labelled(FIELD / "r04f_utf8_one1252.sav")
    texts = table.values["OPEN"].to_pylist()
    assert texts[7] == "Kj\\xf8p p\\xe5 \\xf8ya"
    assert set(texts[:7] + texts[8:]) == {"Veldig bra på alle måter"}
    assert "1 texts of OPEN have bytes that are not UTF-8, in rows such as 8;" in said(table)


def test_a_byte_that_the_declared_page_has_not_does_not_overrule_it() -> None:
    table = read_labelled(FIELD / "r04e_1252_stray9d.sav")
    assert table.encoding == "windows-1252"
    assert table.values["OPEN"][7].as_py() == "Han sa â€œkjÃ¸pâ€\\x9d"
    assert "is not" not in said(table)


@pytest.mark.parametrize("row", [3, 1_500, 24_999])
def test_a_bad_byte_far_down_is_marked_and_counted_once(tmp_path: Path, row: int) -> None:
    texts: list[Any] = ["Åse i Tromsø", "Ola"] * 12_500
    texts[row] = b"caf\xe9 og mer"
    table = made(tmp_path, [V("T", 24)], [[text] for text in texts])
    texts[row] = "caf\\xe9 og mer"
    assert table.values["T"].to_pylist() == texts
    assert f"1 texts of T have bytes that are not UTF-8, in rows such as {row + 1};" in said(table)


def test_rows_are_counted_over_all_batches(tmp_path: Path) -> None:
    texts: list[Any] = ["Åse i Tromsø"] * 2_000
    texts[1_234] = b"caf\xe9 og mer"
    (tmp_path / "a.sav").write_bytes(system_file([V("T", 24)], [[text] for text in texts]))
    scan = scan_labelled(tmp_path / "a.sav")
    for _ in range(2):  # a second run counts anew
        assert sum(batch.num_rows for batch in scan.batches(["T"], 300)) == 2_000
        (remark,) = scan.lost()
        assert (remark.values["texts"], remark.values["rows"]) == (1, ["1235"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7", "iso2022_jp"])
def test_a_page_that_cannot_be_is_no_crash(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.sav").write_bytes(system_file([V("T", 24)], [["Åse"], ["Kjøp øl"]]))
    table = read_labelled(tmp_path / "a.sav", encoding)
    assert table.values.num_rows == 2
    assert "as you asked" in said(table)


def test_letters_after_many_rows_in_ascii(tmp_path: Path) -> None:
    """An undeclared file is not called ASCII before all of it has been seen."""
    rows = [["Ola"]] * 3_000 + [["Åse på Røros"], ["Kåre på Ærø"], ["Bærum er så sær"]]
    table = made(tmp_path, [V("T", 24)], rows, number=2, page="", encoding="cp1252")
    assert table.values["T"].to_pylist() == [text for (text,) in rows]
    assert table.encoding == "windows-1252"


def test_labels_with_a_bad_byte(tmp_path: Path) -> None:
    variables = [V("Q1", label="Er du fornøyd?", labels={1.0: "På"}), V("Q2", label=b"f\xf8r")]
    table = made(tmp_path, variables, [[1.0, 2.0]])
    assert [v.label for v in table.variables] == ["Er du fornøyd?", "f\\xf8r"]
    assert "1 names or labels have bytes that are not UTF-8" in said(table)


@pytest.mark.parametrize("code", [b"Thai \xff", b"\xe9t\xe9"])
def test_a_labelled_text_with_a_bad_byte_is_counted(tmp_path: Path, code: bytes) -> None:
    path = tmp_path / "made.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"T": ["Thai langu", "other text"]}),
        path,
        variable_value_labels={"T": {"Thai langu": "Thai", "other text": "Other"}},
    )
    content = path.read_bytes()
    at = content.find(b"Thai langu")  # in the labels, before the values
    path.write_bytes(content[:at] + code.ljust(10) + content[at + 10 :])
    table = read_labelled(path)
    assert "1 names or labels have bytes that are not UTF-8" in said(table)
    assert table.values["T"].to_pylist() == ["Thai langu", "other text"]


@pytest.mark.parametrize("letter", [b"\xff", b"\xe7", b"\xad"])
def test_a_code_page_whose_name_is_damaged_is_none_that_python_makes_of_it(
    tmp_path: Path, letter: bytes
) -> None:
    r"""Python passes over letters beyond ASCII: its utf\xff8 is UTF-8."""
    path = tmp_path / "made.sav"
    content = system_file([V("T", 24)], [["Åse på Røros"], ["Kåre på Ærø"]])
    assert content.count(b"UTF-8") == 1
    path.write_bytes(content.replace(b"UTF-8", b"UTF" + letter + b"8"))
    table = read_labelled(path)
    assert table.values["T"].to_pylist() == ["Åse på Røros", "Kåre på Ærø"]
    assert "UTF" in said(table)


# Multiple-response sets


@pytest.mark.parametrize(
    ("name", "expected", "remark"),
    [
        ("r06d_mr_novars", ("who", "Who", "1", ("M1", "M2", "M3")), "set empty has no variable"),
        ("r06g_mr_unknownvar", ("who", "Who", "1", ("M1", "M2")), "does not have: m9"),
        ("r06j_mr_labelnl", ("who", "Who\nelse?", "1", ("M1", "M2", "M3")), ""),
        ("r06l_mr_D_neg", ("who", "Who", "-1", ("M1", "M2", "M3")), ""),
        ("r06m_mr_strD", ("who", "Who", "Yes", ("S1", "S2")), ""),
    ],
)
def test_sets(name: str, expected: tuple[Any, ...], remark: str) -> None:
    table = read_labelled(FIELD / f"{name}.sav")
    called, label, counted, variables = expected
    assert table.multiple_response == (
        MultipleResponse(called, label, "dichotomy", counted, variables),
    )
    assert remark in said(table)
    assert bool(remark) == bool(table.assumptions)
