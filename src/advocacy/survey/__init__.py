"""How it was drawn: design, the one grouped pass, linearization, intervals, diagnostics.

Its names are imported when they are asked for: estimands are words and conditions, and what
shows a file needs no design.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advocacy.survey.design import SurveyDesign, survey_design
    from advocacy.survey.engines import DuckDB

_MODULES = {"DuckDB": "engines", "SurveyDesign": "design", "survey_design": "design"}

__all__ = ["DuckDB", "SurveyDesign", "survey_design"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
