"""Put the study's posterior and published rates into the package, for `make wheel`."""

from __future__ import annotations

import sys
from pathlib import Path

from advocacy.errors import AdvocacyError
from advocacy.estimation.estimates_file import read_estimates
from advocacy.estimation.pooling.posterior_file import read_posterior
from advocacy.estimation.pooling.reference import PACKAGED, POSTERIOR, write_reference
from advocacy.provenance import sha256, versions
from advocacy.study.protocol import read_protocol

PROTOCOL = Path(__file__).with_name("study.toml")
# What it was sampled with changes its draws.
SAMPLERS = ("nutpie",)


def main() -> None:
    """Write the folder of the package that its commands hold programmes against."""
    study = read_protocol(PROTOCOL)
    write_reference(
        PACKAGED,
        read_posterior(study.pooled / POSTERIOR),
        [
            read_estimates(table.published)
            for table in study.tables.values()
            if table.kind == "rates" and table.target == study.targets[0]
        ],
        {
            "protocol": sha256(PROTOCOL),
            "seeds": {
                part: asked.seed
                for part, asked in (("simulation", study.simulation), ("pooling", study.pooling))
                if asked
            },
            "versions": versions(SAMPLERS),
        },
    )


if __name__ == "__main__":
    try:
        main()
    except AdvocacyError as error:
        sys.exit(f"advocacy: {error}")
