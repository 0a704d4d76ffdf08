"""The part of the import page on follow-ups and contacts: read, linked, and set aside why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advocacy.report.contents.parts import count, number_columns, table
from advocacy.report.document import Block, Column, Heading, Paragraph
from advocacy.report.imports.file import file_section
from advocacy.report.imports.guesses import guesses_section
from advocacy.report.imports.refusals import refusals
from advocacy.report.wording import ENGLISH, counted

_TITLES = {"followups": "Follow-ups", "contacts": "Contacts"}
# What the import fills of each where its file does not.
_FILLED = {
    "followups": {"wave": "the name that the import was given for it, or else of the file"},
    "contacts": {"contact_id": "source, file and row", "programme": "the name of the source"},
}
_ADDS_UP = "Read is kept plus set aside plus forgotten."
_SET_ASIDE = "Each of these rows has one reason, the first that holds."


def linked_sections(manifest: Mapping[str, Any], rejected: Path) -> tuple[Block, ...]:
    """Return a section on follow-ups and one on contacts, of each that there is.

    ``rejected`` is the partition's list of rejected rows.
    """
    return tuple(
        block
        for name in _TITLES
        if name in manifest
        for block in _section(manifest, name, rejected)
    )


def linked_files(manifest: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return what is known of each file of follow-ups and of contacts."""
    return tuple(
        block
        for name in _TITLES
        for file in manifest.get(name, {}).get("files", ())
        for block in file_section(file, _FILLED[name])
    )


def linked_sentences(manifest: Mapping[str, Any]) -> list[str]:
    """Say what became of follow-ups and contacts, a sentence each."""
    return [
        sentence
        for name, say in (("followups", _followups), ("contacts", _contacts))
        if name in manifest
        for sentence in say(manifest[name])
    ]


def _section(manifest: Mapping[str, Any], name: str, rejected: Path) -> tuple[Block, ...]:
    own, say = manifest[name], {"followups": _followups, "contacts": _contacts}[name]
    parts = ("read", "kept", "rejected", "forgotten")
    rows = [
        (file["name"], *(count(file["rows"][part], ENGLISH) for part in parts), " and ".join(by))
        for file, by in zip(own["files"], own["linked_by"], strict=True)
    ]
    numbers = number_columns(("read", "kept", "set aside", "forgotten"))
    # Files of one crosswalk have the same guesses.
    guessed = {json.dumps(file["guesses"]): file for file in own["files"]}
    return (
        Heading(_TITLES[name], 2),
        table((Column("file"), *numbers, Column("linked by", code=True)), rows),
        Paragraph(" ".join((_ADDS_UP, *say(own)))),
        *refusals(own["files"], rejected, f"{_TITLES[name]} set aside", _SET_ASIDE),
        *(block for file in guessed.values() for block in guesses_section({"files": [file]})),
    )


def _followups(own: Mapping[str, Any]) -> list[str]:
    rows = own["rows"]
    sentences = [
        f"{counted(rows['read'], 'follow-up')} read: "
        f"{counted(rows['kept'], 'belongs', 'belong')} to "
        f"{counted(own['ratings'], 'rating')}, {ENGLISH.count(rows['rejected'])} set aside.",
        "A follow-up belongs to the latest rating before it, of at most "
        f"{ENGLISH.count(own['window_days'])} days.",
    ]
    uncounted, later = own["ratings_that_do_not_count"], own["churned_after_last_answer"]
    if uncounted:
        sentences.append(
            f"{counted(uncounted, 'rating with follow-ups does', 'ratings with follow-ups do')} "
            "not count, as a rule on ratings says."
        )
    if later:
        sentences.append(
            f"Of {counted(later, 'rating')} the churn came after the last answer. It was not "
            "taken: nobody knows whether they recommended in between."
        )
    return sentences


def _contacts(own: Mapping[str, Any]) -> list[str]:
    rows = own["rows"]
    return [
        f"{counted(rows['read'], 'invitation')} read: {ENGLISH.count(own['linked'])} led to a "
        f"rating, {ENGLISH.count(rows['rejected'])} set aside.",
        f"{ENGLISH.count(own['complete'])} are called complete, "
        f"{ENGLISH.count(own['complete_without_rating'])} of them without a rating; "
        f"{counted(own['ratings_without_contact'], 'rating has', 'ratings have')} no invitation.",
    ]
