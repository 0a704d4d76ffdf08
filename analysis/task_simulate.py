"""Simulated deliveries: the files that clients would send, with a known truth."""

from inspect import getfile
from pathlib import Path
from typing import Annotated

from pytask import Product, PythonNode

from advocacy.layers import source_digest
from advocacy.simulation.deliveries import simulate
from advocacy.study.protocol import read_protocol

PROTOCOL = Path(__file__).with_name("study.toml")
READER = Path(getfile(read_protocol))  # a changed reader reads another protocol
STUDY = read_protocol(PROTOCOL)


def task_simulate(
    code: Annotated[str, PythonNode(value=source_digest("simulation"), hash=True)],
    protocol: Path = PROTOCOL,
    reader: Path = READER,
    manifest: Annotated[Path, Product] = STUDY.deliveries / "manifest.json",
    truth: Annotated[Path, Product] = STUDY.deliveries / "truth.json",
) -> None:
    """Write `data/raw/simulated/`; its manifest lists every file with its hash."""
    simulate(STUDY.simulated_responses, STUDY.seed, manifest.parent)
