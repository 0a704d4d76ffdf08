r"""Posterior predictive checks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from advocacy.estimation.multilevel import Pooled
from advocacy.survey.cells import Floats


def programme_rates(pooled: Pooled, counts: npt.NDArray[np.bool_]) -> Floats:
    """Return draws of the rate behind each of M chosen counts, shape (S, M)."""
    posterior, layout = pooled.posterior, pooled.layout
    programme, band = layout.programme[counts], layout.band[counts]
    logits = posterior.intercept[:, None] + pooled.programme[:, programme]
    logits += pooled.programme_score[:, programme, band]
    for term, effect in zip(posterior.terms, layout.effects, strict=True):
        logits += term.effects[:, effect.index[counts]]
    found: Floats = expit(logits)
    return found
