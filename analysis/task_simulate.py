"""Simulated deliveries: the files that clients would send, with a known truth."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.simulation.deliveries import simulate
from advocacy.study.build.progress import progress
from advocacy.study.protocol import Simulation, read_protocol
from advocacy.study.tasks import code_of

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)


if STUDY.simulation:

    def task_simulate(
        code: Annotated[str, code_of("simulation")],
        protocol: Path = PROTOCOL,
        asked: Simulation = STUDY.simulation,
        manifest: Annotated[Path, Product] = STUDY.deliveries / "manifest.json",
        truth: Annotated[Path, Product] = STUDY.deliveries / "truth.json",
    ) -> None:
        """Write `data/raw/simulated/`; its manifest lists every file with its hash."""
        simulate(asked.responses, asked.seed, manifest.parent, progress=progress("responses"))
