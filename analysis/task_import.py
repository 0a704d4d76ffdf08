"""From the sources to the dataset of canonical responses."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.responses import ImportOptions, find_sources, import_sources, read_source
from advocacy.responses.dataset.eligibility import EligibilityRules
from advocacy.responses.dataset.ledger import write_accounts
from advocacy.study.protocol import read_protocol
from advocacy.study.tasks import code_of

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)
# Data of one's own stand beside the simulated ones; a changed source.toml reruns the import.
COLLECTED = tuple(
    path / "source.toml"
    for path in find_sources(STUDY.sources)
    if STUDY.deliveries not in path.parents
)


def task_import(
    code: Annotated[str, code_of("responses")],
    protocol: Path = PROTOCOL,
    simulated: Path = STUDY.deliveries / "manifest.json",
    collected: tuple[Path, ...] = COLLECTED,
    accounts: Annotated[Path, Product] = STUDY.derived / "accounts.csv",
) -> None:
    """Write `data/derived/responses/`, and the row account of each source."""
    sources = [read_source(folder) for folder in find_sources(STUDY.sources)]
    rules = EligibilityRules(STUDY.repeat, STUDY.repeat_window_days)
    write_accounts(import_sources(sources, STUDY.derived, ImportOptions(rules=rules)), accounts)
