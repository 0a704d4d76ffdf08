"""What is estimated: estimands and segments as data, and the estimates of them."""

from advocacy.estimation.direct import estimate, estimate_margins
from advocacy.estimation.estimates import Estimates

__all__ = ["Estimates", "estimate", "estimate_margins"]
