"""How often does the intent to recommend go with an actual recommendation?

The public functions, in the order of a study::

    responses = open_responses("client.sav", "crosswalk.csv")
    design = survey_design(responses)
    estimate(responses, by=["sector"], design=design)

Each is imported when it is first named, so that ``import advocacy`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advocacy.estimation import Estimates, estimate, estimate_margins
    from advocacy.estimation.area_level import area_level
    from advocacy.estimation.beside import beside
    from advocacy.estimation.comparison import Comparison
    from advocacy.estimation.curve import curve
    from advocacy.estimation.curve_tests import curve_tests
    from advocacy.estimation.disclosure import DisclosureRules, withhold
    from advocacy.estimation.equivalence import equivalence
    from advocacy.estimation.lift import lift
    from advocacy.estimation.multilevel import pool
    from advocacy.estimation.pairwise import compare
    from advocacy.estimation.pooled import (
        expectation,
        next_programme,
        pooled_rates,
        ranks,
        variance_shares,
    )
    from advocacy.estimation.posterior_file import read_posterior, write_posterior
    from advocacy.estimation.reference import open_reference
    from advocacy.estimation.regression import regress
    from advocacy.estimation.standardisation import standardise
    from advocacy.responses import import_source, open_responses, read_source
    from advocacy.survey import survey_design
    from advocacy.survey.margins import read_margins
    from advocacy.survey.replication import Replication

_PLACES = {
    "read_source": "responses",
    "import_source": "responses",
    "open_responses": "responses",
    "survey_design": "survey",
    "read_margins": "survey.margins",
    "Replication": "survey.replication",
    "estimate": "estimation",
    "estimate_margins": "estimation",
    "lift": "estimation.lift",
    "compare": "estimation.pairwise",
    "standardise": "estimation.standardisation",
    "equivalence": "estimation.equivalence",
    "curve": "estimation.curve",
    "curve_tests": "estimation.curve_tests",
    "regress": "estimation.regression",
    "area_level": "estimation.area_level",
    "pool": "estimation.multilevel",
    "pooled_rates": "estimation.pooled",
    "next_programme": "estimation.pooled",
    "expectation": "estimation.pooled",
    "ranks": "estimation.pooled",
    "variance_shares": "estimation.pooled",
    "beside": "estimation.beside",
    "open_reference": "estimation.reference",
    "read_posterior": "estimation.posterior_file",
    "write_posterior": "estimation.posterior_file",
    "withhold": "estimation.disclosure",
    "DisclosureRules": "estimation.disclosure",
    "Estimates": "estimation",
    "Comparison": "estimation.comparison",
}

__all__ = [
    "Comparison",
    "DisclosureRules",
    "Estimates",
    "Replication",
    "area_level",
    "beside",
    "compare",
    "curve",
    "curve_tests",
    "equivalence",
    "estimate",
    "estimate_margins",
    "expectation",
    "import_source",
    "lift",
    "next_programme",
    "open_reference",
    "open_responses",
    "pool",
    "pooled_rates",
    "ranks",
    "read_margins",
    "read_posterior",
    "read_source",
    "regress",
    "standardise",
    "survey_design",
    "variance_shares",
    "withhold",
    "write_posterior",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        # Here, because to look into the installed packages takes longer than to start.
        from importlib.metadata import version

        return version("advocacy")
    if name not in _PLACES:
        raise AttributeError(f"module 'advocacy' has no attribute {name!r}")
    return getattr(import_module(f"advocacy.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
