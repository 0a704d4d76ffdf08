"""Put the study's posterior and published rates into the package, for `make wheel`."""

from __future__ import annotations

from pathlib import Path

from advocacy.estimation.posterior_file import read_posterior
from advocacy.estimation.reference import PACKAGED, POSTERIOR, write_reference
from advocacy.protocol import read_protocol
from advocacy.provenance import sha256, versions
from advocacy.report.exporters import read_estimates

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)
# What it was sampled with changes its draws.
SAMPLERS = ("nutpie", "pymc")

if __name__ == "__main__":
    write_reference(
        PACKAGED,
        read_posterior(STUDY.pooled / POSTERIOR),
        [
            read_estimates(table.published)
            for table in STUDY.tables.values()
            if table.target == STUDY.targets[0]
        ],
        {
            "protocol": sha256(PROTOCOL),
            "seeds": {"simulation": STUDY.seed, "pooling": STUDY.pooling.seed},
            "versions": versions(SAMPLERS),
        },
    )
