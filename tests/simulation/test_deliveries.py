"""Delivered files hold the canonical answers behind each dialect, and nothing differs twice."""

from __future__ import annotations

import csv
import hashlib
import json
import struct
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from advocacy.errors import UsageError
from advocacy.provenance import sha256
from advocacy.simulation import draw_programmes, n_programmes, simulate_responses
from advocacy.simulation.deliveries import simulate

RESPONSES, SEED = 24_000, 20260115
BAD = object()
RECORDS = "records"  # the wave of what a search of records found


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a simulation with twenty programmes of all formats and codings."""
    return simulate(RESPONSES, SEED, tmp_path_factory.mktemp("simulated") / "study")


# Of all ratings and their crosswalks, before there were follow-ups: SHA-256 of their text.
BEFORE = {
    (3_000, 11): "2b8cb9b0e30ad0410aa9385bf3912d19a72b7deaa677b847582b9a2774decdc3",
    (RESPONSES, SEED): "1483a6bdc4d0cef1160ff44379a34841032081567f9577e1f24d15044e16401e",
}


def sources(deliveries: Path) -> list[Path]:
    return sorted(path for path in deliveries.iterdir() if path.is_dir())


def data_file(source: Path) -> Path:
    return source / tomllib.loads((source / "source.toml").read_text("utf-8"))["files"][0]["name"]


def read(path: Path) -> pd.DataFrame:
    """Read raw values, user-missing codes included."""
    if path.suffix == ".csv":
        return pd.read_csv(path)
    if path.suffix == ".xlsx":
        return pd.read_excel(path, engine="calamine")
    return pyreadstat.read_sav(path, user_missing=True)[0]


def crosswalk(source: Path, name: str = "crosswalk.csv") -> list[dict[str, str]]:
    with (source / name).open(encoding="utf-8", newline="") as file:
        assert file.readline() == "# advocacy crosswalk format 1\n"
        return list(csv.DictReader(file))


def as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def undo(value: Any, lines: list[dict[str, str]]) -> Any:
    """Return the canonical text of one raw value: named values first, then ranges, then ``*``."""
    if value is None or value != value or value == "":
        return None
    for line in sorted(
        lines, key=lambda line: (line["raw_value"] == "*", ".." in line["raw_value"])
    ):
        raw = line["raw_value"]
        low, _, high = raw.partition("..")
        covered = (
            float(low) <= float(value) <= float(high) if high else raw in ("*", as_text(value))
        )
        if covered:
            kept = line["canonical_value"] == "*"
            return as_text(value) if kept else line["canonical_value"] or None
    return BAD


def undone(source: Path, table: str = "files", number: int = 0) -> pd.DataFrame:
    """Return canonical texts of a delivery's file, by its own crosswalk."""
    listed = tomllib.loads((source / "source.toml").read_text("utf-8"))[table][number]
    raw = read(source / listed["name"])
    lines = crosswalk(source, listed.get("crosswalk", "crosswalk.csv"))
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(line["canonical_column"] for line in lines):
        own = [line for line in lines if line["canonical_column"] == name]
        variable = own[0]["raw_variable"]
        if not variable:
            columns[name] = [own[0]["canonical_value"]] * len(raw)
            continue
        cache = {value: undo(value, own) for value in raw[variable].dropna().unique()}
        columns[name] = [cache.get(value) for value in raw[variable]]
    return pd.DataFrame(columns)


def digest(deliveries: Path) -> str:
    hashed = hashlib.sha256()
    for source in sources(deliveries):
        path = data_file(source)
        rows = pd.read_csv(path, dtype=str) if path.suffix == ".csv" else read(path)
        hashed.update(f"{path.name}\n".encode())
        hashed.update(rows.to_csv().encode())
        hashed.update((source / "crosswalk.csv").read_bytes())
    return hashed.hexdigest()


def test_ratings_are_what_they_were_before_there_were_follow_ups(
    deliveries: Path, tmp_path: Path
) -> None:
    assert digest(deliveries) == BEFORE[RESPONSES, SEED]
    assert digest(simulate(3_000, 11, tmp_path / "small")) == BEFORE[3_000, 11]


def expected() -> dict[str, pd.DataFrame]:
    """Redraw the canonical rows from the documented seeds, without the module under test."""
    drawing, _, *children = np.random.SeedSequence(SEED).spawn(2 + n_programmes(RESPONSES))
    programmes = draw_programmes(len(children), RESPONSES, np.random.default_rng(drawing))
    ones = [programmes.take(np.array([i])) for i in range(len(children))]
    return {
        one.names()[0]: simulate_responses(one, np.random.default_rng(child)).to_pandas()
        for one, child in zip(ones, children, strict=True)
    }


def test_files_hold_the_canonical_answers(deliveries: Path) -> None:
    truth = expected()
    assert {source.name for source in sources(deliveries)} == set(truth)
    for source in sources(deliveries):
        found, rows = undone(source), truth[source.name]
        bad = found["score"].map(lambda value: value is BAD)
        given = [name for name in rows if rows[name].notna().any()]
        assert set(found) == set(given)
        for name in given:
            kept = ~bad if name == "score" else slice(None)
            left = found.loc[kept, name]
            right = rows.loc[kept, name]
            assert left.isna().eq(right.isna()).all(), (source.name, name)
            pairs = zip(left.dropna(), right.dropna(), strict=True)
            differing = [pair for pair in pairs if not same(*pair)]
            assert not differing, (source.name, name, differing[0])


def same(found: str, value: Any) -> bool:
    """Tell whether a canonical text says the same as a value of the simulator."""
    if isinstance(value, (bool, np.bool_)):
        return found == str(value).lower()
    if isinstance(value, (int, float)):
        return float(found) == value
    return found == str(value)


def test_bad_rows_are_planted_and_counted(deliveries: Path) -> None:
    planted = json.loads((deliveries / "truth.json").read_text("utf-8"))["planted_bad_rows"]
    assert sum(planted.values()) == round(0.0005 * RESPONSES)
    for source in sources(deliveries):
        bad = undone(source).map(lambda value: value is BAD)
        assert bad.score.sum() == planted[source.name]
        assert not bad.drop(columns="score").any(axis=None)


def test_all_responses_are_delivered_in_many_codings(deliveries: Path) -> None:
    assert sum(len(read(data_file(source))) for source in sources(deliveries)) == RESPONSES
    lines = [crosswalk(source) for source in sources(deliveries)]
    scores = [[line for line in own if line["canonical_column"] == "score"] for own in lines]
    assert {len(own) for own in scores} == {2, 12}
    dont_know = {line["raw_value"] for own in scores for line in own if not line["canonical_value"]}
    assert dont_know == {"98", "99", "11"}
    assert all(own[0]["raw_value"] == "0..10" for own in scores if own[-1]["raw_value"] == "11")
    assert len({own[0]["raw_variable"] for own in scores}) > 5
    languages = {
        tomllib.loads((s / "source.toml").read_text("utf-8"))["language"]
        for s in sources(deliveries)
    }
    assert languages == {"en", "nb", "sv", "da"}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = [simulate(3000, 11, tmp_path / name) for name in ("a", "b")]
    contents = [
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        for folder in folders
    ]
    assert contents[0] == contents[1]
    other = json.loads((simulate(3000, 12, tmp_path / "c") / "manifest.json").read_text("utf-8"))
    assert other["files"] != json.loads((folders[0] / "manifest.json").read_text("utf-8"))["files"]


def test_manifest_hashes_every_file(deliveries: Path) -> None:
    manifest = json.loads((deliveries / "manifest.json").read_text("utf-8"))
    files = {p.relative_to(deliveries).as_posix(): p for p in deliveries.rglob("*") if p.is_file()}
    del files["manifest.json"]
    assert manifest["files"] == {name: sha256(path) for name, path in files.items()}
    assert (manifest["responses"], manifest["seed"]) == (RESPONSES, SEED)


def test_sources_say_that_they_are_simulated(deliveries: Path) -> None:
    for source in sources(deliveries):
        described = tomllib.loads((source / "source.toml").read_text("utf-8"))
        assert described["name"] == source.name
        assert described["kind"] == "simulated"
        assert "Simulated" in described["title"]
        assert described["files"] == [
            {"name": data_file(source).name, "sha256": sha256(data_file(source))}
        ]


def spss_files(deliveries: Path) -> list[Path]:
    return [path for path in map(data_file, sources(deliveries)) if path.suffix != ".csv"]


def test_spss_files_have_labels_and_a_fixed_date(deliveries: Path) -> None:
    notes, missing = 0, 0
    for path in spss_files(deliveries):
        _, meta = pyreadstat.read_sav(path, user_missing=True)
        assert f"{meta.creation_time:%Y-%m-%d %H:%M:%S}" == "2026-01-15 12:00:00"
        assert "Simulated" in meta.file_label
        assert all(meta.column_labels)
        assert "unknown" not in meta.variable_measure.values()
        notes += bool(meta.notes)
        missing += bool(meta.missing_ranges)
    assert 0 < notes < len(spss_files(deliveries))
    assert 0 < missing < len(spss_files(deliveries))


def declared_weight(path: Path) -> str:
    """Return the short name of the variable that an SPSS header declares as weight."""
    content = path.read_bytes()
    (index,) = struct.unpack_from("<i", content, 76)
    at = 176
    for _ in range(index - 1):  # a record is 32 bytes, then its label and its missing values
        kind, _, has_label, n_missing = struct.unpack_from("<4i", content, at)
        assert kind == 2
        at += 32
        if has_label:
            at += 4 + (struct.unpack_from("<i", content, at)[0] + 3) // 4 * 4
        at += 8 * abs(n_missing)
    return content[at + 24 : at + 32].decode().strip() if index else ""


def test_some_weights_are_declared_in_the_header(deliveries: Path) -> None:
    declared, weighted = 0, 0
    for path in spss_files(deliveries):
        columns = {
            line["canonical_column"]: line["raw_variable"] for line in crosswalk(path.parent)
        }
        weighted += "weight" in columns
        if name := declared_weight(path):
            assert columns["weight"].upper() == name.upper()
            declared += 1
    assert 0 < declared < weighted


def test_too_few_responses(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too few"):
        simulate(199, 1, tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="not an earlier simulation"):
        simulate(200, 1, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate(200, 1, tmp_path / "out", lambda done, total: seen.append((done, total)))
    assert seen[-1] == (200, 200)
    assert len(seen) == 12


# Follow-ups and contacts ---------------------------------------------------------------------


def described(source: Path) -> dict[str, Any]:
    return tomllib.loads((source / "source.toml").read_text("utf-8"))


def followed(deliveries: Path) -> list[Path]:
    return [source for source in sources(deliveries) if "followups" in described(source)]


def waves(source: Path) -> list[pd.DataFrame]:
    """Return the canonical rows of each wave of a programme, dates as dates."""
    asked = [wave["wave"] != RECORDS for wave in described(source)["followups"]]
    tables = [undone(source, "followups", i) for i, own in enumerate(asked) if own]
    for table in tables:
        for name in ("followed_up_on", "first_recommended_on", "churned_on"):
            if name in table:
                table[name] = pd.to_datetime(table[name])
    return tables


def test_a_quarter_of_the_programmes_sends_follow_ups_and_contacts(deliveries: Path) -> None:
    own = followed(deliveries)
    assert len(own) == round(len(sources(deliveries)) / 4)
    endings = set()
    for source in own:
        about = described(source)
        assert [wave["wave"] for wave in about["followups"]] == [
            "3 months",
            "6 months",
            "12 months",
            RECORDS,
        ]
        assert len(about["contacts"]) == 1
        for file in (*about["followups"], *about["contacts"]):
            assert file["sha256"] == sha256(source / file["name"])
            endings.add(Path(file["name"]).suffix)
        constants = {
            line["canonical_column"] for line in crosswalk(source) if not line["raw_variable"]
        }
        assert {"supplier", "programme"} <= constants
    assert endings == {".sav", ".csv", ".xlsx"}


def test_waves_say_what_the_truth_says_of_dates(deliveries: Path) -> None:
    truth = json.loads((deliveries / "truth.json").read_text("utf-8"))["followed_up"]
    assert set(truth) == {source.name for source in followed(deliveries)}
    assert {about["dates"] for about in truth.values()} == {"known", "between waves"}
    for source in followed(deliveries):
        first = [table.get("first_recommended_on") for table in waves(source)]
        dated = truth[source.name]["dates"] == "known"
        assert all((dates is not None) == dated for dates in first)


def test_follow_ups_are_of_the_ratings_of_one_year(deliveries: Path) -> None:
    for source in followed(deliveries):
        base = undone(source)
        base["interviewed_on"] = pd.to_datetime(base.interviewed_on)
        ratings = base[base.wave == "2024"].set_index("respondent_id")
        again = set(base[base.wave == "2025"].respondent_id)
        before, said = set(ratings.index) - again, pd.Series(dtype=bool)
        for months, table in zip((3, 6, 12), waves(source), strict=True):
            assert table.respondent_id.is_unique
            assert set(table.respondent_id) <= before  # who was lost does not come back
            before = set(table.respondent_id)
            start = ratings.interviewed_on.loc[table.respondent_id].to_numpy()
            due = pd.DatetimeIndex(
                [day + pd.DateOffset(months=months) for day in pd.DatetimeIndex(start)]
            )
            late = (pd.DatetimeIndex(table.followed_up_on) - due).days
            assert late.min() >= (0 if months == 12 else -7)
            assert late.max() <= (28 if months == 12 else 14)
            yes = (table.recommended_since == "true").to_numpy()
            assert not (said.reindex(table.respondent_id).fillna(False).to_numpy() & ~yes).any()
            said = pd.Series(yes, index=table.respondent_id)
            if "first_recommended_on" in table:
                first = table.first_recommended_on
                assert (first.notna() == yes).all()
                assert (first[yes] > start[yes]).all()
                assert (first[yes] <= table.followed_up_on[yes]).all()
            if "churned_on" in table:
                gone = table.churned_on.notna()
                assert (table.churned_on[gone] <= table.followed_up_on[gone]).all()
        assert set(table.columns) & {"account"} == set(base.columns) & {"account"}


def test_contacts_hold_all_who_answered_in_that_year(deliveries: Path) -> None:
    truth = json.loads((deliveries / "truth.json").read_text("utf-8"))["response"]
    codings = set()
    for source in followed(deliveries):
        table = undone(source, "contacts")
        base = undone(source)
        answered = table[table.disposition.str.startswith("1.")]
        assert sorted(answered.respondent_id) == sorted(base[base.wave == "2024"].respondent_id)
        assert set(table.disposition) <= {"1.1", "1.2", "2.11", "3.19", "3.30"}
        share = len(answered) / len(table)
        assert share == pytest.approx(truth["share_answering"][source.name], abs=0.01)
        assert set(table.programme) == {source.name}
        lines = crosswalk(source, "crosswalk-contacts.csv")
        codings |= {
            line["raw_value"] for line in lines if line["canonical_value"] in ("1.1", "3.30")
        }
    assert {"1.1", "3.3"} <= codings  # which loses its last zero
    assert len(codings) > 2


def test_the_truth_adds_up(deliveries: Path) -> None:
    truth = json.loads((deliveries / "truth.json").read_text("utf-8"))
    for name in ("recommended_past_12m", "converted_within_12m", "converted_within_6m_any"):
        for target in ("these_programmes", "programmes_like_these"):
            rates = truth[name][target]
            (ten,) = rates["score_10"]
            assert rates["score"][10] == pytest.approx({"score": 10, **ten})
            top = pd.DataFrame(rates["score"])[9:]
            (promoters,) = rates["promoters"]
            assert np.average(top.rate, weights=top.share) == pytest.approx(promoters["rate"])
            sectors = pd.DataFrame(rates["score_10, sector"])
            assert np.average(sectors.rate, weights=sectors.share) == pytest.approx(ten["rate"])
    within, ever = truth["converted_within_12m_any"], truth["verified_within_12m"]
    recorded = truth["future"]["recorded"] * within["these_programmes"]["score_10"][0]["rate"]
    assert ever["these_programmes"]["score_10"][0]["rate"] == pytest.approx(recorded)


def test_rates_of_a_set_of_programmes_follow_from_its_rows(deliveries: Path) -> None:
    rows = pd.read_parquet(deliveries / "truth.parquet")
    truth = json.loads((deliveries / "truth.json").read_text("utf-8"))
    own = rows[rows.followed_up]
    assert set(own.programme) == set(truth["followed_up"])
    dated = {name for name, about in truth["followed_up"].items() if about["dates"] == "known"}
    assert set(rows[rows.dated].programme) == dated
    for column, name in (
        ("kappa", "converted_within_12m"),
        ("kappa_any", "converted_within_12m_any"),
    ):
        tens = own.expected_ratings * own.share_score_10
        rate = np.average(own[f"{column}_score_10"], weights=tens)
        assert truth[name]["these_programmes"]["score_10"][0]["rate"] == pytest.approx(rate)


def test_the_truth_says_how_many_were_expected_at_each_wave(deliveries: Path) -> None:
    truth = json.loads((deliveries / "truth.json").read_text("utf-8"))["attrition"]
    expected = pd.DataFrame(truth["expected_share_interviewed"])
    found = [sum(len(waves(source)[i]) for source in followed(deliveries)) for i in range(3)]
    for name, count in zip(("at_3_months", "at_6_months", "at_12_months"), found, strict=True):
        mean = (expected.followed_up * expected[name]).sum()
        error = np.sqrt((expected.followed_up * expected[name] * (1 - expected[name])).sum())
        assert abs(count - mean) < 4 * error
    assert expected.at_12_months.between(0.5, 0.8).all()
