"""What is estimated: estimands and segments as data, and the estimates of them.

Its names are imported when they are asked for: what shows a file needs words and no estimator.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advocacy.estimation.direct import estimate, estimate_margins
    from advocacy.estimation.estimates import Estimates

_MODULES = {"Estimates": "estimates", "estimate": "direct", "estimate_margins": "direct"}

__all__ = ["Estimates", "estimate", "estimate_margins"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
