"""What may be published of all tables together; figures, tables and numbers read nothing else."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.estimation import Estimates
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.estimates_file import read_estimates
from advocacy.report.exporters import export
from advocacy.study.protocol import ESTIMATORS, read_protocol
from advocacy.study.published import publish
from advocacy.study.tasks import code_of, opened
from advocacy.survey import DuckDB, survey_design

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)


def task_disclose(
    code: Annotated[str, code_of("study")],
    protocol: Path = PROTOCOL,
    accounts: Path = STUDY.derived / "accounts.csv",
    estimates: dict[str, Path] = {name: table.estimates for name, table in STUDY.tables.items()},
    published: Annotated[dict[str, Path], Product] = {
        name: table.published for name, table in STUDY.tables.items()
    },
) -> None:
    """Write `data/derived/published/`."""
    responses = opened(accounts)

    def over(name: str, support: Collection[tuple[str, ...]]) -> Estimates:
        table = STUDY.tables[name]
        design = survey_design(
            responses,
            table.target,
            weight_scaling=STUDY.weight_scaling,
            lonely_psu=STUDY.lonely_psu,
        )
        options = dict(table.options) | {"support": support}
        return ESTIMATORS[table.kind](
            responses, **options, design=design, engine=DuckDB(threads=STUDY.threads)
        )

    tables = {name: read_estimates(path) for name, path in estimates.items()}
    rules = DisclosureRules(**STUDY.disclosure)
    for name, table in publish(tables, rules, responses, over).items():
        export(table, published[name])
