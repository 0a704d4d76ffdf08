"""What may be published of all tables together; figures, tables and numbers read nothing else."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.estimation.disclosure.disclosure import DisclosureRules
from advocacy.estimation.estimates_file import read_estimates
from advocacy.report.exporters import export
from advocacy.study.protocol import read_protocol
from advocacy.study.published import publish
from advocacy.study.tasks import code_of

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)


def task_disclose(
    code: Annotated[str, code_of("study")],
    protocol: Path = PROTOCOL,
    estimates: dict[str, Path] = {name: table.estimates for name, table in STUDY.tables.items()},
    published: Annotated[dict[str, Path], Product] = {
        name: table.published for name, table in STUDY.tables.items()
    },
) -> None:
    """Write `data/derived/published/`."""
    tables = {name: read_estimates(path) for name, path in estimates.items()}
    for name, table in publish(tables, DisclosureRules(**STUDY.disclosure)).items():
        export(table, published[name])
