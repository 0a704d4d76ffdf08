"""A study of one's own that its data do not allow: the build ends with all that stands against it.

Nothing is estimated, and no pooled model is fitted.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.study.copied import run_pytask
from tests.study.own_data import add_source, answers, own_study

# What is refused, and its words, are tested in `checks`; here a build is that ends with them.
pytestmark = pytest.mark.heavy

POOLING = """
[pooling]
draws = 10
seed = 1
conf_level = 0.9
answers = 100
"""


def test_what_the_data_lack_is_said_at_once_and_by_line(root: Path, tmp_path: Path) -> None:
    study = own_study(
        root,
        tmp_path,
        targets='["programmes_like_these"]',
        crossings='[[], ["score"], ["year"], ["sector", "industry", "country"]]',
        estimands='["recommended_past_12m", "verified_past_12m"]',
        more=POOLING,
    )
    add_source(study, "shop", answers(1, 200, sector=["B2C"]))
    done = run_pytask(study, "-k", "task_import or task_estimate or task_pool")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    said = done.stdout.split("\nIn check: ")[1]
    lines = (study / "analysis" / "study.toml").read_text(encoding="utf-8").splitlines()
    assert [int(number) for number in re.findall(r"study\.toml, line (\d+)$", said, re.M)] == [
        lines.index(next(line for line in lines if line.startswith(begins))) + 1
        for begins in ("estimands", "targets", "crossings", "[pooling]")
    ]
    assert "names industry, country, year, which no source has" in said
    assert 'Write crossings = [[], ["score"]].' in said
    assert not (study / "data" / "derived" / "estimates").exists()


def test_a_folder_without_a_source_and_an_unknown_name_are_said(root: Path, tmp_path: Path) -> None:
    study = own_study(root, tmp_path)
    (study / "data" / "raw" / "mine").mkdir(parents=True)
    (study / "data" / "raw" / "mine" / "wave1.sav").touch()
    done = run_pytask(study, "-k", "task_import")
    assert done.returncode == 1
    assert "so there is no source (in it: wave1.sav)." in done.stdout.split("\nIn import: ")[1]

    protocol = study / "analysis" / "study.toml"
    text = protocol.read_text(encoding="utf-8")
    protocol.write_text(text.replace("score_band", "score_bond"), encoding="utf-8")
    done = run_pytask(study)
    assert done.returncode == 3
    assert done.stdout.count("'score_bond' is no segment.") == 1
    assert "Did you mean score_band?" in done.stdout
    assert "Traceback" not in done.stdout
