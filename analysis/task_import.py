"""From the sources to the dataset of canonical responses."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.responses import ImportOptions, find_sources, import_sources
from advocacy.responses.dataset.eligibility import EligibilityRules
from advocacy.responses.dataset.ledger import write_accounts
from advocacy.study.build.progress import progress
from advocacy.study.checks.sources import sources_of
from advocacy.study.protocol import read_protocol
from advocacy.study.tasks import code_of

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)
# What says of what the sources are: a changed one reruns the import.
DESCRIBED = (
    (STUDY.deliveries / "manifest.json",)
    if STUDY.simulation
    else tuple(
        file
        for folder in find_sources(STUDY.sources)
        for file in (folder / "source.toml", *sorted(folder.glob("*.csv")))
        if file.exists()
    )
)


def task_import(
    code: Annotated[str, code_of("responses")],
    protocol: Path = PROTOCOL,
    described: tuple[Path, ...] = DESCRIBED,
    accounts: Annotated[Path, Product] = STUDY.derived / "accounts.csv",
) -> None:
    """Write `data/derived/responses/`, and the row account of each source."""
    sources = sources_of(STUDY, protocol)
    options = ImportOptions(rules=EligibilityRules(STUDY.repeat, STUDY.repeat_window_days))
    write_accounts(
        import_sources(sources, STUDY.derived, options, progress=progress("sources")), accounts
    )
