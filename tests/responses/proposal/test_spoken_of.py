"""The columns that a label or a name may speak of are all that something else finds in them."""

from __future__ import annotations

import itertools

from advocacy.responses.proposal.wordings import (
    CUE_LANGUAGES,
    cue,
    fold,
    hint,
    holds,
    is_known_name,
    known_wording,
    name_words,
    spoken_of,
    wordings,
)


def texts() -> list[str]:
    """Return wordings of all questions, and texts made of the tokens of all cues and hints."""
    found = [
        wording["text"].replace("{supplier}", "Example")
        for question in wordings()["questions"].values()
        for language in CUE_LANGUAGES
        for wording in question.get(language, ())
    ]
    for entry in wordings()["cues"].values():
        patterns = itertools.chain(*(entry.get(key, ()) for key in (*CUE_LANGUAGES, "hints")))
        for pattern in patterns:
            tokens = [token for token in pattern.split() if not token.startswith("-")]
            for which in (0, -1):  # the first and the last of the alternatives
                said = (token.split("|")[which].lstrip("=~") for token in tokens)
                found.append(f"x {' '.join(said)}er y")
                found.append(" ".join(token.split("|")[which].lstrip("=~") for token in tokens))
    return found


def test_no_cue_is_passed_over() -> None:
    """Each cue is looked for in each text, one by one, as the patterns say."""
    cues, found = wordings()["cues"], 0
    for text in texts():
        words, heard = fold(text), spoken_of(text, "q1")
        for column, entry in cues.items():
            patterns = itertools.chain(*(entry.get(code, ()) for code in CUE_LANGUAGES))
            said = any(holds(words, pattern) for pattern in patterns)
            hinted = any(holds(words, pattern) for pattern in entry.get("hints", ()))
            assert (bool(cue(words, column)), hint(words, column)) == (said, hinted)
            if said or hinted or known_wording(text, column):
                found += 1
                assert column in heard, text
    assert found > 500


def test_no_name_is_passed_over() -> None:
    for column, entry in wordings()["cues"].items():
        names = (column, column.replace("_", ""), *entry.get("names", ()))
        known = [name for name in names if is_known_name(name, column)]
        assert all(column in spoken_of("", name) for name in known)
        assert known
    assert "score" in spoken_of("", "LikelyToRecommend")
    assert name_words("LikelyToRecommend") == "likely to recommend"
