"""The variables of a file that seem to identify persons, judged a batch at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.privacy.contents import ADDRESS
from advocacy.responses.privacy.finding import Finding
from advocacy.responses.privacy.kinds import KINDS, Kind
from advocacy.responses.privacy.shape import shape
from advocacy.responses.privacy.values import Values, is_text, values_of
from advocacy.responses.privacy.wordings import says, words

# Rows that a variable is recognised by, spread evenly over a batch.
SAMPLE = 10_000
# Labels that are as long as sentences or written as names are no more than this.
_MOST_LABELS = 40
# Below this a finding is not worth a question.
_LEAST_CONFIDENCE = 0.5


class Recogniser:
    """Judges the variables of a file, batch after batch.

    A variable is as personal as its most personal batch: what is clean in the first rows and
    holds addresses after them is found when they come. A variable that was found is not looked
    at again, so a pass over all batches costs little more than counting their values.

    Parameters
    ----------
    variables
        The file's dictionary, of the variables to judge.
    sample
        Rows of a batch that are judged, spread evenly over it. E-mail addresses are looked for
        in all.
    measured
        Names of variables that the schema takes for numbers, dates or codes: that their values
        differ raises no doubt.
    """

    def __init__(
        self, variables: Sequence[Variable], sample: int = SAMPLE, measured: Collection[str] = ()
    ) -> None:
        self._variables = tuple(variables)
        self._sample = sample
        self._measured = frozenset(measured)
        self._found: dict[str, Finding] = {}

    def look(self, values: pa.Table) -> list[Finding]:
        """Judge a batch, and return what it is the first to show, in the file's order.

        Parameters
        ----------
        values
            Columns in the order of ``variables``, under their names.
        """
        new = []
        for i, variable in enumerate(self._variables):
            if variable.name not in self._found:
                own = variable.name not in self._measured
                finding = _found(variable, values.column(i), self._sample, own)
                if finding:
                    self._found[variable.name] = finding
                    new.append(finding)
        return new

    @property
    def findings(self) -> list[Finding]:
        """All that was found so far, in the file's order."""
        return [self._found[v.name] for v in self._variables if v.name in self._found]


def recognise(
    table: LabelledTable, sample: int = SAMPLE, measured: Collection[str] = ()
) -> list[Finding]:
    """Return the variables that seem to identify persons, in the file's order.

    Parameters
    ----------
    table
        The file, or the first rows of it.
    sample
        Rows that are judged, spread evenly over ``table``. E-mail addresses are looked for in
        all.
    measured
        Names of variables that the schema takes for numbers, dates or codes.

    Notes
    -----
    By content: the share of the values of a variable that have the form of an e-mail address,
    a phone number, and so on; check digits are verified. By name and label, in English,
    Norwegian, Swedish, Danish and German, where the values do not speak against it. By shape:
    values that are each row's own. It can miss, and it can be wrong: a person confirms.
    """
    recogniser = Recogniser(table.variables, sample, measured)
    recogniser.look(table.values)
    return recogniser.findings


def judge(variable: Variable, values: Values) -> Finding | None:
    """Return what a variable seems to hold, by values that were counted elsewhere."""
    return _best(variable, values) if values.texts else None


def _found(variable: Variable, column: pa.ChunkedArray, sample: int, own: bool) -> Finding | None:
    """Return what a variable seems to hold, ``None`` where it seems to identify nobody.

    ``own``: values that are each row's own raise a doubt.
    """
    if pa.types.is_string_view(column.type):  # of which Arrow takes no rows
        column = pc.cast(column, pa.large_string())
    rows, part = len(column), column
    if rows > sample:
        part = column.take(pa.array([i * rows // sample for i in range(sample)], pa.int64()))
    values = values_of(variable, part)
    best = _best(variable, values, own) if values else None
    if best is None and rows > sample and is_text(column.type):
        best = _rare_addresses(variable, column)
    return best


def _best(variable: Variable, values: Values, own: bool = True) -> Finding | None:
    said = (words(variable.name), words(variable.label))
    kinds = KINDS.items()
    judged = [_judged(variable, said, name, kind, values) for name, kind in kinds]
    best = max(judged, key=lambda finding: finding.confidence)
    if best.confidence >= _LEAST_CONFIDENCE:
        return best
    return shape(variable, said, values) if own else None


def _judged(
    variable: Variable, said: tuple[str, str], name: str, kind: Kind, values: Values
) -> Finding:
    """Weigh content and wording of one kind; the confidence is 0 where neither tells."""
    if values.form not in kind.forms:
        return Finding(variable.name, name, 0.0, "")
    share, matching = values.matching(kind.proves) if kind.proves else (0.0, ())
    proven = (
        share > 0
        and share >= kind.enough
        and _differ(kind, share, matching, values)
        and not (kind.unless and says(said, kind.unless))
    )
    named = values.labelled < 0.5 and says(said, kind.wording or name)
    fits = values.matching(kind.fits)[0] if named and kind.fits and not proven else 0.0
    reasons = [f"{share:.0%} of {values.filled} values look like {kind.called}"] if share else []
    if named:
        reasons.append("the name or label says so")
    if proven:
        confidence = 0.99 if named else kind.confidence
    elif named and fits >= 0.5 and not values.answers(kind.repeated):
        confidence = kind.named
    else:
        confidence = 0.0
    return Finding(variable.name, kind.kept_as or name, confidence, "; ".join(reasons))


def _differ(kind: Kind, share: float, matching: Sequence[str], values: Values) -> bool:
    """Tell whether the values that match are enough different ones, where that matters."""
    different = len({text[: len(text) - kind.serial] for text in matching})
    rows = share * sum(values.times)
    own = 2 * len(matching) >= rows or len(matching) >= _MOST_LABELS
    return different >= kind.differing and (own or not kind.own)


def _rare_addresses(variable: Variable, column: pa.ChunkedArray) -> Finding | None:
    """Return that some of many values are e-mail addresses, be they ever so few."""
    found = pc.match_substring_regex(pc.cast(column, pa.large_string()), ADDRESS)
    rows = pc.sum(found).as_py() or 0
    reason = f"{rows} of {len(column)} values look like e-mail addresses"
    return Finding(variable.name, "e-mail", 0.9, reason) if rows else None
