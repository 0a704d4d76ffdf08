"""Every table that the protocol asks for: rates, comparisons, curves and tests of curves."""

from pathlib import Path
from typing import Annotated

from pytask import Product, task

from advocacy.report.exporters import export
from advocacy.responses import open_responses
from advocacy.study.protocol import StudyTable, estimated, read_protocol
from advocacy.study.tasks import code_of

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
        export(estimated(STUDY, table, open_responses(accounts.parent)), product)
