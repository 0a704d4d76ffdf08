"""How many are enough? What is predicted at each dose, and whether there is a step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation.comparisons.contrasts import CONTRASTS, behind_columns, inference
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.models.fitting import Model, fit_model
from advocacy.estimation.models.terms import Term
from advocacy.estimation.segments import Segment
from advocacy.estimation.tabulation import check_interval, tabulated
from advocacy.responses import Responses
from advocacy.responses.schema import COLUMNS, Type
from advocacy.survey.cells.groups import Groups
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.models.effects import Effect
from advocacy.survey.quantities import Quantities, counts, ratios
from advocacy.survey.regression import Kind
from advocacy.survey.sides import Reference, bears_test

# From here on doses are one level, which counts as this many.
MOST = 3
_COUNTS = tuple(
    name
    for name, column in COLUMNS.items()
    if column.type is Type.INTEGER and column.minimum == 0 and column.maximum is None
)


def dose_response(
    responses: Responses,
    *,
    on: str = "wow_moments",
    beside: Sequence[str] = (),
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    model: Kind | None = None,
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Estimates:
    r"""Return what a model predicts at each dose, and whether there is a step after one or two.

    With :math:`m_k` the margin at dose k of 0, 1, 2 and 3 or more, the gain for each of the
    first k less the gain for each one after:
    :math:`\frac{m_k - m_0}{k} - \frac{m_3 - m_k}{3 - k}` for k of 1 and 2. Above nought the
    first ones go further than those that follow.

    Parameters
    ----------
    on
        A count.
    beside
        Covariates that are held, as ``on`` of `regress`.
    responses, estimand, intent, model, where, design, conf_level, engine
        As of `regress`.

    Returns
    -------
    Estimates
        Rows of quantity `predicted`, a dose each; then `step` for ``dose`` 1 and 2, with t tests,
        p by Holm's method over the two.

    Raises
    ------
    UsageError
        No count, or as `regress`.
    DataError, MissingColumnError, DesignError
        As `regress`; a dose that nobody has.
    """
    check_interval("wald", conf_level, proportion=True)
    if on not in _COUNTS:
        raise UsageError(
            f"{on!r} is no count of doses.", remedy=f"Use one of: {', '.join(_COUNTS)}."
        )
    fitted = fit_model(
        responses,
        [_dose(on), *beside],
        estimand=estimand,
        intent=intent,
        kind=model,
        where=where,
        design=design,
        engine=engine,
    )
    levels = fitted.matrix.covariates[0].levels
    if len(levels) != MOST + 1:
        raise UsageError(
            f"There are ratings with {', '.join(levels)} of {on} alone, which show no step.",
            remedy="Use `regress`, with their number as a covariate.",
        )
    margins = fitted.means([Effect("level", 0, dose) for dose in range(len(levels))])
    mix = _steps()
    steps = margins.transformed(lambda values: values @ mix.T, mix)
    predicted = _rows(fitted, margins, levels, "predicted", conf_level)
    tested = _rows(fitted, steps, levels[1:MOST], "step", conf_level)
    return Estimates(pa.concat_tables([predicted, tested]), "dose_response", fitted.left_out)


def _dose(name: str) -> Term:
    top = f"{MOST}+"
    expression = f"CASE WHEN {name} >= {MOST} THEN '{top}' ELSE CAST({name} AS VARCHAR) END"
    levels = (*map(str, range(MOST)), top)
    return Term(name, expression, (name,), Segment(name, expression, (name,), levels))


def _steps() -> Floats:
    """Return what each margin counts in each step, shape (MOST - 1, MOST + 1)."""
    found = np.zeros((MOST - 1, MOST + 1))
    for row, dose in enumerate(range(1, MOST)):
        found[row, dose] += 1 / dose + 1 / (MOST - dose)
        found[row, 0] -= 1 / dose
        found[row, MOST] -= 1 / (MOST - dose)
    return found


def _rows(
    model: Model, found: Quantities, doses: Sequence[str], quantity: str, conf_level: float
) -> pa.Table:
    size, cells = len(doses), found.cells
    df = np.full(size, model.coefficients().df().min() + 1 - len(model.fit.coefficients))
    whole = Groups(
        cells.domains.select([]),
        np.repeat(np.arange(size), cells.n_domains),
        np.tile(np.arange(cells.n_domains), size),
        size,
    )
    tested = np.full(size, bool(bears_test(ratios(cells, found.design, whole))[0]))
    columns = inference(
        found, Reference(df, np.ones(size)), CONTRASTS["difference"], conf_level, tested
    )
    behind = counts(cells, whole)
    columns |= behind_columns(behind, df, ["ok" if ok else "review" for ok in tested.tolist()])
    if model.asked.estimand.proportion:
        columns |= {"n_numerator": pa.array(behind.hits)}
    columns["p_value"] = (
        pa.nulls(size, pa.float64()) if quantity == "predicted" else _holm(columns["p_value"])
    )
    named = {"dose": pa.array(list(doses))}
    return tabulated(named, model.asked.labels() | columns | {"quantity": quantity}, size)


def _holm(values: pa.Array) -> pa.Array:
    """Return two p-values by Holm's method."""
    given = [value for value in values.to_pylist() if value is not None]
    if len(given) < len(values):
        return values
    small, large = min(2 * min(given), 1.0), max(given)
    return pa.array([small if p == min(given) else max(small, large) for p in given])
