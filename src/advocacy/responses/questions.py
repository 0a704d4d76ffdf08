"""The questions that fill canonical columns, in every language: what to add to a survey."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from advocacy.responses.dataset.verifying import partition_folders, read_manifest
from advocacy.responses.proposal.wordings import LANGUAGES, fold, wordings

DEFAULT = "en"
# Stands for the supplier's name in a question.
_SUPPLIER = "[...]"
EVERY_LANGUAGE = "`advocacy codebook --questions` has the questions in every language."


def question_to_add(column: str, language: str = DEFAULT) -> str:
    """Return the question that fills a column; empty where no question does, as for a weight.

    Parameters
    ----------
    language
        Its code in `LANGUAGES`.
    """
    known = wordings()["questions"].get(column, {}).get(language, ())
    return str(known[0]["text"]).format(supplier=_SUPPLIER) if known else ""


def language_of(texts: Iterable[str]) -> str:
    """Return the code of the language that labels are in; English where nothing tells."""
    words = [word for text in texts for word in fold(text).split()]
    known = {code: set(map(fold, wordings()["languages"][code])) for code in LANGUAGES}
    found = {code: sum(word in own for word in words) for code, own in known.items()}
    best = max(found.values())
    return next(code for code in LANGUAGES if found[code] == best) if best else DEFAULT


def imported_labels(dataset: Path) -> tuple[str, ...]:
    """Return what the files of a dataset call the variables that fill its columns.

    Raises
    ------
    DamagedError
        A manifest is damaged.
    """
    return tuple(
        variable["label"]
        for folder in partition_folders(dataset)
        for file in read_manifest(folder).get("files", ())
        for column in file["columns"]
        for variable in column["variables"]
    )


def questions_to_add(columns: Iterable[str], texts: Iterable[str]) -> str:
    """Return sentences on the questions that would fill columns, to stand after a remedy.

    Parameters
    ----------
    columns
        Those that a file does not have.
    texts
        Labels of the file, in whose language the questions are.
    """
    language = language_of(texts)
    asked = [(name, question_to_add(name, language)) for name in columns]
    listed = "; ".join(f"{name}: {text!r}" for name, text in asked if text)
    if not listed:
        return ""
    return f" Where the survey did not ask it, add: {listed}. {EVERY_LANGUAGE}"


def questions_page(unlocks: dict[str, list[str]]) -> str:
    """Return the questions of columns as Markdown, each in every language.

    Parameters
    ----------
    unlocks
        By column, in the order of the page: what it is needed for.
    """
    blocks = []
    for column, names in unlocks.items():
        if not question_to_add(column):
            continue
        texts = [
            f"- {called}: {question_to_add(column, code)}" for code, called in LANGUAGES.items()
        ]
        needed = ", ".join(f"`{name}`" for name in names) or "no estimand yet"
        blocks.append("\n".join([f"## `{column}`", "", f"For {needed}.", "", *texts]))
    return "\n\n".join(blocks) + "\n"
