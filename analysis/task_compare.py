"""Comparisons, curves and tests of curves that the protocol names, for the headline's target."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pytask import Product, task

from advocacy.estimation import Estimates
from advocacy.estimation.curve import curve
from advocacy.estimation.curve_tests import curve_tests
from advocacy.estimation.equivalence import equivalence
from advocacy.estimation.lift import lift
from advocacy.estimation.pairwise import compare
from advocacy.estimation.standardisation import standardise
from advocacy.layers import source_files
from advocacy.protocol import Further, read_protocol
from advocacy.report.exporters import export
from advocacy.responses import Responses, open_responses
from advocacy.survey import DuckDB, SurveyDesign, survey_design

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)
INTENT = {"estimand": STUDY.estimand, "intent": STUDY.intent}
LIMITS = {"interval": STUDY.interval, "conf_level": STUDY.conf_level}


def pairs(responses: Responses, further: Further, design: SurveyDesign) -> Estimates:
    """Compare all levels of a segment in pairs."""
    return compare(
        responses,
        between=further.compares,
        quantity=STUDY.quantity,
        adjust=STUDY.adjust,
        design=design,
        engine=DuckDB(threads=STUDY.threads),
        **INTENT,
        **LIMITS,
    )


def lifts(responses: Responses, further: Further, design: SurveyDesign) -> Estimates:
    """Compare the intent set with the baselines."""
    engine = DuckDB(threads=STUDY.threads)
    return lift(responses, by=further.by, design=design, engine=engine, **INTENT, **LIMITS)


def standardised(responses: Responses, further: Further, design: SurveyDesign) -> Estimates:
    """Compare two levels at a common mix."""
    return standardise(
        responses,
        between=further.compares,
        mix=further.mix,
        design=design,
        conf_level=STUDY.conf_level,
        engine=DuckDB(threads=STUDY.threads),
        **INTENT,
    )


def against_half(responses: Responses, further: Further, design: SurveyDesign) -> Estimates:
    """Judge whether rates are one in two."""
    return equivalence(
        responses,
        by=further.by,
        margin=STUDY.margin,
        design=design,
        conf_level=STUDY.equivalence_conf_level,
        engine=DuckDB(threads=STUDY.threads),
        **INTENT,
    )


def curves(responses: Responses, further: Further, design: SurveyDesign) -> Estimates:
    """Estimate curves over the scores."""
    engine = DuckDB(threads=STUDY.threads)
    return curve(
        responses, estimand=STUDY.estimand, by=further.by, design=design, engine=engine, **LIMITS
    )


def tests(responses: Responses, further: Further, design: SurveyDesign) -> Estimates:
    """Test curves over the scores."""
    return curve_tests(
        responses,
        estimand=STUDY.estimand,
        by=further.by,
        design=design,
        conf_level=STUDY.conf_level,
        engine=DuckDB(threads=STUDY.threads),
    )


MADE: dict[str, Callable[[Responses, Further, SurveyDesign], Estimates]] = {
    "pairs": pairs,
    "lift": lifts,
    "standardisation": standardised,
    "equivalence": against_half,
    "curve": curves,
    "curve_tests": tests,
}

for name, further in STUDY.further.items():

    @task(id=name)
    def task_compare(
        further: Further = further,
        protocol: Path = PROTOCOL,
        accounts: Path = STUDY.derived / "accounts.csv",
        code: tuple[Path, ...] = source_files("estimation"),
        product: Annotated[Path, Product] = further.estimates,
    ) -> None:
        """Write one table of comparisons or curves."""
        responses = open_responses(accounts.parent)
        design = survey_design(
            responses,
            STUDY.targets[0],
            weight_scaling=STUDY.weight_scaling,
            lonely_psu=STUDY.lonely_psu,
        )
        export(MADE[further.kind](responses, further, design), product)
