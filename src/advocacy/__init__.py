"""How often does the intent to recommend go with an actual recommendation?

The public functions, in the order of a study::

    responses = open_responses("client.sav", "crosswalk.csv")
    design = survey_design(responses)
    estimate(responses, by=["sector"], design=design)

Each is imported when it is first named, so that ``import advocacy`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

# As of `typing`, which takes ten times as long as all else before an interrupt is heeded.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from advocacy.estimation import Estimates, estimate, estimate_margins
    from advocacy.estimation.comparisons.comparison import Comparison
    from advocacy.estimation.comparisons.equivalence import equivalence
    from advocacy.estimation.comparisons.lift import lift
    from advocacy.estimation.comparisons.pairwise import compare
    from advocacy.estimation.comparisons.standardisation import standardise
    from advocacy.estimation.curves.curve import curve
    from advocacy.estimation.curves.curve_tests import curve_tests
    from advocacy.estimation.curves.stated import stated_likelihood
    from advocacy.estimation.disclosure.disclosure import withhold
    from advocacy.estimation.disclosure.rules import DisclosureRules
    from advocacy.estimation.distribution import distribution
    from advocacy.estimation.follow_up.attrition import attrition
    from advocacy.estimation.follow_up.over_time import incidence_over_time
    from advocacy.estimation.ladder.ladder import ladder
    from advocacy.estimation.models.dose_response import dose_response
    from advocacy.estimation.models.drivers import drivers
    from advocacy.estimation.models.reliability import reliability
    from advocacy.estimation.movement.change import change
    from advocacy.estimation.movement.net import net_scores
    from advocacy.estimation.movement.track import track
    from advocacy.estimation.pooling.area_level import area_level
    from advocacy.estimation.pooling.beside import beside
    from advocacy.estimation.pooling.multilevel import pool
    from advocacy.estimation.pooling.posterior_file import read_posterior, write_posterior
    from advocacy.estimation.pooling.predictions import (
        expectation,
        next_programme,
        pooled_rates,
        ranks,
        variance_shares,
    )
    from advocacy.estimation.pooling.reference import open_reference
    from advocacy.estimation.regression import regress
    from advocacy.evidence.published import published_range, read_published
    from advocacy.evidence.synthesis import synthesise
    from advocacy.responses import import_source, open_responses, read_source
    from advocacy.robustness.correction import Counted
    from advocacy.robustness.invited import participation
    from advocacy.robustness.misreport import Ranges, Validation, misreport
    from advocacy.robustness.multiverse.choices import Choices, Multiverse, read_multiverse
    from advocacy.robustness.multiverse.permutation import multiverse_test
    from advocacy.robustness.multiverse.specifications import multiverse
    from advocacy.robustness.nonresponse import nonresponse
    from advocacy.robustness.recall import recall
    from advocacy.robustness.summary import threats
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
    "lift": "estimation.comparisons.lift",
    "compare": "estimation.comparisons.pairwise",
    "standardise": "estimation.comparisons.standardisation",
    "equivalence": "estimation.comparisons.equivalence",
    "curve": "estimation.curves.curve",
    "curve_tests": "estimation.curves.curve_tests",
    "stated_likelihood": "estimation.curves.stated",
    "distribution": "estimation.distribution",
    "ladder": "estimation.ladder.ladder",
    "incidence_over_time": "estimation.follow_up.over_time",
    "change": "estimation.movement.change",
    "net_scores": "estimation.movement.net",
    "track": "estimation.movement.track",
    "regress": "estimation.regression",
    "drivers": "estimation.models.drivers",
    "reliability": "estimation.models.reliability",
    "dose_response": "estimation.models.dose_response",
    "attrition": "estimation.follow_up.attrition",
    "area_level": "estimation.pooling.area_level",
    "pool": "estimation.pooling.multilevel",
    "pooled_rates": "estimation.pooling.predictions",
    "next_programme": "estimation.pooling.predictions",
    "expectation": "estimation.pooling.predictions",
    "ranks": "estimation.pooling.predictions",
    "variance_shares": "estimation.pooling.predictions",
    "beside": "estimation.pooling.beside",
    "open_reference": "estimation.pooling.reference",
    "read_posterior": "estimation.pooling.posterior_file",
    "write_posterior": "estimation.pooling.posterior_file",
    "withhold": "estimation.disclosure.disclosure",
    "DisclosureRules": "estimation.disclosure.rules",
    "misreport": "robustness.misreport",
    "Ranges": "robustness.misreport",
    "Validation": "robustness.misreport",
    "Counted": "robustness.correction",
    "Choices": "robustness.multiverse.choices",
    "Multiverse": "robustness.multiverse.choices",
    "read_multiverse": "robustness.multiverse.choices",
    "multiverse": "robustness.multiverse.specifications",
    "multiverse_test": "robustness.multiverse.permutation",
    "nonresponse": "robustness.nonresponse",
    "recall": "robustness.recall",
    "participation": "robustness.invited",
    "threats": "robustness.summary",
    "read_published": "evidence.published",
    "published_range": "evidence.published",
    "synthesise": "evidence.synthesis",
    "Estimates": "estimation",
    "Comparison": "estimation.comparisons.comparison",
}

__all__ = [
    "Choices",
    "Comparison",
    "Counted",
    "DisclosureRules",
    "Estimates",
    "Multiverse",
    "Ranges",
    "Replication",
    "Validation",
    "area_level",
    "attrition",
    "beside",
    "change",
    "compare",
    "curve",
    "curve_tests",
    "distribution",
    "dose_response",
    "drivers",
    "equivalence",
    "estimate",
    "estimate_margins",
    "expectation",
    "import_source",
    "incidence_over_time",
    "ladder",
    "lift",
    "misreport",
    "multiverse",
    "multiverse_test",
    "net_scores",
    "next_programme",
    "nonresponse",
    "open_reference",
    "open_responses",
    "participation",
    "pool",
    "pooled_rates",
    "published_range",
    "ranks",
    "read_margins",
    "read_multiverse",
    "read_posterior",
    "read_published",
    "read_source",
    "recall",
    "regress",
    "reliability",
    "standardise",
    "stated_likelihood",
    "survey_design",
    "synthesise",
    "threats",
    "track",
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
