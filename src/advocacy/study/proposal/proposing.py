"""From a folder of survey files to described sources, and on to a protocol that fits them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from advocacy.errors import AdvocacyError
from advocacy.files import write_text
from advocacy.isolation import isolated_attempts
from advocacy.responses import open_responses
from advocacy.responses.dataset.accounts import MANIFEST, RowAccount, about_folder
from advocacy.responses.dataset.importing import partition
from advocacy.responses.dataset.ledger import excluded_ratings, rejection_reasons
from advocacy.responses.dataset.source import find_sources
from advocacy.responses.proposal.levels import profile_file
from advocacy.study.proposal.choices import INTENT, choose
from advocacy.study.proposal.crosswalks import Survey, survey, update_crosswalk
from advocacy.study.proposal.delivery import (
    ANSWERS,
    PROGRAMMES,
    Delivery,
    plan_delivery,
    put_in_place,
)
from advocacy.study.proposal.doubts import Doubt, answered, chosen, gather, record_answers
from advocacy.study.proposal.essentials import columns_of, lacking
from advocacy.study.proposal.holdings import Holdings, holdings
from advocacy.study.proposal.problems import refuse
from advocacy.study.proposal.programmes import ASKED, read_programmes, write_programmes
from advocacy.study.proposal.trial import settled, try_import
from advocacy.study.proposal.writing import protocol_text
from advocacy.temporary import temporary_folder


@dataclass(frozen=True)
class Gathered:
    """The sources of a folder, and what a person must still say of them.

    Parameters
    ----------
    delivery
        What the folder holds.
    moved
        What was moved, or copied from elsewhere: from where, and to where.
    surveys
        The sources.
    columns
        Canonical columns that each fills, by name.
    crosswalks
        What became of the crosswalk of each, by name.
    doubts
        All questions, answered or not.
    lacking
        What is essential and missing, a problem each.
    """

    delivery: Delivery
    moved: Sequence[tuple[Path, Path]]
    surveys: Sequence[Survey]
    columns: Mapping[str, set[str]]
    crosswalks: Mapping[str, str]
    doubts: Sequence[Doubt]
    lacking: Sequence[AdvocacyError]


@dataclass(frozen=True)
class Fitted:
    """A protocol that fits, and what the trial import said.

    Parameters
    ----------
    accounts
        Rows read, kept and rejected, by name of source.
    reasons
        Columns and reasons for which rows were rejected, with the number of values.
    excluded
        Ratings kept that do not count.
    private
        Variables left out since they seem to identify persons, by name of source.
    held
        What the responses have.
    protocol
        The file that was written.
    earlier
        Where the protocol is that was there before; ``None`` where it is the same.
    """

    accounts: Mapping[str, RowAccount]
    reasons: Sequence[tuple[str, str, int]]
    excluded: int
    private: Mapping[str, Sequence[str]]
    held: Holdings
    protocol: Path
    earlier: Path | None


def gather_sources(
    folder: Path, root: Path, kind: str | None, answers: Sequence[tuple[int, str]]
) -> Gathered:
    """Make a source of each survey file of a folder, and propose its crosswalk.

    It keeps what is there, so that it can be done again: with answers, with corrected crosswalks,
    or with further files.

    Parameters
    ----------
    folder, root, kind
        As in `plan_delivery`.
    answers
        Numbers of questions and letters of their answers; those of earlier runs are kept.

    Raises
    ------
    AdvocacyError
        The files cannot be the sources of a study, or cannot be read: all that is wrong at once.
    """
    delivery = plan_delivery(folder, root, kind)
    profiles = isolated_attempts(
        profile_file,
        [(one.file,) for one in delivery.placed],
        [str(one.file) for one in delivery.placed],
    )
    problems = [one for one in profiles if isinstance(one, AdvocacyError)]
    constants = read_programmes(delivery.folder / PROGRAMMES, problems)
    refuse(problems, str(folder))
    surveys = [
        survey(placed, one)
        for placed, one in zip(delivery.placed, profiles, strict=True)
        if not isinstance(one, AdvocacyError)
    ]
    record = delivery.folder / ANSWERS
    before = gather({own.name: own.proposal for own in surveys}, record)
    doubts = answered(before, answers)
    moved = put_in_place(delivery)
    crosswalks = {
        own.name: update_crosswalk(
            own,
            chosen(before, own.name),
            chosen(doubts, own.name),
            constants.get(own.name, {}),
        )
        for own in surveys
    }
    record_answers(doubts, record)
    columns = _columns(surveys, str(folder))
    filled = {name: set(ASKED) & found for name, found in columns.items()}
    write_programmes(delivery.folder / PROGRAMMES, constants, filled)
    lacks = lacking(surveys, columns, doubts)
    return Gathered(delivery, moved, surveys, columns, crosswalks, doubts, lacks)


def fit_protocol(sources: Path, root: Path) -> Fitted:
    """Write the protocol that fits the sources below a folder; keep the one that was there.

    Raises
    ------
    AdvocacyError
        A source cannot be imported, or nothing can be estimated of all.
    """
    with temporary_folder() as trial:
        dataset = trial / "data" / "derived"
        accounts = try_import(find_sources(sources), dataset)
        responses = open_responses(dataset)
        held = holdings(responses, INTENT)
        choices = settled(
            choose(held, sources.relative_to(root.resolve()).as_posix()), held, responses, trial
        )
        reasons = rejection_reasons(dataset).to_pylist()
        private = {name: _private(partition(dataset, name)) for name in accounts}
        excluded = excluded_ratings(dataset)
    protocol = root / "analysis" / "study.toml"
    return Fitted(
        accounts=accounts,
        reasons=[(row["column"], row["reason"], row["values"]) for row in reasons],
        excluded=excluded,
        private=private,
        held=held,
        protocol=protocol,
        earlier=_replaced(protocol, protocol_text(choices, held)),
    )


def _columns(surveys: Sequence[Survey], where: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    problems: list[AdvocacyError] = []
    for own in surveys:
        try:
            found[own.name] = columns_of(own)
        except AdvocacyError as error:
            problems.append(error)
    refuse(problems, where)
    return found


def _private(folder: Path) -> list[str]:
    manifest = json.loads((about_folder(folder) / MANIFEST).read_text(encoding="utf-8"))
    return [found["variable"] for file in manifest["files"] for found in file["private"]]


def _replaced(path: Path, text: str) -> Path | None:
    """Write the protocol; return where the earlier one is kept, ``None`` where it is the same."""
    old = path.read_text(encoding="utf-8")
    if old == text:
        return None
    number = 1
    while (kept := path.with_name(f"study-{number}.toml")).exists():
        if kept.read_text(encoding="utf-8") == old:
            break
        number += 1
    write_text(kept, old)
    write_text(path, text)
    return kept
