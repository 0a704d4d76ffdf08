"""A crosswalk says what each raw value means; what it leaves open is refused, never guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from written import HEAD, Writer

from advocacy.errors import CrosswalkError, DataError, MissingColumnError
from advocacy.responses import open_responses
from advocacy.responses.crosswalk.crosswalk import (
    parse_value,
    read_crosswalk,
    stated_scale,
    upgrade,
)
from advocacy.responses.crosswalk.operations import OPERATIONS
from advocacy.responses.schema import COLUMNS, METRICS


def placed(path: Path, crosswalk: Path | None, column: str) -> list[Any]:
    """Return the canonical values of a column in the order of the rows, all of them allowed."""
    responses = open_responses(path, crosswalk)
    responses.check([column])
    values: list[Any] = responses.fetch(
        f"SELECT list({column} ORDER BY file_row) FROM {responses.relation}"
    )[0]
    return values


@pytest.mark.parametrize(
    ("lines", "message", "number"),
    [
        ("q,1,scor,1,\n", "no canonical column 'scor'", 3),
        ("q,1,score\n", "has 3 values instead of 5", 3),
        ("q,1,sector,B2B,\nq,2,sector,b2c,\n", "'b2c' is no value of 'sector'.*B2B, B2C", 4),
        ("q,1,score,11,\n", "'11' is no value of 'score'.*0 to 10", 3),
        ("q,1,score,7.5,\n", "'7.5' is no value.*whole number", 3),
        ("q,1,score,ten,\n", "'ten' is no value.*a number", 3),
        (",,days_since_event,inf,\n", "'inf' is no value.*a number", 3),
        (",,days_since_event,99999999999,\n", "is no value.*whole number", 3),
        (",,weight,inf,\n", "'inf' is no value.*a number", 3),
        (",,weight,-1,\n", "'-1' is no value of 'weight'.*0 or more", 3),
        ("q,1,recommended_past_12m,ja,\n", "'ja' is no value.*true or false", 3),
        (",,interviewed_on,2026-02-30,\n", "is no value.*YYYY-MM-DD", 3),
        (",,country,Norge,\n", "'Norge' is no value of 'country'", 3),
        (",,source_kind,made up,\n", "collected, published, simulated", 3),
        ("q,abc,score,*,\n", "'abc' is no value of 'score'", 3),
        ("q,1.2.3..4,score,*,\n", "'1.2.3..4' is no value of 'score'", 3),
        ("q,10..0,score,*,\n", "'10..0' runs backwards", 3),
        ("q,,score,1,\n", "no raw value", 3),
        (",5,sector,B2B,\n", "sets a constant", 3),
        (",,sector,*,\n", "sets a constant", 3),
        (",,sector,,\n", "sets a constant", 3),
        (",,wave,x,\nb,2,wave,y,\n", "constant fills 'wave' before the lines", 3),
        ("q,1,wave,x,\nq,1,wave,y,\n", "Raw value '1' of 'q' has two lines", 3),
        (",,wave,x,\n,,wave,y,\n", "has two lines", 3),
    ],
)
def test_a_bad_line_is_named(crosswalk: Writer, lines: str, message: str, number: int) -> None:
    path = crosswalk(lines)
    with pytest.raises(CrosswalkError, match=f"(?s){message}") as error:
        read_crosswalk(path)
    assert error.value.where == f"{path}, line {number}"
    assert error.value.remedy


@pytest.mark.parametrize(
    ("lines", "message", "number"),
    [
        ("q,*,score,@count,\n", "@count is no operation for 'score'", 3),
        ("q,*,wave,@country,\n", "@country is no operation for 'wave'", 3),
        ("q,*,country,@label,\n", "@label is no operation for 'country'", 3),
        ("q,*,wave,@shout,\n", "@shout is no operation for 'wave'", 3),
        ("q,*,days_since_event,@years,\n", "@years is no operation for 'days_since_event'", 3),
        ("q,*,satisfaction,@months,\n", "@months is no operation for 'satisfaction'", 3),
        ("q,*,interviewed_on,@date,\n", "'@date' cannot be used.*%d.%m.%Y", 3),
        ("q,*,interviewed_on,@date:dd.mm.yyyy,\n", "cannot be used.*how the date is written", 3),
        ("q,*,interviewed_on,@date:%d.%m,\n", "cannot be used.*how the date is written", 3),
        ("q,*,interviewed_on,@date:%Y,\n", "cannot be used.*how the date is written", 3),
        ("q,*,interviewed_on,@date:%d.%m.%Y %Q,\n", "cannot be used.*how the date is written", 3),
        ("q,*,industry,@industry:1.1,\n", "needs the revision of NACE.*2 or 2.1", 3),
        ("q,*,country,@country:en,\n", "cannot be used.*nothing after its name", 3),
        ("a,*,wave,b,\nq,*,days_since_event,@since,\n", "`interviewed_on`, which no line", 4),
        (
            ",,interviewed_on,2026-01-01,\nq,*,days_since_event,@since:%Y%m,\n",
            "cannot be used for 'days_since_event'",
            4,
        ),
        (",,wave,@label,\n", "sets a constant", 3),
        ("q,6..3,wave,x,\n", "runs backwards", 3),
        ("q,a,score,1,\nr,1,score,*,\nq,a,score,2,\n", "'a' of 'q' has two lines", 3),
    ],
)
def test_a_bad_operation_is_named(tmp_path: Path, lines: str, message: str, number: int) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text(HEAD.replace("format 1", "format 2") + lines, encoding="utf-8")
    with pytest.raises(CrosswalkError, match=f"(?s){message}") as error:
        read_crosswalk(path)
    assert error.value.where == f"{path}, line {number}"
    assert error.value.remedy


@pytest.mark.parametrize(
    ("line", "column", "range_"),
    [
        ("q,0-10,score,*,", "score", "0..10"),
        ("q,1 – 5,ease,*,", "ease", "1..5"),
        ("q,97-99,score,,", "score", "97..99"),
        ("q,0 to 10,score,*,", "score", "0..10"),
        ("q,-9--1,weight,,", "weight", "-9..-1"),
    ],
)
def test_a_range_with_a_dash_says_how_to_write_it(
    crosswalk: Writer, line: str, column: str, range_: str
) -> None:
    with pytest.raises(CrosswalkError) as error:
        read_crosswalk(crosswalk(line + "\n"))
    assert error.value.where.endswith("line 3")
    assert error.value.remedy == f"Write the range with two dots: {range_}"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (",,country,Norge,", "NO"),
        ("land,1,country,Sverige,", "SE"),
        (",,industry,Bygg og anlegg,", "F"),
        (",,industry,Finansiering og forsikring,", "L"),
    ],
)
def test_a_name_in_place_of_a_code_is_told_the_code(
    crosswalk: Writer, line: str, code: str
) -> None:
    with pytest.raises(CrosswalkError, match="such as") as error:
        read_crosswalk(crosswalk(line + "\n"))
    assert error.value.remedy.startswith(f"Write {code}, or have @")
    assert "[A-Z]" not in str(error.value)


@pytest.mark.parametrize("line", ["q,1-3,months_since_recommended,2,", "q,0-10,wave,*,"])
def test_a_text_with_a_dash_is_a_value(crosswalk: Writer, line: str) -> None:
    assert read_crosswalk(crosswalk(line + "\n")).lines[0].range is None


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_what_a_nordic_spreadsheet_saves_is_read(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    """Its separators, filled up or left out at the end of a line; its code page; its true."""
    s = separator
    lines = [
        "# advocacy crosswalk format 2" + s * 4,
        HEAD.split("\n")[1].replace(",", s),
        f"q{s}0..10{s}score{s}*{s}Sannsynlighet, å anbefale",
        f"vekt{s}0,5{s}weight{s}1,5{s}",
        f"y{s}Ja, på Ærø{s}recommended_past_12m{s}SANN",
        f'y{s}"Nei; aldri"{s}recommended_past_12m{s}USANN{s}{s}{s}',
        s * 4,
    ]
    path = tmp_path / "crosswalk.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    read = read_crosswalk(path)
    assert [(line.raw_value, line.canonical_value, line.note) for line in read.lines] == [
        ("0..10", "*", "Sannsynlighet, å anbefale"),
        ("0,5", "1,5", ""),
        ("Ja, på Ærø", "SANN", ""),
        ("Nei; aldri", "USANN", ""),
    ]
    values = [parse_value(line.canonical_value, line.column) for line in read.lines[1:]]
    assert values == [1.5, True, False]


def test_a_label_in_place_of_a_code_names_the_code(crosswalk: Writer, tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    labels = {1.0: "Ja", 2.0: "Nei", 2.5: "Kanskje"} | {float(n): f"svar {n}" for n in range(3, 25)}
    pyreadstat.write_sav(pd.DataFrame({"q": [1.0, 2.0]}), path, variable_value_labels={"q": labels})
    for raw, said in (
        ("ja", "Write its code: 1. The codes of q are 1 'Ja', 2 'Nei', 2.5 'Kanskje', "),
        ("Yes", "Write the code, not its label. The codes of q are 1 'Ja', "),
        ("svar 24", "Write its code: 24. "),
        ("1-2", "Write the range with two dots: 1..2"),
    ):
        lines = crosswalk(f"q,{raw},recommended_past_12m,true,\n")
        with pytest.raises(CrosswalkError, match=f"names the value '{raw}'") as error:
            open_responses(path, lines)
        assert error.value.remedy.startswith(said)
        assert error.value.remedy.endswith(" and 5 more.") or "dots" in said


def test_a_label_of_a_file_without_labels_asks_to_inspect(
    crosswalk: Writer, tmp_path: Path
) -> None:
    pd.DataFrame({"q": [1.0, 2.0]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(CrosswalkError) as error:
        open_responses(tmp_path / "a.parquet", crosswalk("q,Ja,recommended_past_12m,true,\n"))
    assert error.value.remedy.endswith("`advocacy inspect` lists them.")


def test_an_older_format_is_upgraded_with_its_difference(tmp_path: Path) -> None:
    path = tmp_path / "crosswalk.csv"
    lines = "q,0..10,score,*,Sannsynlig å anbefale\r\nq,98,score,,\r\n"
    path.write_bytes((HEAD.replace("\n", "\r\n") + lines).encode("utf-8-sig"))
    text, difference = upgrade(path)
    assert text == "# advocacy crosswalk format 2\r\n" + HEAD.split("\n")[1] + "\r\n" + lines
    changed = [line for line in difference.splitlines() if line[:1] in "+-"][2:]
    assert changed == ["-# advocacy crosswalk format 1", "+# advocacy crosswalk format 2"]

    newer = tmp_path / "newer.csv"
    newer.write_text(text, encoding="utf-8", newline="")
    assert upgrade(newer) == (text, "")
    assert read_crosswalk(newer).lines == read_crosswalk(path).lines
    text += "land,*,country,@country,\r\n"
    newer.write_text(text, encoding="utf-8", newline="")
    assert upgrade(newer) == (text, "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q,1,touchpoint,@home,", "'@home' was a plain text in format 1 and is an operation"),
        ("q,..6,wave,x,", "'..6' was a plain text in format 1 and is a range"),
        ("q,9..,wave,x,", "'9..' was a plain text in format 1 and is a range"),
    ],
)
def test_what_meant_something_else_is_not_upgraded(
    crosswalk: Writer, line: str, message: str
) -> None:
    path = crosswalk("a,1,wave,y,\n" + line + "\n")
    for read in (read_crosswalk, upgrade):
        with pytest.raises(CrosswalkError, match=message) as error:
            read(path)
        assert error.value.where == f"{path}, line 4"
        assert "format 2" in error.value.remedy


def test_the_scale_that_lines_state(tmp_path: Path) -> None:
    path = tmp_path / "crosswalk.csv"
    lines = "a,1..5,ease,*,\na,6..9,ease,*,\na,98..99,ease,,\nb,0..,advice,*,\n,,wave,x,\n"
    path.write_text(HEAD.replace("format 1", "format 2") + lines, encoding="utf-8")
    columns = read_crosswalk(path).columns()
    scales = {column.name: stated_scale(own) for column, own in columns.items()}
    assert scales == {"ease": (1, 9), "advice": (0, None), "wave": (None, None)}


def test_every_operation_fills_a_column() -> None:
    for operation in OPERATIONS.values():
        assert any(operation.fills(column) for column in COLUMNS.values())
        assert operation.does


def test_every_metric_has_a_column() -> None:
    used = {column.metric for column in COLUMNS.values() if column.metric}
    assert used == {name for name, _ in METRICS}
    assert COLUMNS["score"].metric == "NPS"
    assert (COLUMNS["satisfaction"].metric, COLUMNS["ease"].metric) == ("CSAT", "CES")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "does not start with its format version"),
        (HEAD.replace("format 1", "format 3"), "format version.*format 3"),
        (HEAD.split("\n", 1)[1], "format version"),
        (HEAD.split("\n")[0], "does not name its columns"),
        (HEAD.replace("note", "remark"), "does not name its columns"),
    ],
)
def test_the_first_two_lines(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CrosswalkError, match=message):
        read_crosswalk(path)


def test_what_a_spreadsheet_adds_is_fine(tmp_path: Path, text_file: Writer) -> None:
    """A byte order mark, commas after the format version, Windows line ends, spaces."""
    path = tmp_path / "crosswalk.csv"
    text = (HEAD.replace("format 1", "format 1,,,,") + " q , 1 ,wave, første ,\n,,,,\n").replace(
        "\n", "\r\n"
    )
    path.write_bytes(text.encode("utf-8-sig"))
    assert placed(text_file("q,x\n1,a\n"), path, "wave") == ["første"]


def test_single_value_before_range_before_the_rest(text_file: Writer, crosswalk: Writer) -> None:
    data = text_file("q,x\n0,\n3,\n5,\n10,\n98,\n99,\n,y\n")
    lines = "q,*,wave,rest,\nq,0..10,wave,range,\nq,5,wave,five,\nq,98,wave,,don't know\n"
    expected = ["range", "range", "five", "range", None, "rest", None]
    assert placed(data, crosswalk(lines), "wave") == expected


def test_ranges_take_both_ends_and_fractions(text_file: Writer, crosswalk: Writer) -> None:
    data = text_file("q,x\n-1.5,\n0.25,\n2,\n")
    assert placed(data, crosswalk("q,-1.5..2,satisfaction,*,\n"), "satisfaction") == [-1.5, 0.25, 2]


def test_constants_fill_every_row(text_file: Writer, crosswalk: Writer) -> None:
    lines = (
        ",,sector,B2B,\n,,industry,K61,\n,,interviewed_on,2026-01-15,\n"
        ",,recommended_past_12m,true,\n,,weight,2.5,\n"
    )
    responses = open_responses(text_file("q,x\n1,a\n2,b\n"), crosswalk(lines))
    row = responses.fetch(
        "SELECT sector, industry, interviewed_on::VARCHAR, recommended_past_12m, weight "
        f"FROM {responses.relation} LIMIT 1"
    )
    assert row == ("B2B", "K61", "2026-01-15", True, 2.5)


def test_operations_on_a_client_file(text_file: Writer, tmp_path: Path) -> None:
    """A text file as a client sends it, by hand."""
    data = text_file(
        "land;dato;kontakt;siste;w1;w2\n"
        "Norge;24.12.2025;20.12.2025;0,5;1;0\n"
        "Sverige;02.01.2026;;2;0;0\n".replace(",", ".").replace(";", ",")
    )
    path = tmp_path / "crosswalk.csv"
    lines = (
        "land,*,country,@country,\ndato,*,interviewed_on,@date:%d.%m.%Y,\n"
        "kontakt,*,days_since_event,@since:%d.%m.%Y,\n"
        "siste,*,months_since_recommended,@years,\n"
        "w1,1,wow_moments,@count,\nw2,1,wow_moments,@count,\n"
    )
    path.write_text(HEAD.replace("format 1", "format 2") + lines, encoding="utf-8")
    assert placed(data, path, "country") == ["NO", "SE"]
    assert placed(data, path, "interviewed_on") == [date(2025, 12, 24), date(2026, 1, 2)]
    assert placed(data, path, "days_since_event") == [4, None]
    assert placed(data, path, "months_since_recommended") == [6, 24]
    assert placed(data, path, "wow_moments") == [1, 0]


def test_a_value_without_a_line_is_a_problem(text_file: Writer, crosswalk: Writer) -> None:
    data = text_file("q,x\n1,\n2,\n7,\n")
    lines = "q,1,recommended_past_12m,true,\nq,2,recommended_past_12m,false,\n"
    with pytest.raises(DataError, match="row 3, recommended_past_12m: '7'.*no line for this value"):
        placed(data, crosswalk(lines), "recommended_past_12m")


def test_text_codes_and_number_codes(tmp_path: Path, crosswalk: Writer) -> None:
    frame = pd.DataFrame({"svar": ["Ja ", "Nei", "", "Vet ikke"], "kode": [1.0, 2.0, np.nan, 9.0]})
    pyreadstat.write_sav(frame, tmp_path / "s.sav")
    texts = "svar,Ja,{0},true,\nsvar,Nei,{0},false,\nsvar,Vet ikke,{0},,\n"
    codes = "kode,1,{0},true,\nkode,2.0,{0},false,\nkode,9,{0},,\n"
    for lines in (texts, codes):
        path = crosswalk(lines.format("recommended_past_12m"))
        found = placed(tmp_path / "s.sav", path, "recommended_past_12m")
        assert found == [True, False, None, None]


@pytest.mark.parametrize("value", ["Ja", "nan", "inf"])
def test_a_label_in_place_of_the_code(tmp_path: Path, crosswalk: Writer, value: str) -> None:
    pyreadstat.write_sav(pd.DataFrame({"kode": [1.0, 2.0]}), tmp_path / "s.sav")
    path = crosswalk(f"kode,1,wave,a,\nkode,{value},wave,b,\n")
    with pytest.raises(CrosswalkError, match=f"holds numbers.*'{value}'") as error:
        open_responses(tmp_path / "s.sav", path)
    assert error.value.where.endswith("line 4")
    assert "not its label" in error.value.remedy


def test_an_unknown_variable_is_named(text_file: Writer, crosswalk: Writer) -> None:
    with pytest.raises(CrosswalkError, match="no variable 'q9'") as error:
        open_responses(text_file("q1,q2\n1,2\n"), crosswalk("q9,1,wave,a,\n"))
    assert "q1, q2" in error.value.remedy


def test_names_that_differ_in_case_alone(text_file: Writer, crosswalk: Writer) -> None:
    """DuckDB takes them for one name and would read the wrong variable."""
    with pytest.raises(ValueError, match="differ only in case: Q1, q1"):
        open_responses(text_file("Q1,q1\n3,9\n"), crosswalk("q1,0..10,score,*,\n"))


def test_two_columns_from_one_variable(text_file: Writer, crosswalk: Writer) -> None:
    lines = "q,1..10,satisfaction,*,\nq,1..5,wave,low,\nq,6..10,wave,high,\n"
    data = text_file("q,x\n3,\n9,\n")
    assert placed(data, crosswalk(lines), "satisfaction") == [3, 9]
    assert placed(data, crosswalk(lines), "wave") == ["low", "high"]


def test_a_crosswalk_without_lines(text_file: Writer, crosswalk: Writer) -> None:
    with pytest.raises(MissingColumnError, match="Nothing of the file is mapped"):
        open_responses(text_file("q,x\n1,a\n"), crosswalk(""))


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("score", "10", 10),
        ("weight", "1.25", 1.25),
        ("recommended_past_12m", "TRUE", True),
        ("recommended_past_12m", "0", False),
        ("industry", "K61.1", "K61.1"),
        ("interviewed_on", "2026-01-15", "2026-01-15"),
    ],
)
def test_canonical_values_are_parsed(column: str, text: str, value: object) -> None:
    assert parse_value(text, COLUMNS[column]) == value
