"""What others have published: read, checked and kept beside what the study derives."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.estimation.estimates_file import write_estimates
from advocacy.evidence.published import read_published
from advocacy.files import replacing
from advocacy.study.protocol import read_protocol
from advocacy.study.tasks import code_of

STUDY = read_protocol(Path(__file__).with_name("study.toml"))


def task_evidence(
    code: Annotated[str, code_of("evidence")],
    figures: Path = STUDY.published_figures,
    product: Annotated[Path, Product] = STUDY.evidence,
) -> None:
    """Write `data/derived/evidence/`."""
    with replacing(product) as temporary:
        write_estimates(read_published(figures), temporary)
