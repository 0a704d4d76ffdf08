"""Whether a crosswalk fills what a row of its file is: a rating, a follow-up or a contact."""

from __future__ import annotations

from dataclasses import replace

from advocacy.errors import CrosswalkError, MissingColumnError
from advocacy.remarks import Remark
from advocacy.responses.crosswalk.crosswalk import Crosswalk
from advocacy.responses.dataset.source import DataFile
from advocacy.responses.schema import RECORDED, TABLES, fills

# Any of these says whose a row is; a supplier alone does not.
WHOSE = ("rating_id", "respondent_id", "account")
_ANSWERS = ("recommended_since", "first_recommended_on", "churned_on")
_CALLED = {"followups": "follow-ups", "contacts": "contacts"}
_OPTION = {"followups": "--follow-up", "contacts": "--contacts"}


def fitted(crosswalk: Crosswalk, data: DataFile) -> tuple[Crosswalk, tuple[Remark, ...]]:
    """Return the lines of a crosswalk that fill the table of a file, and which others there are.

    A follow-up may ask again what the base asked; that is no part of it, and is passed over.

    Raises
    ------
    CrosswalkError
        A file of ratings fills what a contact has; or the date of a follow-up is given as that of
        the base's interview.
    MissingColumnError
        A follow-up or a contact does not say whose it is, or a follow-up not when it was, or
        nothing of what it asked; or ratings are missing, and there are only follow-ups of them.
    """
    if data.table == "responses":
        _refuse_contacts(crosswalk, data)
        _refuse_no_base(crosswalk, data)
        return crosswalk, ()
    kept = tuple(line for line in crosswalk.lines if fills(line.column.name, data.table))
    others = [column.name for column in crosswalk.columns() if not fills(column.name, data.table)]
    _check_filled(crosswalk, data, {line.column.name for line in kept})
    remark = Remark("linking.passed_over", {"columns": others, "table": _CALLED[data.table]})
    return replace(crosswalk, lines=kept), (remark,) * bool(others)


def _refuse_contacts(crosswalk: Crosswalk, data: DataFile) -> None:
    for line in crosswalk.lines:
        if not fills(line.column.name, "responses"):
            raise CrosswalkError(
                f"{line.column.name!r} is a column of contacts, and {data.path.name} is a file of "
                "ratings.",
                where=crosswalk.where(line),
                remedy="Take the line out. A file of invitations is named with --contacts, or "
                "under [[contacts]] of source.toml.",
            )


def _refuse_no_base(crosswalk: Crosswalk, data: DataFile) -> None:
    """Refuse follow-ups that are imported as if they were ratings."""
    names = {column.name for column in crosswalk.columns()}
    followed = [name for name in ("followed_up_on", *_ANSWERS) if name in names]
    if followed and names.isdisjoint(("interviewed_on", "score", "recommended_past_12m")):
        raise MissingColumnError(
            f"{data.path.name} has follow-ups ({', '.join(followed)}) without the ratings that "
            "they follow: no line fills interviewed_on or score.",
            where=str(crosswalk.path),
            remedy="Import the base file, and name this one with --follow-up, or under "
            "[[followups]] of its source.toml.",
        )


def _check_filled(crosswalk: Crosswalk, data: DataFile, names: set[str]) -> None:
    """Refuse a follow-up or a contact that lacks what it is for."""
    if names.isdisjoint(WHOSE):
        raise _lacking(data, crosswalk, "does not say whose its rows are", WHOSE)
    if data.table != "followups":
        return
    if "followed_up_on" not in names:
        for line in crosswalk.lines:
            if line.column.name == "interviewed_on":
                raise CrosswalkError(
                    f"{data.path.name} is a file of follow-ups, and interviewed_on is the date of "
                    "the base's interview.",
                    where=crosswalk.where(line),
                    remedy="Give the date of the follow-up interview as followed_up_on: write it "
                    "in place of interviewed_on.",
                )
        raise _lacking(data, crosswalk, "has no date of the follow-up", ("followed_up_on",))
    if names.isdisjoint((*_ANSWERS, *RECORDED)):
        raise _lacking(data, crosswalk, "does not say whether they recommended", _ANSWERS)


def _lacking(
    data: DataFile, crosswalk: Crosswalk, lack: str, columns: tuple[str, ...]
) -> MissingColumnError:
    known = ", ".join(c.name for c in TABLES[data.table] if fills(c.name, data.table))
    return MissingColumnError(
        f"{data.path.name}, a file of {_CALLED[data.table]}, {lack}: nothing fills "
        f"{' or '.join(columns)}.",
        where=str(crosswalk.path),
        remedy=f"Add a line for it to the crosswalk of this file ({_OPTION[data.table]}-crosswalk, "
        f"or crosswalk in source.toml). Besides whose it is, it may fill: {known}.",
    )
