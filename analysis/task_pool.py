"""The multilevel model of programmes: its fit, and what it says beside the published rates."""

from pathlib import Path
from typing import Annotated

from pytask import Product

from advocacy.estimation import estimate
from advocacy.estimation.estimates_file import read_estimates
from advocacy.estimation.pooling.area_level import area_level
from advocacy.estimation.pooling.effective_counts import effective_counts
from advocacy.estimation.pooling.fit_report import fit_report
from advocacy.estimation.pooling.multilevel import pool
from advocacy.estimation.pooling.posterior_file import read_posterior, write_posterior
from advocacy.provenance import write_json
from advocacy.report.exporters import export
from advocacy.responses import open_responses
from advocacy.study.build.progress import progress
from advocacy.study.pooling import (
    asked_of_posterior,
    checks_report,
    pooled_tables,
    second_opinion,
)
from advocacy.study.protocol import POOLED_CELLS, read_protocol
from advocacy.study.tasks import code_of
from advocacy.survey import DuckDB, survey_design

PROTOCOL = Path(__file__).with_name("study.toml")
STUDY = read_protocol(PROTOCOL)
POSTERIOR = STUDY.pooled / "posterior.parquet"
ASKED = STUDY.pooling

if ASKED:
    CELLS = STUDY.tables[POOLED_CELLS]

    def task_pool(
        # Of estimation: it takes a minute, so not the report's.
        code: Annotated[str, code_of("estimation")],
        protocol: Path = PROTOCOL,
        accounts: Path = STUDY.derived / "accounts.csv",
        allowed: Path = STUDY.allowed,
        posterior: Annotated[Path, Product] = POSTERIOR,
        diagnostics: Annotated[Path, Product] = STUDY.pooled / "diagnostics.json",
    ) -> None:
        """Fit the model by four chains, whatever its diagnostics say."""
        responses, seed = open_responses(accounts.parent), ASKED.seed
        counted = {"estimand": STUDY.estimand, "weight_scaling": STUDY.weight_scaling}
        counted["engine"] = DuckDB(threads=STUDY.threads)
        pooled = pool(
            responses, draws=ASKED.draws, seed=seed, progress=progress("draws"), **counted
        )
        checks = checks_report(pooled, effective_counts(responses, **counted), seed)
        write_posterior(pooled.posterior, posterior)
        write_json(diagnostics, fit_report(pooled.posterior) | checks)

    def task_pooled_tables(
        code: Annotated[str, code_of("study")],
        posterior: Path = POSTERIOR,
        published: Path = CELLS.published,
        protocol: Path = PROTOCOL,
        tables: Annotated[dict[str, Path], Product] = {
            name: STUDY.pooled / f"{name}.parquet" for name in asked_of_posterior(STUDY)
        },
    ) -> None:
        """Write pooled rates, ranks, shares of variance, and what the next programme may expect."""
        made = pooled_tables(read_posterior(posterior), read_estimates(published), STUDY)
        for name, path in tables.items():
            export(made[name], path)

    def task_area_level(
        code: Annotated[str, code_of("study")],
        published: Path = CELLS.published,
        accounts: Path = STUDY.derived / "accounts.csv",
        allowed: Path = STUDY.allowed,
        protocol: Path = PROTOCOL,
        product: Annotated[Path, Product] = STUDY.pooled / "area-level.parquet",
    ) -> None:
        """Write area-level rates of the same cells, for which direct ones need their covariance."""
        responses = open_responses(accounts.parent)
        direct = estimate(
            responses,
            estimand=STUDY.estimand,
            intent=STUDY.intent,
            by=CELLS.by,
            design=survey_design(
                responses,
                CELLS.target,
                weight_scaling=STUDY.weight_scaling,
                lonely_psu=STUDY.lonely_psu,
            ),
            engine=DuckDB(threads=STUDY.threads),
        )
        rates = area_level(direct, conf_level=ASKED.conf_level)
        export(second_opinion(rates, read_estimates(published)), product)
