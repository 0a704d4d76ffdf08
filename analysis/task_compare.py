"""Comparisons, curves and tests of curves that the protocol names, for the headline's target."""

from collections.abc import Callable
from functools import partial
from inspect import getfile
from pathlib import Path
from typing import Annotated

from pytask import Product, PythonNode, task

from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.equivalence import equivalence
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.layers import source_digest
from advocacy.report.exporters import export
from advocacy.responses import open_responses
from advocacy.study.protocol import Further, read_protocol
from advocacy.survey import DuckDB, survey_design

PROTOCOL = Path(__file__).with_name("study.toml")
READER = Path(getfile(read_protocol))  # a changed reader reads another protocol
STUDY = read_protocol(PROTOCOL)
INTENT = {"estimand": STUDY.estimand, "intent": STUDY.intent}
LIMITS = {"interval": STUDY.interval, "conf_level": STUDY.conf_level}


def asked(further: Further) -> Callable[..., Estimates]:
    """Return what makes a table of responses, a design and an engine."""
    estimand, level = STUDY.estimand, STUDY.conf_level
    between, by, mix = further.compares, further.by, further.mix
    pairs = {"quantity": STUDY.quantity, "adjust": STUDY.adjust}
    half = {"margin": STUDY.margin, "conf_level": STUDY.equivalence_conf_level}
    made: dict[str, Callable[..., Estimates]] = {
        "pairs": partial(compare, between=between, **pairs, **INTENT, **LIMITS),
        "lift": partial(lift, by=by, **INTENT, **LIMITS),
        "standardisation": partial(
            standardise, between=between, mix=mix, conf_level=level, **INTENT
        ),
        "equivalence": partial(equivalence, by=by, **half, **INTENT),
        "curve": partial(curve, by=by, estimand=estimand, **LIMITS),
        "curve_tests": partial(curve_tests, by=by, estimand=estimand, conf_level=level),
    }
    return made[further.kind]


for name, further in STUDY.further.items():

    @task(id=name)
    def task_compare(
        code: Annotated[str, PythonNode(value=source_digest("estimation"), hash=True)],
        further: Further = further,
        protocol: Path = PROTOCOL,
        reader: Path = READER,
        accounts: Path = STUDY.derived / "accounts.csv",
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
        made = asked(further)(responses, design=design, engine=DuckDB(threads=STUDY.threads))
        export(made, product)
