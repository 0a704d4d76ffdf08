"""Questions to add are those of each language, and are in the language of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.errors import MissingColumnError
from advocacy.estimation import estimate
from advocacy.responses import open_responses
from advocacy.responses.proposal.wordings import LANGUAGES
from advocacy.responses.questions import language_of, question_to_add, questions_to_add

ASKED = (
    "recommended_past_12m",
    "opportunity",
    "discouraged_past_12m",
    "followed_up_on",
    "recommended_since",
    "first_recommended_on",
    "churned_on",
)


@pytest.mark.parametrize("column", ASKED)
def test_a_column_has_one_question_in_each_language(column: str) -> None:
    texts = {question_to_add(column, language) for language in LANGUAGES}
    assert len(texts) == len(LANGUAGES)
    assert not any("{" in text for text in texts)


def test_what_no_question_fills_has_none() -> None:
    assert question_to_add("stratum") == ""
    assert questions_to_add(["stratum"], ()) == ""


@pytest.mark.parametrize(
    ("labels", "language"),
    [
        (["How satisfied are you?", "Country"], "en"),
        (["Hvor fornøyd er du med oss?", "Hvilket land bor du i?", "Noen kommentarer?"], "nb"),
        (["Hur nöjd är du med oss?", "Är du kund?"], "sv"),
        (["Hvor tilfreds er du med os?", "Hvornår blev du kunde?"], "da"),
        (["v1", "", "Q2"], "en"),
    ],
)
def test_the_language_is_that_of_most_words(labels: list[str], language: str) -> None:
    assert language_of(labels) == language


def test_an_estimate_names_the_questions_in_the_language_of_the_file(tmp_path: Path) -> None:
    import pandas as pd
    import pyreadstat

    file, crosswalk = tmp_path / "kunder.sav", tmp_path / "c.csv"
    frame = pd.DataFrame({"q1": [float(i % 11) for i in range(33)], "q2": [1.0, 2.0, 2.0] * 11})
    labels = ["Hur sannolikt är det att du rekommenderar oss?", "Har du rekommenderat oss?"]
    pyreadstat.write_sav(frame, file, column_labels=labels)
    crosswalk.write_text(
        "# advocacy crosswalk format 2\n"
        "raw_variable,raw_value,canonical_column,canonical_value,note\n"
        "q1,0..10,score,*,\nq2,1,recommended_past_12m,true,\nq2,2,recommended_past_12m,false,\n"
    )
    with pytest.raises(MissingColumnError) as error:
        estimate(open_responses(file, crosswalk), estimand="converted_within_12m_any")
    remedy = error.value.remedy
    assert "recommended_since: 'Har du rekommenderat [...] till någon sedan vi senast" in remedy
    assert "first_recommended_on: 'Vilket datum" in remedy
    assert "churned_on" not in remedy
    assert remedy.endswith("`advocacy codebook --questions` has the questions in every language.")
