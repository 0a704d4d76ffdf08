"""Is this really a 0-10 likelihood-to-recommend scale? Asked before any score is taken."""

from __future__ import annotations

from collections.abc import Iterable

from advocacy.errors import DataError
from advocacy.responses.crosswalk.crosswalk import ANY, Line, by_variable, parse_value
from advocacy.responses.labelled import Variable
from advocacy.responses.schema import COLUMNS

SCORES = range(11)
_SCORE = COLUMNS["score"]

# On a 0-10 scale at least as many choose 0 as 1: who is furious takes the end point. Were
# it a coin toss, seven answers of 1 beside no answer of 0 would have a chance under 1 %.
ONES_WITHOUT_A_ZERO = 7

_NOT_CONVERTED = (
    "A 1-10 scale is never turned into 0-10: a 10 of ten answers is not a 10 of eleven, and "
    "there is no 0."
)
_REMEDY = (
    "Leave `score` out of the crosswalk, the other questions can still be used; or map a "
    "question that was asked on 0-10."
)


def check_scales(lines: list[Line], variables: Iterable[Variable], where: str) -> None:
    """Refuse score lines unless each raw variable among them gives a 0-10 scale on its own.

    Raises
    ------
    DataError
        As `check_crosswalk_scale`; or a constant stands in for missing scores.
    """
    named = {variable.name: variable for variable in variables}
    _refuse_constant(lines, where)
    for name, own in by_variable(lines).items():
        check_crosswalk_scale(own, named.get(name, Variable(name)), where)


def all_vouch_for_zero(lines: list[Line], variables: Iterable[Variable]) -> bool:
    """Tell whether each raw variable among score lines is known to have a 0."""
    named = {variable.name: variable for variable in variables}
    return all(
        vouches_for_zero(own, named.get(name, Variable(name)))
        for name, own in by_variable(lines).items()
    )


def check_crosswalk_scale(lines: list[Line], variable: Variable, where: str) -> None:
    """Refuse score lines that do not give a 0-10 scale, by the lines and the file's labels.

    Raises
    ------
    DataError
        The lines leave some of 0 to 10 without a raw value, or take values as they stand
        from a variable whose labels run from 1.
    """
    _refuse_constant(lines, where)
    # Labels speak of the codes that are taken as they stand, not of those with a line of their own.
    named = {line.raw_value for line in lines if line.raw_value != ANY}
    labels = {
        code: label
        for code, label in variable.value_labels
        if isinstance(code, float) and code >= 0 and f"{code:g}" not in named
    }
    if any(line.keeps for line in lines) and len(labels) > 1 and min(labels) == 1:
        raise DataError(_labels_say(variable, labels), where=where, remedy=_remedy(labels))
    if any(line.raw_value == ANY and line.keeps for line in lines):
        return
    absent = sorted(set(SCORES) - _targets(lines))
    if absent:
        raise DataError(
            f"The crosswalk gives no raw value for the scores {', '.join(map(str, absent))}: "
            f"this is not a 0-10 scale. {_NOT_CONVERTED}",
            where=where,
            remedy=_REMEDY,
        )


def check_observed_scale(zeros: int, ones: int, where: str) -> None:
    """Refuse scores taken as they stand when no 0 is among them although many are 1.

    Raises
    ------
    DataError
        There is no 0 and at least `ONES_WITHOUT_A_ZERO` ones.
    """
    if zeros == 0 and ones >= ONES_WITHOUT_A_ZERO:
        raise DataError(
            f"Nobody scored 0 but {ones} scored 1: this looks like a 1-10 scale, not 0-10. "
            f"{_NOT_CONVERTED}",
            where=where,
            remedy=(
                "If the question was asked on 0-10, give the 0 a crosswalk line of its own beside "
                "the others, such as `score,0,score,0,` and `score,1..10,score,*,`."
            ),
        )


def vouches_for_zero(lines: list[Line], variable: Variable) -> bool:
    """Tell whether crosswalk or file says that there is a 0: a line of its own, or a label."""
    named = any(line.canonical_value == "0" for line in lines)
    return named or any(code == 0 for code, _ in variable.value_labels)


def _refuse_constant(lines: list[Line], where: str) -> None:
    if not all(line.raw_variable for line in lines):
        raise DataError("A score cannot be a constant.", where=where, remedy=_REMEDY)


def _targets(lines: list[Line]) -> set[int]:
    targets: set[int] = set()
    for line in lines:
        if line.keeps and line.range is not None:
            low, high = line.range
            targets |= {score for score in SCORES if low <= score <= high}
        elif line.keeps:
            targets.add(int(float(line.raw_value)))
        elif line.canonical_value:
            targets.add(int(parse_value(line.canonical_value, _SCORE)))
    return targets


def _labels_say(variable: Variable, labels: dict[float, str]) -> str:
    name, eleven = variable.name, labels.get(11.0, "")
    if eleven.startswith("10"):
        return (
            f"Variable {name!r} stores 0-10 as the codes 1-11: code 1 is {labels[1.0]!r} and "
            f"code 11 is {eleven!r}. Taken as they stand, all scores would be one too high."
        )
    top = max(code for code in labels if code <= 10)
    ends = f"from {labels[1.0]!r} to {labels[top]!r}" if top > 1 else f"code 1 is {labels[1.0]!r}"
    message = f"Variable {name!r} is a 1-10 scale ({ends}). {_NOT_CONVERTED}"
    if eleven and not _declares_missing(variable, 11.0):
        message += (
            f" Code 11 is {eleven!r}, which the file does not declare as missing: "
            "it would have counted as an answer."
        )
    return message


def _declares_missing(variable: Variable, code: float) -> bool:
    codes = [c for c in variable.user_missing if not isinstance(c.low, str)]
    return any(float(c.low) <= code <= float(c.high) for c in codes)


def _remedy(labels: dict[float, str]) -> str:
    if labels.get(11.0, "").startswith("10"):
        return "Write a line for each code: `...,1,score,0,` up to `...,11,score,10,`."
    return _REMEDY
