"""Ledgers of releases: kept, never reused, and what has changed since."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from advocacy.errors import UsageError
from advocacy.study.citable.releases import (
    ReleaseError,
    changes,
    freeze,
    in_sentences,
    present_version,
    read_releases,
)

FIRST: dict[str, dict[str, Any]] = {
    "overall:rate": {"text": "50.6 %", "estimand": "recommended_past_12m", "part": "rate"},
    "sector:B2B:n": {"text": "12", "estimand": "recommended_past_12m", "part": "n"},
}


def test_a_release_is_kept_byte_by_byte_and_only_once(tmp_path: Path) -> None:
    path = freeze(tmp_path / "a", FIRST, "0.1.0", "2026-12-01")
    assert path.read_bytes() == freeze(tmp_path / "b", FIRST, "0.1.0", "2026-12-01").read_bytes()
    (release,) = read_releases(tmp_path / "a")
    assert (release.version, release.date) == ("0.1.0", "2026-12-01")
    assert {name: row["text"] for name, row in release.live.items()} == {
        "overall:rate": "50.6 %",
        "sector:B2B:n": "12",
    }
    with pytest.raises(UsageError, match="stays as it is"):
        freeze(tmp_path / "a", FIRST, "0.1.0", "2026-12-02")


def test_what_is_retired_is_listed_and_what_has_changed_is_said(tmp_path: Path) -> None:
    freeze(tmp_path, FIRST, "0.9.0", "2026-12-01")
    later = {"overall:rate": {**FIRST["overall:rate"], "text": "51.0 %"}}
    freeze(tmp_path, later, "0.10.0", "2027-01-01")  # after 0.9, though not by its letters
    old, new = read_releases(tmp_path)
    assert new.rows["sector:B2B:n"]["retired"] == "0.10.0"
    assert set(new.live) == {"overall:rate"}
    found = changes(later, (old, new))
    assert [(one.since, one.then, one.now) for one in found["overall:rate"]] == [
        ("0.9.0", "50.6 %", "51.0 %")
    ]
    assert found["sector:B2B:n"][0].now is None
    said = "\n".join(in_sentences(later, (old, new)))
    assert (
        "Since release 0.9.0 of 2026-12-01: 1 of 2 numbers have changed and 1 are retired" in said
    )
    assert "Since release 0.10.0 of 2027-01-01: 0 of 1 numbers" in said


def test_a_ledger_that_lacks_an_identifier_is_refused(tmp_path: Path) -> None:
    freeze(tmp_path, FIRST, "0.1.0", "2026-12-01")
    path = freeze(tmp_path, FIRST, "0.2.0", "2027-01-01")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("sector:B2B:n"))
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(
        ReleaseError, match=r"of release 0\.1\.0 are missing: sector:B2B:n"
    ) as error:
        read_releases(tmp_path)
    assert "0.2.0" in error.value.where


def test_an_identifier_is_never_given_to_another_number(tmp_path: Path) -> None:
    freeze(tmp_path, FIRST, "0.1.0", "2026-12-01")
    other = {**FIRST, "overall:rate": {**FIRST["overall:rate"], "estimand": "nps"}}
    with pytest.raises(ReleaseError, match="overall:rate means another number"):
        freeze(tmp_path, other, "0.2.0", "2027-01-01")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no gzip", id="no gzip"),
        pytest.param(gzip.compress(b"no,ledger\n1,2\n", mtime=0), id="another table"),
    ],
)
def test_what_is_no_ledger_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0.1.0.csv.gz").write_bytes(content)
    with pytest.raises(ReleaseError, match="no ledger of a release"):
        read_releases(tmp_path)


def test_pages_of_a_release_stay_when_numbers_change_after_it(tmp_path: Path) -> None:
    freeze(tmp_path, FIRST, "0.1.0", "2026-12-01")
    releases = read_releases(tmp_path)
    assert present_version(FIRST, releases, "0.1.0") == "0.1.0"
    changed = {**FIRST, "overall:rate": {**FIRST["overall:rate"], "text": "51.0 %"}}
    assert present_version(changed, releases, "0.1.0") == "after-0.1.0"
    assert present_version(changed, releases, "0.2.0") == "0.2.0"
