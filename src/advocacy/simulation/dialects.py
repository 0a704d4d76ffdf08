"""How a client words and codes its questions: languages, variable names and codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from advocacy.simulation.wordings import variable_names

_NATIVE = {"NO": "nb", "SE": "sv", "FI": "sv", "DK": "da"}
_PATTERNS = ("q{}", "Q{}_1", "V{:03d}", "sp{}", "F{}")  # beside names that speak
_YES_NO = ((1, 2), (1, 0), (0, 1))
_DATE_FORMATS = ("DATE11", "EDATE10", "SDATE10")


@dataclass(frozen=True)
class Dialect:
    """How one programme words and codes its questions.

    Parameters
    ----------
    language
        Language of labels.
    names
        Raw variable name by canonical column.
    wording
        Which of several wordings of a question is used.
    scale
        Lowest and highest answer of the driver questions.
    first_code
        Code of score 0: 0 or 1.
    dont_know
        Code of "don't know" on scales: 98, 99, or 11 where the scores are coded 0 to 10.
    declared
        Whether "don't know" is declared user-missing.
    yes_no
        Codes of yes and no.
    country_codes, number_ids
        Whether countries and identifiers are numbers, else texts.
    date_format
        SPSS format of dates.
    outcome_codes
        Whether what became of an invitation is an AAPOR final disposition code, else a word.
    """

    language: str
    names: Mapping[str, str]
    wording: int
    scale: tuple[int, int]
    first_code: int
    dont_know: int
    declared: bool
    yes_no: tuple[int, int]
    country_codes: bool
    number_ids: bool
    date_format: str
    outcome_codes: bool = False


def draw_dialect(main_country: str, scale: tuple[int, int], rng: np.random.Generator) -> Dialect:
    """Draw the dialect of a programme whose main country is given."""
    native = _NATIVE.get(main_country, "en")
    language = native if rng.random() < 0.9 else "en"
    first_code = int(rng.random() < 0.3)
    dont_know = (98, 99) if first_code else (98, 99, 11)
    return Dialect(
        language=language,
        names=_draw_names(language, rng),
        wording=int(rng.integers(2)),
        scale=scale,
        first_code=first_code,
        dont_know=int(rng.choice(dont_know)),
        declared=bool(rng.random() < 0.6),
        yes_no=_YES_NO[rng.integers(len(_YES_NO))],
        country_codes=bool(rng.random() < 0.7),
        number_ids=bool(rng.random() < 0.5),
        date_format=_DATE_FORMATS[rng.integers(len(_DATE_FORMATS))],
    )


def _draw_names(language: str, rng: np.random.Generator) -> dict[str, str]:
    """Take names that speak for all variables, or numbers for the questions."""
    names = variable_names(language)
    scheme, first = rng.integers(2 * len(_PATTERNS)), int(rng.integers(1, 15))
    office = {**names["office"], **names["later"]}
    if scheme >= len(_PATTERNS):
        return {**office, **names["questions"]}
    pattern = _PATTERNS[scheme]
    numbered = {column: pattern.format(i) for i, column in enumerate(names["questions"], first)}
    return {**office, **numbered}
