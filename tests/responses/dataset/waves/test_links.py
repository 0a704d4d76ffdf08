"""By what follow-ups find their rating, what is refused, and rows that add up."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from wave_files import (
    BASE,
    BASE_LINES,
    LINES,
    NAMES,
    followed,
    interviews,
    manifest,
    ratings,
    set_aside,
)
from workbook import Sheet, write_workbook
from written import HEAD, Sources

from advocacy.errors import AdvocacyError, CrosswalkError, DataError, MissingColumnError
from advocacy.provenance import sha256
from advocacy.responses import Source, import_source, read_source
from advocacy.responses.dataset.eligibility import EligibilityRules
from advocacy.responses.dataset.importing import partition
from advocacy.responses.dataset.intake import ImportOptions
from advocacy.responses.dataset.source import DataFile
from advocacy.responses.dataset.verifying import check

ALL = ImportOptions(rules=EligibilityRules(repeat="all"))
SEVERAL = "it may be of several respondents or suppliers"
STRANGER = "the ratings have none of theirs with a date"


def whom(dataset: Path) -> list[tuple[str, str]]:
    """Return the row of the rating and the date of each follow-up that was linked."""
    return [
        (row["rating_id"].rpartition(":")[2], str(row["followed_up_on"]))
        for row in interviews(dataset)
    ]


# By what


def test_it_belongs_to_the_latest_rating_before_it(source: Sources, tmp_path: Path) -> None:
    """By hand: 1 rated on 10 January, 10 June and 10 December; on that day it is not before."""
    base = "who,day,q\n1,2024-06-10,9\n1,2024-01-10,10\n1,2024-12-10,1\n2,2024-01-10,5\n"
    rows = "1,2024-02-01,2,,\n1,2024-06-10,2,,\n1,2024-06-11,2,,\n1,2024-12-10,2,,\n"
    waves = {f"{n}.csv": f"{row}\n" for n, row in enumerate((rows + "1,2025-01-01,2,,").split())}
    import_source(followed(source({"b.csv": base}, lines=BASE_LINES), waves), tmp_path, ALL)
    assert whom(tmp_path) == [
        ("2", "2024-02-01"),
        ("2", "2024-06-10"),
        ("1", "2024-06-11"),
        ("1", "2024-12-10"),
        ("3", "2025-01-01"),
    ]
    assert set_aside(tmp_path) == []


def test_follow_ups_of_ratings_that_do_not_count_are_counted(
    source: Sources, tmp_path: Path
) -> None:
    """The contact rule takes the first of two within a year; the follow-up is of the second."""
    base = "who,day,q\n1,2024-01-10,10\n1,2024-06-10,9\n2,2024-01-10,5\n"
    made = followed(source({"b.csv": base}, lines=BASE_LINES), {"a.csv": "1,2024-09-01,1,,\n"})
    import_source(made, tmp_path)
    assert whom(tmp_path) == [("2", "2024-09-01")]
    found = manifest(tmp_path)["followups"]
    assert (found["ratings"], found["ratings_that_do_not_count"]) == (1, 1)
    assert [row["recommended_since"] for row in ratings(tmp_path)] == [None, True, None]


@pytest.mark.parametrize(
    ("supplier", "linked", "reasons"),
    [
        ("Å", [("1", "2024-09-01")], []),
        ("B", [("2", "2024-09-01")], []),
        ("C", [], [STRANGER]),
        (None, [], [SEVERAL]),  # the file does not name it, and 1 rated two
    ],
)
def test_the_supplier_decides_where_both_name_it(
    source: Sources,
    tmp_path: Path,
    supplier: str | None,
    linked: list[tuple[str, str]],
    reasons: list[str],
) -> None:
    base = "who,day,q,whom\n1,2024-01-10,10,Å\n1,2024-01-10,9,B\n2,2024-01-10,5,Å\n"
    lines = LINES + "whom,*,supplier,*,\n" * (supplier is not None)
    rows = f"1,2024-09-01,1,,,{supplier}\n2,2024-09-02,1,,,Å\n"
    made = source({"b.csv": base}, lines=BASE_LINES + "whom,*,supplier,*,\n")
    made = followed(made, {"a.csv": rows}, lines, NAMES.replace("left", "left,whom"))
    import_source(made, tmp_path)
    assert whom(tmp_path) == [*linked, ("3", "2024-09-02")]
    assert [row[-1] for row in set_aside(tmp_path)] == reasons


@pytest.mark.parametrize("named", [False, True])
def test_an_account_stands_for_its_one_respondent(
    source: Sources, tmp_path: Path, named: bool
) -> None:
    """Account 7 has two respondents where the ratings name them: which is meant is not known."""
    base = "who,day,q,firm\n1,2024-01-10,10,7\n2,2024-02-10,9,7\n3,2024-01-10,5,8\n"
    lines = BASE_LINES if named else BASE_LINES.replace("who,*,respondent_id,*,\n", "")
    rows = LINES.replace("who,*,respondent_id", "firm,*,account")
    made = source({"b.csv": base}, lines=lines + "firm,*,account,*,\n")
    made = followed(
        made, {"a.csv": "7,2024-09-01,1,,\n8,2024-09-02,1,,\n"}, rows, NAMES.replace("who", "firm")
    )
    import_source(made, tmp_path)
    assert whom(tmp_path) == [*([] if named else [("2", "2024-09-01")]), ("3", "2024-09-02")]
    assert set_aside(tmp_path) == [("a.csv", 1, "account", "", SEVERAL)] * named


def test_a_rating_id_in_both_links_directly(source: Sources, tmp_path: Path) -> None:
    base = "id,day,q\nr1,2024-01-10,10\nr2,2024-01-10,9\nr3,,5\n"
    rows = "r2,2024-09-01,1,,\nr9,2024-09-01,1,,\nr3,2024-09-01,1,,\nr1,2024-01-01,1,,\n"
    lines = BASE_LINES.replace("who,*,respondent_id", "id,*,rating_id")
    own = LINES.replace("who,*,respondent_id", "id,*,rating_id")
    made = source({"b.csv": base}, lines=lines)
    import_source(followed(made, {"a.csv": rows}, own, NAMES.replace("who", "id")), tmp_path)
    assert [(row["rating_id"], row["wave"]) for row in interviews(tmp_path)] == [("r2", "a")]
    assert [(row, column, reason) for _, row, column, _, reason in set_aside(tmp_path)] == [
        (2, "rating_id", STRANGER),
        (3, "interviewed_on", "its rating has no date"),
        (4, "followed_up_on", "on or before the interview that it is to follow"),
    ]


@pytest.mark.parametrize("scores", [(9, 9), (9, 3)])
def test_two_ratings_of_one_day_may_be_two_people(
    source: Sources, tmp_path: Path, scores: tuple[int, int]
) -> None:
    """With the same score it is one answer twice, of which the first counts."""
    base = f"who,day,q\n1,2024-01-10,{scores[0]}\n1,2024-01-10,{scores[1]}\n2,2024-01-10,5\n"
    waves = {"a.csv": "1,2024-09-01,1,,\n2,2024-09-01,2,,\n"}
    import_source(followed(source({"b.csv": base}, lines=BASE_LINES), waves), tmp_path)
    same = scores[0] == scores[1]
    assert [row for row, _ in whom(tmp_path)] == ["1"] * same + ["3"]
    reason = "two ratings of one day that differ: perhaps two people under one respondent"
    assert [row[-1] for row in set_aside(tmp_path)] == [reason] * (not same)


def test_numbers_and_texts_are_one_respondent_in_every_format(tmp_path: Path) -> None:
    """A base of SPSS, where numbers are 1001.0; follow-ups as SPSS, text, Excel and Parquet."""
    raw = tmp_path / "raw"
    raw.mkdir()
    base = pd.DataFrame({"who": [1001.0, 1002.0, 1003.0, 1004.0], "q": [10.0, 9.0, 3.0, 10.0]})
    base["day"] = date(2024, 1, 10)
    pyreadstat.write_sav(base, raw / "base.sav")
    wave = pd.DataFrame({"who": [1001.0], "day": [date(2024, 9, 1)], "y": [1.0]})
    pyreadstat.write_sav(wave, raw / "a.sav")
    (raw / "b.csv").write_text("who;day;y\n1002;2024-09-01;1\n", encoding="utf-8")
    rows = [("who", "day", "y"), (1003, date(2024, 9, 1), 1)]
    write_workbook(raw / "c.xlsx", Sheet("Ark1", rows))
    wave.assign(who="1004").to_parquet(raw / "d.parquet")
    (raw / "crosswalk.csv").write_text(HEAD + BASE_LINES, encoding="utf-8")
    lines = "\n".join(LINES.splitlines()[:4])
    (raw / "follow-up.csv").write_text(f"{HEAD}{lines}\n", encoding="utf-8")
    listed = "".join(
        f'\n[[followups]]\nname = "{name}"\nsha256 = "{sha256(raw / name)}"\n'
        f'crosswalk = "follow-up.csv"\nwave = "{name[0]}"\n'
        for name in ("a.sav", "b.csv", "c.xlsx", "d.parquet")
    )
    (raw / "source.toml").write_text(
        f'name = "lung"\nkind = "collected"\n[[files]]\nname = "base.sav"\n'
        f'sha256 = "{sha256(raw / "base.sav")}"\n{listed}\n[linking]\nwindow_days = 400\n',
        encoding="utf-8",
    )
    made = read_source(raw)
    assert made.window_days == 400
    import_source(made, tmp_path / "data")
    assert [row for row, _ in whom(tmp_path / "data")] == ["1", "2", "3", "4"]
    assert [row["wave"] for row in interviews(tmp_path / "data")] == ["a", "b", "c", "d"]
    assert [row["recommended_since"] for row in ratings(tmp_path / "data")] == [True] * 4


# What is refused


def other_salt(made: Source) -> Source:
    return followed(made, {"a.csv": "x1,2024-09-01,1,,\nx2,2024-09-01,2,,\n"})


def too_early(made: Source) -> Source:
    return followed(made, {"a.csv": "1,2023-09-01,1,,\n2,2023-09-01,2,,\n"})


def no_date_of_base(made: Source) -> Source:
    assert made.crosswalk is not None
    text = made.crosswalk.read_text(encoding="utf-8").replace("day,*,interviewed_on,*,\n", "")
    made.crosswalk.write_text(text, encoding="utf-8")
    return followed(made, {"a.csv": "1,2024-09-01,1,,\n"})


def said_twice(made: Source) -> Source:
    assert made.crosswalk is not None
    with made.crosswalk.open("a", encoding="utf-8") as file:
        file.write("day,*,followed_up_on,*,\n")
    return followed(made, {"a.csv": "1,2024-09-01,1,,\n"})


def without(line: str) -> Callable[[Source], Source]:
    def made(source: Source) -> Source:
        lines = "\n".join(one for one in LINES.splitlines() if line not in one)
        return followed(source, {"a.csv": "1,2024-09-01,1,,\n"}, f"{lines}\n")

    return made


def dated_as_the_base(made: Source) -> Source:
    lines = LINES.replace("followed_up_on", "interviewed_on")
    return followed(made, {"a.csv": "1,2024-09-01,1,,\n"}, lines)


def by_account(made: Source) -> Source:
    lines = LINES.replace("respondent_id", "account")
    return followed(made, {"a.csv": "1,2024-09-01,1,,\n"}, lines)


def contact_among_ratings(made: Source) -> Source:
    assert made.crosswalk is not None
    with made.crosswalk.open("a", encoding="utf-8") as file:
        file.write("q,*,disposition,*,\n")
    return made


def follow_ups_alone(made: Source) -> Source:
    one = followed(made, {"a.csv": "1,2024-09-01,1,,\n"})
    (file,) = one.linked
    listed = ((file.path.name, file.sha256),)
    return replace(one, files=listed, crosswalk=file.crosswalk, linked=())


def waves_untold(made: Source) -> Source:
    days = ("2024-04-01", "2024-09-01", "2024-09-01")
    rows = "".join(f"{who},{day},1,,\n" for day in days for who in range(1, 22))
    (made.folder / "base.csv").write_text(
        "who,day,q\n" + "".join(f"{who},2024-01-10,9\n" for who in range(1, 31)), encoding="utf-8"
    )
    return followed(made, {"a.csv": rows})


@pytest.mark.parametrize(
    ("change", "kind", "what", "remedy"),
    [
        (
            other_salt,
            DataError,
            f"None of the 2 follow-ups of a.csv belongs to a rating (respondent_id, {STRANGER}: 2 "
            "of 2).",
            "made with another key or salt",
        ),
        (too_early, DataError, "on or before the interview that it is to follow: 2 of 2", "dates"),
        (no_date_of_base, MissingColumnError, "have no interviewed_on", "Map the date"),
        (said_twice, CrosswalkError, "fills followed_up_on itself", "Take these lines out"),
        (
            without("who"),
            MissingColumnError,
            "does not say whose its rows are",
            "--follow-up-cross",
        ),
        (without("day"), MissingColumnError, "has no date of the follow-up", "followed_up_on"),
        (
            dated_as_the_base,
            CrosswalkError,
            "is the date of the base's interview",
            "followed_up_on",
        ),
        (by_account, MissingColumnError, "it has account, they have respondent_id", "both crossw"),
        (
            contact_among_ratings,
            CrosswalkError,
            "'disposition' is a column of contacts",
            "--contact",
        ),
        (
            follow_ups_alone,
            MissingColumnError,
            "without the ratings that they follow",
            "--follow-up",
        ),
        (waves_untold, DataError, "21 of the 63 follow-ups of a.csv are a", "Map what names"),
    ],
)
def test_what_cannot_be_linked_is_refused_and_nothing_written(
    source: Sources,
    tmp_path: Path,
    change: Callable[[Source], Source],
    kind: type[AdvocacyError],
    what: str,
    remedy: str,
) -> None:
    made = change(source({"base.csv": BASE}, lines=BASE_LINES))
    with pytest.raises(kind) as error:
        import_source(made, tmp_path / "data")
    assert what in error.value.what
    assert remedy in error.value.remedy
    assert ".csv" in error.value.where
    assert not list(tmp_path.rglob("*.parquet"))


def test_no_answer_at_all_is_refused(source: Sources, tmp_path: Path) -> None:
    lines = "\n".join(LINES.splitlines()[:2])
    made = followed(source({"base.csv": BASE}, lines=BASE_LINES), {"a.csv": ""}, f"{lines}\n")
    with pytest.raises(MissingColumnError, match="does not say whether they recommended"):
        import_source(made, tmp_path / "data")


def test_files_are_told_apart_by_name(source: Sources, tmp_path: Path) -> None:
    made = source({"base.csv": BASE}, lines=BASE_LINES)
    with pytest.raises(CrosswalkError, match="Two files of the source have the name base.csv"):
        replace(made, linked=(DataFile(tmp_path / "base.csv", "", None, "followups"),))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[[followups]]\nname = "a.csv"\nsha256 = "0"\n', "without the ratings"),
        ('[[files]]\nname = "b.csv"\nsha256 = "0"\n[[followups]]\nname = "a.csv"\n', "'sha256'"),
        (
            '[[files]]\nname = "b.csv"\nsha256 = "0"\n[linking]\nwindow_days = "long"\n',
            "window_days",
        ),
        ('[[files]]\nname = "b.csv"\nsha256 = "0"\n[linking]\nwindow_days = 0\n', "no meaning"),
    ],
)
def test_a_description_says_what_it_lacks(tmp_path: Path, text: str, what: str) -> None:
    head = 'name = "lung"\nkind = "collected"\n'
    (tmp_path / "source.toml").write_text(head + text, encoding="utf-8")
    with pytest.raises(CrosswalkError) as error:
        read_source(tmp_path)
    assert what in f"{error.value.what} {error.value.remedy}"


def test_a_follow_up_that_has_changed_is_refused(source: Sources, tmp_path: Path) -> None:
    made = followed(source({"base.csv": BASE}, lines=BASE_LINES), {"a.csv": "1,2024-09-01,1,,\n"})
    (file,) = made.linked
    (made.folder / "source.toml").write_text(
        f'name = "lung"\nkind = "collected"\n[[files]]\nname = "base.csv"\n'
        f'sha256 = "{made.files[0][1]}"\n[[followups]]\nname = "a.csv"\nsha256 = "{file.sha256}"\n'
        'crosswalk = "followups-lines.csv"\n',
        encoding="utf-8",
    )
    assert [one.path.name for one in read_source(made.folder).linked] == ["a.csv"]
    file.path.write_text("changed", encoding="utf-8")
    with pytest.raises(CrosswalkError, match="a.csv is not the file that was described"):
        read_source(made.folder)


# What is stored


def test_no_name_or_number_of_a_person_is_written(source: Sources, tmp_path: Path) -> None:
    people = [f"kari.nordmann{n}@example.no" for n in range(1, 31)]
    base = "who,day,q\n" + "".join(f"{name},2024-01-10,9\n" for name in people)
    rows = "".join(f"{name},2024-09-01,1,,,+47 91 23 45 {n:02}\n" for n, name in enumerate(people))
    rows += "ola@example.no,2024-09-01,1,,,+47 91 23 45 99\n"  # of no rating
    lines = LINES + "phone,*,wave,*,\n"
    made = followed(
        source({"base.csv": base}, lines=BASE_LINES),
        {"a.csv": rows},
        lines,
        NAMES.replace("left", "left,phone"),
    )
    import_source(made, tmp_path / "data")
    written = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not any(b"example.no" in content or b"+47" in content for content in written)
    (file,) = manifest(tmp_path / "data")["followups"]["files"]
    assert {found["variable"] for found in file["private"]} == {"who", "phone"}
    assert {row["wave"] for row in interviews(tmp_path / "data")} == {"a"}
    assert len(interviews(tmp_path / "data")) == 30


def test_a_changed_follow_up_is_damage(source: Sources, tmp_path: Path) -> None:
    made = followed(source({"base.csv": BASE}, lines=BASE_LINES), {"a.csv": "1,2024-09-01,1,,\n"})
    import_source(made, tmp_path)
    folder = partition(tmp_path, "lung")
    assert check(folder) == []
    path = folder / "_followups" / "followups-0.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    assert [one.path for one in check(folder)] == [path]


def test_the_same_source_gives_the_same_files(source: Sources, tmp_path: Path) -> None:
    waves = dict.fromkeys(("a.csv", "b.csv"), "1,2024-09-01,1,,\n2,2024-09-01,2,,\n")
    made = followed(source({"base.csv": BASE}, lines=BASE_LINES), waves)
    found = []
    for name in ("one", "two"):
        import_source(made, tmp_path / name)
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        found.append([path.read_bytes() for path in files])
    assert found[0] == found[1]


# Against the rules said one by one in Python, by which rows stand


START = date(2024, 1, 1)
Interview = tuple[int, bool | None, int | None, int | None]  # day, yes, first date, churn


def believed(rows: list[tuple[str, Interview]]) -> set[int]:
    """Return which of a rating's follow-ups stand, each with its wave, one after the other."""
    stand: set[int] = set()
    own = [n for n, (_, row) in enumerate(rows) if possible(*row)]
    single = []
    for _, wave in groupby(sorted(own, key=lambda n: rows[n][0]), key=lambda n: rows[n][0]):
        same = sorted(wave, key=lambda n: (rows[n][1][0], n))
        values = [{v for n in same if (v := said(rows[n][1])[at]) is not None} for at in range(3)]
        if all(len(value) <= 1 for value in values):
            single.append(same[0])
    no = yes_by = date_of = None
    for n in sorted(single, key=lambda n: (rows[n][1][0], n)):
        when, (yes, first, _) = rows[n][1][0], said(rows[n][1])
        if yes is False:
            if yes_by is not None:
                continue
            no = when
        elif yes:
            if first is not None and (
                (no is not None and first <= no)
                or (yes_by is not None and first > yes_by)
                or (date_of is not None and first != date_of)
            ):
                continue
            yes_by = when if yes_by is None else yes_by
            date_of = first if date_of is None else date_of
        stand.add(n)
    return stand


def said(row: Interview) -> tuple[bool | None, int | None, int | None]:
    _, yes, first, left = row
    return (True if first is not None else yes), first, left


def possible(when: int, yes: bool | None, first: int | None, left: int | None) -> bool:
    """Tell whether a follow-up of an interview on day 0 can be."""
    if yes is None and first is None and left is None:
        return False
    if first is not None and (yes is False or first > when or first <= 0):
        return False
    return 0 < when <= 731 and not (left is not None and left <= 0)


@pytest.mark.parametrize("seed", [1, 2])
def test_rows_add_up_and_are_those_that_stand(source: Sources, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    base, people = ["who,day,q"], range(600)
    base += [f"{who},{START},{who % 11}" for who in people]
    files: dict[str, list[tuple[int, Interview]]] = {name: [] for name in "abc"}
    for who in people:
        for number, name in enumerate(files, 1):
            for _ in range(draw.choice((0, 1, 1, 1, 1, 1, 1, 1, 2))):
                when = draw.choice((0, 740, *[number * 4 + draw.randint(-2, 2)] * 30))
                yes = draw.choice((None, True, True, False))
                first = (
                    draw.randint(0, when + 1) if yes is not False and draw.random() < 0.6 else None
                )
                left = draw.randint(0, 12) if draw.random() < 0.2 else None
                files[name].append((who, (when, yes, first, left)))
    texts = {f"{name}.csv": "".join(map(line, rows)) for name, rows in files.items()}
    made = followed(source({"base.csv": "\n".join(base) + "\n"}, lines=BASE_LINES), texts)
    made = replace(made, linked=tuple(replace(f, wave=f.path.stem) for f in made.linked))
    import_source(made, tmp_path)
    account = manifest(tmp_path)["followups"]["rows"]
    total = sum(map(len, files.values()))
    aside = Counter((name, row) for name, row, *_ in set_aside(tmp_path))
    assert account == {
        "read": total,
        "kept": total - len(aside),
        "rejected": len(aside),
        "forgotten": 0,
    }
    assert set(aside.values()) == {1}
    expected = Counter[tuple[str, int]]()
    kept: dict[int, list[Interview]] = {}
    for who in people:
        own = [
            (name, at, row)
            for name, rows in files.items()
            for at, (one, row) in enumerate(rows, 1)
            if one == who
        ]
        stand = believed([(name, row) for name, _, row in own])
        kept[who] = [row for n, (*_, row) in enumerate(own) if n in stand]
        expected.update(
            (f"{name}.csv", at) for n, (name, at, _) in enumerate(own) if n not in stand
        )
    assert set(aside) == set(expected)
    for who, row in zip(people, ratings(tmp_path), strict=True):
        assert [row[name] for name in OUTCOME] == outcome(kept[who]), who


OUTCOME = (
    *("followed_up_on", "recommended_since", "first_recommended_on"),
    *("not_recommended_until", "recommended_by", "churned_on"),
)


def outcome(rows: list[Interview]) -> list[Any]:
    """Return what follow-ups that stand say of a rating."""
    answers = [(row[0], *said(row)) for row in rows if said(row)[0] is not None]
    last = max((when for when, *_ in answers), default=None)
    left = min((row[3] for row in rows if row[3] is not None), default=None)
    found = [
        last,
        min((first for _, _, first, _ in answers if first is not None), default=None),
        max((when for when, yes, *_ in answers if not yes), default=None),
        min((when for when, yes, *_ in answers if yes), default=None),
        left if left is not None and last is not None and left <= last else None,
    ]
    dates = [None if n is None else START + timedelta(days=n) for n in found]
    yes = any(yes for _, yes, *_ in answers) if answers else None
    return [dates[0], yes, *dates[1:]]


def line(row: tuple[int, Interview]) -> str:
    who, (when, yes, first, left) = row
    day = [START + timedelta(days=n) if n is not None else "" for n in (when, first, left)]
    return f"{who},{day[0]},{'' if yes is None else 1 if yes else 2},{day[1]},{day[2]}\n"
