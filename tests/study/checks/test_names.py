"""What a protocol may say: all that is wrong is said at once, by line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advocacy.study.checks.lines import read_text
from advocacy.study.checks.names import unknown
from advocacy.study.checks.problems import StudyError
from advocacy.study.protocol import DELIVERIES, ESTIMATORS, read_protocol


def changed(root: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the protocol of the published study with other lines."""
    text = (root / "analysis" / "study.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path = folder / "analysis" / "study.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> str:
    """Return file and number of the first line that begins so."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return f"{path}, line {next(n for n, line in enumerate(lines, 1) if line.startswith(text))}"


def test_the_published_protocol_has_nothing_unknown(root: Path) -> None:
    assert list(unknown(read_text(root / "analysis" / "study.toml"), ESTIMATORS, DELIVERIES)) == []


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy", "line"),
    [
        ("[lift]", "[lifts]", "[lifts] is no section", "Did you mean lift?", "[lifts]"),
        ("[disclosure]", "[pairs2]", "lacks the section [disclosure]", "smallest_n", ""),
        ("margin = 0.05", "margins = 0.05", "no entry margins", "Did you mean margin?", "margins"),
        ('mix = ["industry", "country"]\n', "", "[standardisation] lacks mix",
         'Write, for instance: mix = ["country"]', "[standardisation]"),
        ("[lift]\n", "[lift]\nfiner = []\n", "[lift] has no entry finer", "There are: ",
         "finer = []"),
        ("finer = [", "fine = [", "[rates] has no entry fine", "Did you mean finer?", "fine ="),
        ('adjust = "holm"', 'adjust = "holms"', "'holms' is no rule for several comparisons",
         "Did you mean holm?", "adjust"),
        ('adjust = "holm"', 'adjust = "holm"\ncrossings = [[]]', "no entry crossings",
         "There are: between", ""),
        ('["year"]', '["yeer"]', "'yeer' is no segment", "Did you mean year?", '    ["yeer"]'),
        ('mix = ["industry"', 'mix = ["branch"', "'branch' is no segment", "There are: ", "mix"),
        ('"programmes_like_these"', '"programs_like_these"', "'programs_like_these' is no target",
         "Did you mean programmes_like_these?", "targets"),
        ('estimands = ["recommended_past_12m", "rec', 'estimands = ["recommended_past_12", "rec',
         "'recommended_past_12' is no estimand", "recommended_past_12m?", "estimands"),
        ("korn_graubard", "korn-graubard", "'korn-graubard' is no interval", "wilson", "interval"),
        ("score_10", "score_11", "'score_11' is no intent set", "8,9,10", "intent"),
        ('"fail"', '"fails"', "'fails' is no rule for lonely PSUs", "fail?", "lonely_psu"),
        ('"respondents"', '"none"', "'none' is no weight scaling", "equal_prog", "weight_scaling"),
        ('repeat = "first"', 'repeat = "frist"', "'frist' is no rule for repeated", "first?",
         "repeat"),
        ("conf_level = 0.95", "conf_level = 95", "conf_level of [estimation] has to be a number "
         "between 0 and 1", "conf_level = 0.95", "conf_level"),
        ("threads = 1", "threads = 0", "threads of [estimation] has to be a whole number from 1",
         "threads = 1", "threads"),
        ("threads = 1", "threads = true", "has to be a whole number", "threads = 1", "threads"),
        ("seed = 20260115", 'seed = "x"', "seed of [simulation] has to be a whole number from 0",
         "seed = 1", "seed"),
        ('between = ["sector"]', 'between = "sector"', "between of [standardisation] has to be a "
         "list of names", 'between = ["sector"]', 'between = "'),
        ('crossings = [[], ["sector"]]', 'crossings = ["sector"]', "crossings of [lift] has to be "
         "a list of lists of names", "crossings = [[]", 'crossings = ["'),
        ('targets = ["programmes_like_these", "these_programmes"]', "targets = []",
         "targets of [estimation] has to be a list of names", 'targets = ["these', "targets"),
        ("threads = 1\n", "", "[estimation] lacks threads", "threads = 1", "[estimation]"),
        ('folder = "data/raw/simulated"', "folder = 3", "folder of [sources] has to be a text",
         'folder = "data', "folder"),
        ('["sector", "country"],', '["sector", "sector"],', "finer of [rates] crosses sector with",
         "once", ""),
        ('mix = ["industry"', 'mix = ["sector"', "mix of [standardisation] crosses sector with it",
         "once", "mix"),
        ('[curve]\ncrossings = [[], ["sector"]', '[curve]\ncrossings = [[], ["score_band"]',
         "[curve] is over the scores already, and crossings crosses it with score_band",
         "Take score_band out of crossings.", 'crossings = [[], ["score_band"]'),
        ("[sources]\n", "lift = 3\n[sources]\n", "lift is a section", "[lift]", "lift"),
    ],
)  # fmt: skip
def test_what_is_unknown_is_named_with_its_line_and_what_to_write(
    root: Path, tmp_path: Path, old: str, new: str, what: str, remedy: str, line: str
) -> None:
    changes = [(old, new)]
    if new.startswith("lift = 3"):  # TOML has a name once
        changes.append(("[lift]\n", "[sources.lift]\n"))
    path = changed(root, tmp_path, *changes)
    found = {str(problem): problem for problem in unknown(read_text(path), ESTIMATORS, DELIVERIES)}
    (problem,) = [one for one in found.values() if what in one.what]
    assert remedy in problem.remedy
    assert not line or problem.where == line_of(path, line)


def test_what_cannot_be_together_is_said_with_the_rest(root: Path, tmp_path: Path) -> None:
    path = changed(
        root, tmp_path, ('    ["sector", "industry", "country"],\n', ""), ("[lift]", "[lifts]"),
        (
            '["recommended_past_12m", "recommender_share", "nps", "converted_within_12m"]',
            '["nps", "recommended_past_12m"]',
        ),
    )  # fmt: skip
    with pytest.raises(StudyError) as error:
        read_protocol(path)
    said = str(error.value)
    assert said.startswith("3 things have to be mended.")
    assert 'Write estimands = ["recommended_past_12m", "nps"].' in said
    assert (
        'Write finer = [["sector", "industry"], ["sector", "country"], ["country", "score"], '
        '["sector", "industry", "country"]] in [rates]; or take [pooling] out'
    ) in said
    for line in ("[pooling]", "estimands", "[lifts]"):
        assert f"  where:  {line_of(path, line)}\n" in said


def test_all_that_is_unknown_is_one_message(root: Path, tmp_path: Path) -> None:
    path = changed(
        root, tmp_path, ("[lift]", "[lifts]"), ('["year"]', '["yeer"]'),
        ("conf_level = 0.95", "conf_level = 95\nfoo = 3"), ("korn_graubard", "korn"),
    )  # fmt: skip
    with pytest.raises(StudyError) as error:
        read_protocol(path)
    said = str(error.value)
    assert said.startswith("5 things have to be mended.\n\n1. ")
    for words in ("[lifts] is no", "'yeer' is no", "conf_level of", "entry foo", "'korn' is no"):
        assert said.count(words) == 1
    assert len(re.findall(r"^  where:  .*study\.toml, line \d+$", said, re.M)) == 5
    assert len(re.findall(r"^  remedy: ", said, re.M)) == 5


def test_simulated_sources_need_the_section_that_makes_them(root: Path, tmp_path: Path) -> None:
    section = "[simulation]\nresponses = 500_000\nseed = 20260115\n"
    path = changed(root, tmp_path, (section, ""))
    with pytest.raises(StudyError, match=r"lacks the section \[simulation\]"):
        read_protocol(path)
    own = changed(root, tmp_path, (section, ""), ("data/raw/simulated", "data/raw/mine"))
    assert read_protocol(own).simulation is None
