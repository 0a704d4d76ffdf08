"""E-values: how strong something not measured would have to be to explain an association away."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.estimation.models.fitting import Model
from advocacy.estimation.tabulation import nullable
from advocacy.survey.intervals import t_quantile
from advocacy.survey.sides import FEWEST_DF

# Share of the base above which an outcome is common: its odds ratio is no risk ratio.
_COMMON = 0.15


def e_values(
    model: Model, estimate: Floats, variance: Floats, size: int, df: float, conf_level: float
) -> dict[str, pa.Array]:
    """Return the E-value of one standard deviation more of each driver, and of its limit."""
    z = model.points.z / model.points.z.sum()
    values = np.array([covariate.values for covariate in model.matrix.covariates[:size]])
    spread = np.sqrt(np.einsum("di,i->d", (values - (values @ z)[:, None]) ** 2, z))
    slope, error = estimate[1 : 1 + size] * spread, np.sqrt(variance[1 : 1 + size]) * spread
    half = float(t_quantile(np.array([max(df, 1.0)]), conf_level)[0]) * error
    if model.fit.kind == "linear":
        y = model.points.x / model.points.z
        slope, half = (0.91 * value / np.sqrt((z @ y**2) - (z @ y) ** 2) for value in (slope, half))
    elif float(model.points.x.sum() / model.points.z.sum()) > _COMMON:
        slope, half = slope / 2, half / 2
    nearer = np.sign(slope) * np.maximum(np.abs(slope) - half, 0.0)
    return {
        "e_value": nullable(e_value(np.exp(slope))),
        "e_value_limit": nullable(np.where(df >= FEWEST_DF, e_value(np.exp(nearer)), np.nan)),
    }


def e_value(risk_ratio: Floats) -> Floats:
    r"""Return the E-value of risk ratios: :math:`r + \sqrt{r (r - 1)}` with r at least 1.

    The least risk ratio that something not measured would need with driver and outcome alike to
    explain the association away. It does not answer reversal.

    VanderWeele and Ding (2017), https://doi.org/10.7326/M16-2607. R equivalent:
    ``EValue::evalues.OR(rare = FALSE)`` and ``evalues.MD``.
    """
    away = np.maximum(risk_ratio, 1 / risk_ratio)
    found: Floats = away + np.sqrt(away * (away - 1))
    return found
