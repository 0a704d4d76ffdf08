"""Question texts, answer labels and variable names, in four languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from advocacy.responses.proposal.wordings import wordings


@cache
def variable_names(language: str) -> dict[str, dict[str, str]]:
    """Return raw names by canonical column, apart for ``office``, ``questions`` and ``later``.

    Beside them stand the ``labels`` of the last, and words for ``dispositions`` by their code.
    """
    text = (files("advocacy.simulation") / "names.toml").read_text("utf-8")
    names: dict[str, dict[str, str]] = tomllib.loads(text)[language]
    return names


def question(column: str, language: str, supplier: str, choice: int) -> str:
    """Return one wording of a question; ``choice`` wraps round the wordings that there are."""
    if own := variable_names(language)["labels"].get(column):
        return own.format(supplier=supplier)
    texts = wordings()["questions"][column][language]
    return str(texts[choice % len(texts)]["text"]).format(supplier=supplier)


def ends(column: str, language: str) -> tuple[str, str]:
    """Return the labels of the lowest and the highest answer of a scale question."""
    lowest, highest = wordings()["ends"][wordings()["questions"][column]["ends"]][language]
    return lowest, highest


def answer(name: str, language: str) -> str:
    """Return the label of a shared answer: ``yes``, ``no`` or ``dont_know``."""
    return str(wordings()["answers"][name][language])


def disposition(code: str, language: str) -> str:
    """Return the word for what became of an invitation, by its AAPOR final disposition code."""
    return variable_names(language)["dispositions"][code]


def level(column: str, value: str, language: str) -> str:
    """Return the label of a coded value."""
    return str(wordings()["levels"][column][value][language])
