"""Every table of estimates that the protocol names, for both inference targets."""

from inspect import getfile
from pathlib import Path
from typing import Annotated

from pytask import Product, PythonNode, task

from advocacy.estimation import estimate
from advocacy.layers import source_digest
from advocacy.report.exporters import export
from advocacy.responses import open_responses
from advocacy.study.protocol import Table, read_protocol
from advocacy.survey import DuckDB, survey_design

PROTOCOL = Path(__file__).with_name("study.toml")
READER = Path(getfile(read_protocol))  # a changed reader reads another protocol
STUDY = read_protocol(PROTOCOL)

for name, table in STUDY.tables.items():

    @task(id=name)
    def task_estimate(
        code: Annotated[str, PythonNode(value=source_digest("estimation"), hash=True)],
        table: Table = table,
        protocol: Path = PROTOCOL,
        reader: Path = READER,
        accounts: Path = STUDY.derived / "accounts.csv",
        product: Annotated[Path, Product] = table.estimates,
    ) -> None:
        """Write one table of estimates."""
        responses = open_responses(accounts.parent)
        design = survey_design(
            responses,
            table.target,
            weight_scaling=STUDY.weight_scaling,
            lonely_psu=STUDY.lonely_psu,
        )
        estimates = estimate(
            responses,
            estimand=STUDY.estimand,
            intent=STUDY.intent,
            by=table.by,
            design=design,
            interval=STUDY.interval,
            conf_level=STUDY.conf_level,
            engine=DuckDB(threads=STUDY.threads),
        )
        export(estimates, product)
