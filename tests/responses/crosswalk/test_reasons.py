"""Every reason that an import writes is known again, so that other languages can say it."""

from __future__ import annotations

import pandas as pd
import pytest

from advocacy.provenance import sha256
from advocacy.remarks import Remark
from advocacy.report.wording import ENGLISH, words_of
from advocacy.responses import Source, import_source
from advocacy.responses.crosswalk.reasons import reason_as_remark
from advocacy.responses.dataset.accounts import (
    REJECTED_FILE,
    UNPLACED_FILE,
    about_folder,
)
from advocacy.responses.dataset.ledger import refused_values
from advocacy.responses.dataset.verifying import partition_folders

CROSSWALK = """\
# advocacy crosswalk format 2
raw_variable,raw_value,canonical_column,canonical_value,note
score,0..11,score,*,
said,1,recommended_past_12m,true,
said,2,recommended_past_12m,false,
said2,*,discouraged_past_12m,*,
weight,*,weight,*,
sector,*,sector,*,
country,*,country,@country,
industry,*,industry,@industry,
day,*,interviewed_on,@date:%d.%m.%Y,
moments,*,wow_moments,*,
"""


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Return columns and reasons of a file in which each row but the first is wrong in one way."""
    folder = tmp_path_factory.mktemp("reasons")
    fine = {
        **{"score": "10", "said": "1", "said2": "0", "weight": "1", "sector": "B2B"},
        **{"country": "NO", "industry": "G", "day": "1.2.2025", "moments": "2"},
    }
    wrong = [
        *({"score": "11"}, {"score": "ten"}, {"said": "3"}, {"said2": "x"}),
        *({"sector": "C2C"}, {"country": "Atlantis"}, {"industry": "magic"}),
        *({"industry": "K"}, {"day": "2025-02-01"}, {"moments": "some"}, {"moments": "-2"}),
    ]
    rows = [fine, *(fine | each for each in wrong)]
    pd.DataFrame(rows).to_csv(folder / "a.csv", index=False)
    (folder / "crosswalk.csv").write_text(CROSSWALK, encoding="utf-8")
    source = Source(
        folder=folder,
        name="a",
        kind="collected",
        files=(("a.csv", sha256(folder / "a.csv")),),
        crosswalk=folder / "crosswalk.csv",
    )
    import_source(source, folder / "data")
    (about,) = (about_folder(each) for each in partition_folders(folder / "data"))
    lists = (REJECTED_FILE, UNPLACED_FILE)
    return {(one.column, one.reason) for name in lists for one in refused_values(about / name)}


def test_there_are_many_reasons(reasons: set[tuple[str, str]]) -> None:
    assert len(reasons) >= 11


def test_each_is_known_again_and_english_says_it_as_the_list_does(
    reasons: set[tuple[str, str]],
) -> None:
    for column, reason in sorted(reasons):
        remark = reason_as_remark(column, reason)
        assert remark.key != "sentence", (column, reason)
        assert reason.startswith(ENGLISH.said(remark)), (column, reason)


@pytest.mark.parametrize("language", ["nb", "sv", "da"])
def test_no_other_language_says_it_in_english(reasons: set[tuple[str, str]], language: str) -> None:
    for column, reason in reasons:
        assert not reason.startswith(words_of(language).said(reason_as_remark(column, reason)))


def test_a_reason_of_another_version_stays_a_sentence() -> None:
    assert reason_as_remark("score", "odd") == Remark("sentence", {"sentence": "odd"})
    assert reason_as_remark("none_such", "odd") == Remark("sentence", {"sentence": "odd"})
