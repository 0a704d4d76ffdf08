"""Every table that the protocol asks for: rates, comparisons, curves, and what may be wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pytask import Product, PythonNode, task

from advocacy.report.exporters import export
from advocacy.study.build.progress import progress
from advocacy.study.protocol import ESTIMATORS, OF_ROBUSTNESS, StudyTable, read_protocol
from advocacy.study.robustness import tables as robustness_tables
from advocacy.study.tasks import code_of, opened
from advocacy.survey import DuckDB, survey_design
from advocacy.survey.cells.kept import KeptCells

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)

# What asks the layer `robustness` for them.
ASKING = Path(robustness_tables.__file__)


def code_behind(tables: Sequence[StudyTable]) -> PythonNode:
    """Return a dependency on the code that tables are made by."""
    if any(table.kind in OF_ROBUSTNESS for table in tables):
        return code_of("robustness", ASKING)
    return code_of("estimation")


for name, tables in STUDY.together.items():

    @task(id=name)
    def task_estimate(
        code: Annotated[str, code_behind(tables)],
        tables: Sequence[StudyTable] = tables,
        protocol: Path = PROTOCOL,
        accounts: Path = STUDY.derived / "accounts.csv",
        allowed: Path = STUDY.allowed,
        registered: tuple[Path, ...] = tuple(
            dict.fromkeys(path for table in tables for path in table.registered)
        ),
        products: Annotated[dict[str, Path], Product] = {
            table.name: table.estimates for table in tables
        },
    ) -> None:
        """Write the tables of one estimand and target, which share their passes."""
        responses = opened(accounts)
        design = survey_design(
            responses,
            tables[0].target,
            weight_scaling=STUDY.weight_scaling,
            lonely_psu=STUDY.lonely_psu,
        )
        engine, tell = KeptCells(DuckDB(threads=STUDY.threads)), progress("tables")
        for done, table in enumerate(tables, 1):
            estimator = ESTIMATORS[table.kind]
            found = estimator(responses, **table.options, design=design, engine=engine)
            export(found, products[table.name])
            tell(done, len(tables))
