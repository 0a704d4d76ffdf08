"""What each operation of a crosswalk does, against tables written by hand and Python's dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from written import Writer

from advocacy.errors import CrosswalkError
from advocacy.responses.crosswalk.crosswalk import read_crosswalk
from advocacy.responses.crosswalk.placement import place, placed
from advocacy.responses.labelled import Variable
from advocacy.sql import connect, identifier

HEAD = (
    "# advocacy crosswalk format 2\nraw_variable,raw_value,canonical_column,canonical_value,note\n"
)


@dataclass(frozen=True)
class Filled:
    """Values, problems and raw texts of one canonical column, in the order of the rows."""

    values: list[Any]
    problems: list[str | None]
    texts: list[str | None]


@pytest.fixture
def crosswalk(tmp_path: Path) -> Writer:
    def write(lines: str) -> Path:
        path = tmp_path / "crosswalk.csv"
        path.write_text(HEAD + lines, encoding="utf-8")
        return path

    return write


def fill(
    path: Path, raw: dict[str, Any], column: str, variables: Sequence[Variable] = ()
) -> Filled:
    """Apply a crosswalk to variables, and return what it makes of one column."""
    table = pa.table(raw)
    table = table.append_column("file_row", pa.array(range(table.num_rows)))
    sql = placed(place(read_crosswalk(path), table.schema, variables), "raw")
    names = ", ".join(identifier(f"{column}{end}") for end in ("", ".problem", ".raw"))
    with connect({"raw": table}) as connection:
        rows = connection.execute(f"SELECT {names} FROM ({sql}) ORDER BY file_row").fetchall()
    return Filled(*map(list, zip(*rows, strict=True)))


# Several variables to one column


def test_the_first_that_gives_a_value(crosswalk: Writer) -> None:
    """By hand: form A asked q5a, form B q5b; 98 is not asked, 99 don't know."""
    lines = "q5a,0..10,score,*,\nq5a,98,score,,\nq5b,0..10,score,*,\nq5b,99,score,,\n"
    raw = {"q5a": [9, 98, None, 8, None, 98, 77, 5], "q5b": [None, 3, 4, 7, None, 99, 1, 55]}
    found = fill(crosswalk(lines), raw, "score")
    assert found.values[:6] == [9, 3, 4, 8, None, None]
    uncovered = "the crosswalk has no line for this value"
    assert found.problems == [None] * 6 + [uncovered, None]
    assert found.texts == ["9", "3", "4", "8", None, "98", "77", "5"]


def test_the_order_of_the_lines_decides(crosswalk: Writer) -> None:
    raw = {"a": ["x", None, "x"], "b": ["y", "y", None]}
    assert fill(crosswalk("b,*,wave,*,\na,*,wave,*,\n"), raw, "wave").values == ["y", "y", "x"]


def test_a_problem_of_the_second_variable(crosswalk: Writer) -> None:
    lines = "a,1,wave,one,\nb,1,wave,two,\n"
    found = fill(crosswalk(lines), {"a": [1, None, None], "b": [7, 7, 1]}, "wave")
    assert found.values == ["one", None, "two"]
    assert [bool(problem) for problem in found.problems] == [False, True, False]
    assert found.texts == ["1", "7", "1"]


def test_variables_of_different_types(crosswalk: Writer) -> None:
    lines = "old,*,interviewed_on,@date:%d.%m.%Y,\nnew,*,interviewed_on,*,\n"
    raw = {"old": ["24.12.2025", None, ""], "new": [None, date(2026, 1, 2), date(2026, 1, 3)]}
    expected = [date(2025, 12, 24), date(2026, 1, 2), date(2026, 1, 3)]
    assert fill(crosswalk(lines), raw, "interviewed_on").values == expected


def test_a_constant_holds_where_all_variables_are_empty(crosswalk: Writer) -> None:
    """A tick box: 1 or nothing. Don't know (9) is no nothing."""
    column = "recommended_past_12m"
    lines = f"a,1,{column},true,\na,9,{column},,\nb,1,{column},true,\n,,{column},false,\n"
    raw = {"a": [1, None, 9, None, 9], "b": [None, 1, None, None, 1]}
    found = fill(crosswalk(lines), raw, column)
    assert found.values == [True, True, None, False, True]
    assert found.problems == [None] * 5


# Counts


def test_a_multiple_response_set_to_a_count(tmp_path: Path, crosswalk: Writer) -> None:
    """Three dichotomies from a file that pyreadstat wrote; 8 is don't know."""
    frame = pd.DataFrame(
        {
            "w1": [1, 0, 1, np.nan, 8, 1],
            "w2": [1, 0, np.nan, np.nan, 1, 3],
            "w3": [1, 0, 0, np.nan, np.nan, 1],
        }
    )
    pyreadstat.write_sav(frame, tmp_path / "s.sav")
    read, _ = pyreadstat.read_sav(tmp_path / "s.sav")
    raw = {str(name): pa.array(read[name], from_pandas=True) for name in read}
    lines = "".join(f"w{i},1,wow_moments,@count,\n" for i in (1, 2, 3)) + "w1,8,wow_moments,,\n"
    found = fill(crosswalk(lines), raw, "wow_moments")
    assert found.values == [3, 0, 1, None, 1, 2]
    assert found.problems == [None] * 6


def test_boxes_that_are_ticked_or_empty(crosswalk: Writer) -> None:
    """Nobody can tell none from not asked: missing, unless a constant says that it is none."""
    lines = "w1,1,wow_moments,@count,\nw2,1,wow_moments,@count,\n"
    raw = {"w1": [1, None, None], "w2": [1, 1, None]}
    assert fill(crosswalk(lines), raw, "wow_moments").values == [2, 1, None]
    lines += ",,wow_moments,0,\n"
    assert fill(crosswalk(lines), raw, "wow_moments").values == [2, 1, 0]


def test_one_yes_of_several_variables_is_enough(crosswalk: Writer) -> None:
    """By hand: yes, else unknown, else no; 0 says nothing, and 9 is don't know."""
    lines = "a,1,opportunity,@any,\na,2,opportunity,false,\na,9,opportunity,,\n"
    lines += lines.replace("a,", "b,") + "none,1,opportunity,false,\n"
    raw = {
        "a": [1, 2, 0, 2, 9, 9, 0, None, None, 2],
        "b": [2, 1, 0, 2, 1, 2, 0, None, 1, None],
        "none": [0, 0, 1, 0, 1, 1, 0, None, 0, 0],
    }
    found = fill(crosswalk(lines), raw, "opportunity")
    assert found.values == [True, True, False, False, True, None, None, None, True, False]
    assert found.problems == [None] * 10


def test_nothing_chosen_by_those_who_were_asked_is_a_no(crosswalk: Writer) -> None:
    lines = "a,1,opportunity,@any,\nb,1,opportunity,@any,\n,,opportunity,false,\n"
    raw = {"a": [1, None, None], "b": [None, 1, None]}
    assert fill(crosswalk(lines), raw, "opportunity").values == [True, True, False]


def test_counts_of_categories_and_texts(crosswalk: Writer) -> None:
    lines = "w1,*,wow_moments,@count,\nw2,Ja,wow_moments,@count,\nw3,1..3,wow_moments,@count,\n"
    raw = {"w1": ["friendly", None, ""], "w2": ["Ja", "Nei", None], "w3": [3.0, 4.0, 1.0]}
    assert fill(crosswalk(lines), raw, "wow_moments").values == [3, 0, 1]


def test_none_of_these_beside_counted_variables(crosswalk: Writer) -> None:
    lines = "w1,1,wow_moments,@count,\nnone,1,wow_moments,0,\n"
    found = fill(crosswalk(lines), {"w1": [1, None, None], "none": [None, 1, 5]}, "wow_moments")
    assert found.values[:2] == [1, 0]
    assert found.problems == [None, None, "the crosswalk has no line for this value"]
    assert found.texts[2] == "5"


# Ranges


def test_open_ranges_and_cutting(crosswalk: Writer) -> None:
    lines = "q,..6,wave,low,\nq,7..8,wave,mid,\nq,9..,wave,high,\nq,99,wave,,\n"
    raw = {"q": [-5.0, 6.0, 6.5, 7.0, 8.0, 9.0, 98.0, 99.0]}
    found = fill(crosswalk(lines), raw, "wave")
    assert found.values == ["low", "low", None, "mid", "mid", "high", "high", None]
    assert [i for i, problem in enumerate(found.problems) if problem] == [2]


def test_recoding_with_ranges_of_texts(crosswalk: Writer) -> None:
    lines = "q,1..3,customer_status,current,\nq,4..,customer_status,lapsed,\n"
    found = fill(crosswalk(lines), {"q": ["2", "12", "x"]}, "customer_status")
    assert found.values == ["current", "lapsed", None]
    assert found.problems[2]


# Dates

WRITTEN = [
    ("%d.%m.%Y", "24.12.2025"),
    ("%d.%m.%Y", "1.2.2025"),
    ("%d.%m.%Y", "30.02.2025"),
    ("%d.%m.%Y", "24.12.25"),
    ("%d.%m.%Y", "2025-12-24"),
    ("%d.%m.%Y", "24.12.2025 10:00"),
    ("%d/%m/%Y", "03/04/2025"),
    ("%m/%d/%Y", "03/04/2025"),
    ("%m/%d/%Y", "13/04/2025"),
    ("%m/%d/%Y %H:%M:%S", "06/24/2015 12:01:38"),
    ("%m/%d/%Y %H:%M:%S", "06/24/2015"),
    ("%Y%m%d", "20250630"),
    ("%Y%m%d", "20250631"),
    ("%Y%m", "202512"),
    ("%Y%m", "202513"),
    ("%d.%m.%y", "24.12.99"),
    ("%d.%m.%y", "24.12.25"),
    ("%d %B %Y", "4 March 2025"),
    ("%d-%b-%Y", "04-Mar-2025"),
    ("%Y-%j", "2025-365"),
    ("%Y-%m-%dT%H:%M:%S.%f", "2025-12-24T23:59:59.500000"),
    ("%I:%M %p %d/%m/%Y", "11:30 PM 24/12/2025"),
]


def python_date(written: str, text: str) -> date | None:
    try:
        return datetime.strptime(text, written).date()
    except ValueError:
        return None


@pytest.mark.parametrize(("written", "text"), WRITTEN)
def test_dates_as_python_reads_them(crosswalk: Writer, written: str, text: str) -> None:
    path = crosswalk(f"d,*,interviewed_on,@date:{written},\n")
    found = fill(path, {"d": [text, None, " "]}, "interviewed_on")
    expected = python_date(written, text)
    assert found.values == [expected, None, None]
    reason = None if expected else f"not a date written as {written}"
    assert found.problems == [reason, None, None]


def test_dates_in_numbers(crosswalk: Writer) -> None:
    path = crosswalk("d,*,interviewed_on,@date:%Y%m%d,\nd,99,interviewed_on,,\n")
    found = fill(path, {"d": [20250630.0, 99.0, 2025630.0, None]}, "interviewed_on")
    assert found.values == [date(2025, 6, 30), None, None, None]
    assert [bool(problem) for problem in found.problems] == [False, False, True, False]


@pytest.mark.parametrize(
    ("written", "number"), [("%d%m%Y", 1112025), ("%Y%m%d", 2025111), ("%Y%m%d", 202511)]
)
def test_a_dropped_leading_zero_is_not_guessed(
    crosswalk: Writer, written: str, number: int
) -> None:
    """1112025 could be 1 November or 11 January."""
    path = crosswalk(f"d,*,interviewed_on,@date:{written},\n")
    assert fill(path, {"d": [number]}, "interviewed_on").problems[0]


def test_start_dates_of_epsi_norway(sav: Path, crosswalk: Writer) -> None:
    frame, _ = pyreadstat.read_sav(sav / "epsi_norway_test.sav")
    path = crosswalk("StartDate,*,interviewed_on,@date:%m/%d/%Y %H:%M:%S,\n")
    found = fill(path, {"StartDate": list(frame.StartDate)}, "interviewed_on")
    expected = [datetime.strptime(text, "%m/%d/%Y %H:%M:%S").date() for text in frame.StartDate]
    assert found.values == expected
    assert len(expected) == 20


# Time since


def test_days_since_the_event(crosswalk: Writer) -> None:
    days = [0, 1, 59, 365, 366, 4000]
    interviews = [date(2024, 3, 1) + timedelta(days=7 * i) for i in range(len(days))]
    events = [day - timedelta(days=n) for day, n in zip(interviews, days, strict=True)]
    lines = (
        "event,*,days_since_event,@since:%d.%m.%Y,\ndone,*,interviewed_on,@date:%m/%d/%Y %H:%M,\n"
    )
    raw = {
        "event": [f"{day:%d.%m.%Y}" for day in events],
        "done": [f"{day:%m/%d/%Y} 23:59" for day in interviews],
    }
    assert fill(crosswalk(lines), raw, "days_since_event").values == days


def test_what_days_since_cannot_say(crosswalk: Writer) -> None:
    """An event after the interview and an unreadable one are problems; no interview date is not."""
    lines = "event,*,days_since_event,@since,\ndone,*,interviewed_on,*,\n"
    raw = {
        "event": ["2026-01-02", "soon", "2026-01-01", None],
        "done": [date(2026, 1, 1), date(2026, 1, 1), None, date(2026, 1, 1)],
    }
    found = fill(crosswalk(lines), raw, "days_since_event")
    assert found.problems == ["allowed: 0 or more", "not a date (YYYY-MM-DD)", None, None]
    assert found.values[1:] == [None, None, None]


def test_months_since_the_recommendation(crosswalk: Writer) -> None:
    lines = (
        "q,1..36,months_since_recommended,*,\n"
        "last,*,months_since_recommended,@since,\n"
        "done,*,interviewed_on,*,\n,,interviewed_on,2026-01-31,\n"
    )
    raw = {
        "q": [5.0, None, None],
        "last": [date(2020, 1, 1), date(2025, 1, 30), date(2024, 1, 1)],
        "done": [date(2026, 1, 31), None, date(2028, 1, 1)],
    }
    expected = [5, 366 / 30.4375, 48]
    found = fill(crosswalk(lines), raw, "months_since_recommended").values
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_the_interview_date_of_several_variables(crosswalk: Writer) -> None:
    lines = (
        "a,*,interviewed_on,@date:%Y%m%d,\nb,*,interviewed_on,*,\n"
        "event,*,days_since_event,@since,\n"
    )
    raw = {
        "a": ["20260110", None],
        "b": [date(2026, 2, 1), date(2026, 2, 1)],
        "event": [date(2026, 1, 1), date(2026, 1, 1)],
    }
    assert fill(crosswalk(lines), raw, "days_since_event").values == [9, 31]


# Units


@pytest.mark.parametrize(
    ("operation", "column", "raw", "expected"),
    [
        ("@years", "months_since_recommended", 1.5, 18),
        ("@months", "months_since_recommended", 7, 7),
        ("@weeks", "months_since_recommended", 365.25, 84),
        ("@days", "months_since_recommended", 365.25, 12),
        ("@days", "days_since_event", 3, 3),
        ("@weeks", "days_since_event", 2, 14),
    ],
)
def test_units(crosswalk: Writer, operation: str, column: str, raw: float, expected: float) -> None:
    path = crosswalk(f"q,*,{column},{operation},\n")
    for values in ([float(raw)], [str(raw)]):
        assert fill(path, {"q": values}, column).values == pytest.approx([expected], rel=1e-15)


def test_units_keep_the_limits_and_other_lines(crosswalk: Writer) -> None:
    lines = (
        "q,..24,months_since_recommended,*,\nq,*,months_since_recommended,@years,\n"
        "q,99,months_since_recommended,,\n"
    )
    found = fill(crosswalk(lines), {"q": [-1.0, 24.0, 25.0, 99.0]}, "months_since_recommended")
    assert found.values[1:] == [24, 300, None]
    assert found.problems == ["allowed: 0 or more", None, None, None]
    weeks = fill(
        crosswalk("q,*,days_since_event,@weeks,\n"), {"q": ["1.5", "x"]}, "days_since_event"
    )
    assert weeks.problems == ["not a whole number", "not a whole number"]


# Names and labels


def test_countries_by_name(crosswalk: Writer) -> None:
    lines = "land,Scandinavia,country,,\nland,*,country,@country,\n"
    raw = {"land": ["Norge", " SVERIGE ", "Danmark", "NA", "Scandinavia", "Kongo", None, "NOR"]}
    found = fill(crosswalk(lines), raw, "country")
    assert found.values == ["NO", "SE", "DK", "NA", None, None, None, "NO"]
    assert [i for i, problem in enumerate(found.problems) if problem] == [5]
    assert "the name of one country" in str(found.problems[5])


def test_countries_by_value_label(tmp_path: Path, crosswalk: Writer) -> None:
    labels = {1.0: "Norge", 2.0: "Sverige", 3.0: "Andre land"}
    frame = pd.DataFrame({"land": [1.0, 2.0, 3.0, 4.0, np.nan]})
    pyreadstat.write_sav(frame, tmp_path / "s.sav", variable_value_labels={"land": labels})
    _, meta = pyreadstat.read_sav(tmp_path / "s.sav")
    variable = Variable("land", value_labels=tuple(meta.variable_value_labels["land"].items()))
    raw = {"land": pa.array([1.0, 2.0, 3.0, 4.0, None])}
    found = fill(crosswalk("land,*,country,@country,\n"), raw, "country", [variable])
    assert found.values == ["NO", "SE", None, None, None]
    assert [bool(problem) for problem in found.problems] == [False, False, True, True, False]


def test_text_codes_with_labels(crosswalk: Writer) -> None:
    variable = Variable("land", value_labels=(("S ", "Sverige"), ("D", "Danmark")))
    raw = {"land": ["S", "D", "Finland", "Q"]}
    found = fill(crosswalk("land,*,country,@country,\n"), raw, "country", [variable])
    assert found.values == ["SE", "DK", "FI", None]


def test_industries(crosswalk: Writer) -> None:
    path = crosswalk("bransje,*,industry,@industry,\n")
    raw = {"bransje": ["Varehandel", "k61.1", "C", "Utbildning", "Construction", "62", "Bank"]}
    found = fill(path, raw, "industry")
    assert found.values == ["G", "K61.1", "C", "Q", "F", None, None]
    assert [bool(problem) for problem in found.problems] == [False] * 5 + [True, True]
    variable = Variable("bransje", value_labels=((1.0, "Undervisning"), (2.0, "Fast ejendom")))
    assert fill(path, {"bransje": [1.0, 2.0]}, "industry", [variable]).values == ["Q", "M"]


def test_a_letter_of_an_industry_needs_its_revision(crosswalk: Writer) -> None:
    """K is finance in Revision 2 and telecommunication in Revision 2.1."""
    raw = {"bransje": ["K", "C", "K64", "Information and communication"]}
    lines = "bransje,*,industry,@industry{},\n"
    alone = fill(crosswalk(lines.format("")), raw, "industry")
    assert alone.values == [None, "C", "L64", None]
    assert "state the revision as @industry:2" in str(alone.problems[0])
    assert "divides between sections" in str(alone.problems[3])
    assert fill(crosswalk(lines.format(":2")), raw, "industry").values[:3] == ["L", "C", "L64"]
    now = fill(crosswalk(lines.format(":2.1")), raw, "industry")
    assert now.values == ["K", "C", None, None]
    variable = Variable("bransje", value_labels=((1.0, "K"), (2.0, "K Finans og forsikring")))
    labelled = fill(crosswalk(lines.format("")), {"bransje": [1.0, 2.0]}, "industry", [variable])
    assert labelled.values == [None, "L"]
    assert "state the revision" in str(labelled.problems[0])


def test_labels_as_values(crosswalk: Writer) -> None:
    variable = Variable("store", value_labels=((1.0, "Oslo's"), (2.0, "Århus")))
    path = crosswalk("store,*,touchpoint,@label,\nstore,9,touchpoint,,\n")
    found = fill(path, {"store": [1.0, 2.0, 3.0, 9.0]}, "touchpoint", [variable])
    assert found.values == ["Oslo's", "Århus", None, None]
    assert found.problems == [None, None, "not a value with a label", None]


# What cannot be applied


@pytest.mark.parametrize(
    ("line", "values", "message"),
    [
        ("q,*,country,@country,", [1.0], "has no value labels"),
        ("q,*,industry,@industry,", [1.0], "has no value labels"),
        ("q,*,wave,@label,", ["a"], "has no value labels"),
        ("q,*,interviewed_on,@date:%d.%m.%Y,", [date(2026, 1, 1)], "holds dates, which '@date"),
        ("q,*,months_since_recommended,@years,", [date(2026, 1, 1)], "holds dates"),
        ("q,*,months_since_recommended,@years,", [True], "holds true and false"),
        ("q,*,days_since_event,@since,\n,,interviewed_on,2026-01-01,", [1.0], "holds numbers"),
        ("p,*,country,@country,", [1.0], "no variable 'p'"),
    ],
)
def test_a_line_that_cannot_be_applied(
    crosswalk: Writer, line: str, values: list[Any], message: str
) -> None:
    path = crosswalk(line + "\n")
    with pytest.raises(CrosswalkError, match=message) as error:
        fill(path, {"q": values}, "country")
    assert error.value.where == f"{path}, line 3"
    assert error.value.remedy
