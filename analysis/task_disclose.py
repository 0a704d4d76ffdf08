"""What may be published of all tables together; figures, tables and numbers read nothing else."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.estimation.disclosure.disclosure import DisclosureRules
from advocacy.estimation.estimates_file import read_estimates
from advocacy.report.exporters import export
from advocacy.responses import open_responses
from advocacy.study.protocol import estimated, read_protocol
from advocacy.study.published import publish
from advocacy.study.tasks import code_of

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
    tables = {name: read_estimates(path) for name, path in estimates.items()}
    responses = open_responses(accounts.parent)
    shown = publish(
        tables,
        DisclosureRules(**STUDY.disclosure),
        responses,
        lambda name, support: estimated(STUDY, STUDY.tables[name], responses, support=support),
    )
    for name, table in shown.items():
        export(table, published[name])
