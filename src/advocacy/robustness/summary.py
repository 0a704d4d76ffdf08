"""The headline under every threat, in one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import AdvocacyError, DataError, MissingColumnError
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.robustness.frame import PROGRAMME
from advocacy.robustness.misreport import Ranges, Validation, misreport
from advocacy.robustness.nonresponse import RESPONSE_RATES, nonresponse
from advocacy.robustness.recall import recall
from advocacy.robustness.scenarios import Scenarios
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine


def threats(
    responses: Responses,
    *,
    intent: str = "score_10",
    by: Sequence[str] = (),
    stated: Ranges | Validation | None = None,
    on: Sequence[str] = (),
    capture: float = 1.0,
    response_rates: Sequence[float] = RESPONSE_RATES,
    frame: Sequence[str] = PROGRAMME,
    line: float = 0.5,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Scenarios:
    """Set what people say they did beside what misreports, silence and memory may make of it.

    Parameters
    ----------
    responses, intent, by, design, conf_level, engine
        As in `estimate`, without segments of scores.
    stated, on, capture
        As in `misreport`.
    response_rates, frame
        As in `nonresponse`.
    line
        The statement is that the rate is on the side of this line where the reported rate is.

    Returns
    -------
    Scenarios
        The row `reported` of each domain, then the rows of `misreport`, `nonresponse` and `recall`
        but its profile. Notes say which of them the responses do not carry, why, and what it takes
        to collect it.

    Raises
    ------
    UsageError, MissingColumnError, DataError, DesignError
        The rate itself cannot be estimated, or what is given cannot be meant.
    """
    common: dict[str, Any] = {
        "intent": intent,
        "by": by,
        "line": line,
        "design": design,
        "conf_level": conf_level,
        "engine": engine,
    }
    first = nonresponse(responses, response_rates=response_rates, frame=frame, **common)
    parts: dict[str, Callable[[], Scenarios]] = {
        "misreport": lambda: misreport(responses, stated=stated, on=on, capture=capture, **common),
        "recall": lambda: recall(responses, **common),
    }
    tables, notes = [], list(first.notes)
    for name, part in parts.items():
        try:
            found = part()
        except (MissingColumnError, DataError) as error:
            if name == "misreport" and stated is not None:
                raise
            notes.append(_lacking(name, error))
            continue
        tables.append(found.table)
        notes += found.notes
    every = pa.concat_tables([first.table, *tables])
    threat, assumption = every.column("threat"), every.column("assumption")
    kept = pc.not_equal(assumption, "profile")
    parts_of = [first.table.filter(pc.equal(first.table.column("threat"), "reported"))]
    for name in ("misreport", "nonresponse", "recall"):
        parts_of.append(every.filter(pc.and_(kept, pc.equal(threat, name))))
    shown = pa.concat_tables(parts_of)
    return Scenarios(shown, "robustness", first.unplaced, first.quantities, tuple(notes))


def _lacking(name: str, error: AdvocacyError) -> Remark:
    return Remark(f"robustness.lacking_{name}", {"why": error.what, "remedy": error.remedy})
