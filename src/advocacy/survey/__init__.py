"""How it was drawn: design, the one grouped pass, linearization, intervals, diagnostics."""

from advocacy.survey.design import SurveyDesign, survey_design
from advocacy.survey.engines import DuckDB

__all__ = ["DuckDB", "SurveyDesign", "survey_design"]
