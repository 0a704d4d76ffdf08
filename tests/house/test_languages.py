"""One set of language codes: every data file with texts has those of `LANGUAGES`, all of them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import advocacy
from advocacy.responses.proposal.wordings import CUE_LANGUAGES, LANGUAGES, wordings

PACKAGE = Path(advocacy.__file__).parent
NO_LANGUAGES = {"source", "ends", "hints", "names"}


def content(name: str) -> dict[str, Any]:
    return tomllib.loads((PACKAGE / name).read_text(encoding="utf-8"))


def test_questions_and_answers_are_worded_in_every_language() -> None:
    listed = wordings()
    levels = [labels for values in listed["levels"].values() for labels in values.values()]
    worded = [entry for part in ("questions", "ends", "answers") for entry in listed[part].values()]
    assert len(levels) + len(worded) > 40
    assert {frozenset(entry) - NO_LANGUAGES for entry in [*levels, *worded]} == {
        frozenset(LANGUAGES)
    }


def test_cues_are_in_no_other_language() -> None:
    cues = {key for entry in wordings()["cues"].values() for key in entry}
    assert cues - NO_LANGUAGES == set(CUE_LANGUAGES)


def test_industries_and_simulated_variables_are_named_in_every_language() -> None:
    industries = content("responses/crosswalk/names.toml")["industries"].values()
    assert {frozenset(titles) for titles in industries} == {frozenset(LANGUAGES)}
    assert set(content("simulation/names.toml")) == set(LANGUAGES)
