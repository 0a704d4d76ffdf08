"""Whether the protocol asks for what the imported data have, before anything is estimated."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.provenance import write_json
from advocacy.study.checks.data import allowed, lacking
from advocacy.study.checks.lines import read_text
from advocacy.study.checks.problems import refuse
from advocacy.study.protocol import read_protocol
from advocacy.study.tasks import code_of, opened

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)


def task_check(
    code: Annotated[str, code_of("study")],
    protocol: Path = PROTOCOL,
    accounts: Path = STUDY.derived / "accounts.csv",
    product: Annotated[Path, Product] = STUDY.allowed,
) -> None:
    """Hold the protocol against the data, and write what they allow."""
    responses = opened(accounts)
    refuse([*lacking(read_text(protocol), responses)])
    write_json(product, allowed(responses))
