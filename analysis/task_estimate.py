"""Every table that the protocol asks for: rates, comparisons, curves and tests of curves."""

from pathlib import Path
from typing import Annotated

from pytask import Product, task

from advocacy.report.exporters import export
from advocacy.responses import open_responses
from advocacy.study.protocol import ESTIMATORS, StudyTable, read_protocol
from advocacy.study.tasks import code_of
from advocacy.survey import DuckDB, survey_design

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)

for name, table in STUDY.tables.items():

    @task(id=name)
    def task_estimate(
        code: Annotated[str, code_of("estimation")],
        table: StudyTable = table,
        protocol: Path = PROTOCOL,
        accounts: Path = STUDY.derived / "accounts.csv",
        product: Annotated[Path, Product] = table.estimates,
    ) -> None:
        """Write one table."""
        responses = open_responses(accounts.parent)
        design = survey_design(
            responses,
            table.target,
            weight_scaling=STUDY.weight_scaling,
            lonely_psu=STUDY.lonely_psu,
        )
        engine = DuckDB(threads=STUDY.threads)
        estimator = ESTIMATORS[table.kind]
        export(estimator(responses, **table.options, design=design, engine=engine), product)
