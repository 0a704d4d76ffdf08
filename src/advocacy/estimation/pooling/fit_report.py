"""How a fit did, as a file holds it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from advocacy.estimation.pooling.posterior import LARGEST_RHAT, SMALLEST_ESS, Posterior
from advocacy.remarks import as_json


def fit_report(posterior: Posterior) -> dict[str, Any]:
    """Return how the sampler did, and what the reader must know, as JSON can hold it."""
    return {
        **asdict(posterior.diagnostics),
        "limits": {"rhat": LARGEST_RHAT, "ess": SMALLEST_ESS},
        "problems": as_json(posterior.diagnostics.problems),
        "warnings": as_json(posterior.warnings),
        "source_kind": posterior.labels["source_kind"],
    }
