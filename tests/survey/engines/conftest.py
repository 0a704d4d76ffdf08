"""Engines that are started once for all tests, and datasets that each of them gets once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import hosts
import invented
import pyarrow as pa
import pytest

from advocacy.responses import Responses, open_responses
from advocacy.sql import connect, identifier
from advocacy.survey.engines import Engine, Postgres, Spark

Needs = Callable[[str], str]
Opener = Callable[[str], tuple[Responses, Engine]]


@pytest.fixture(scope="session")
def spill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spill")


@pytest.fixture(scope="session")
def spark(needs: Needs) -> Spark:
    pytest.importorskip("pyspark", reason="pyspark is not installed; see `make spark`")
    needs("java")
    return hosts.session()


@pytest.fixture(scope="session")
def postgres(needs: Needs) -> Iterator[Postgres]:
    needs("pg_ctlcluster")
    if os.geteuid() != 0:
        pytest.skip("only root can start a server as its user")
    with hosts.server() as engine:
        yield engine


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory, reference: Path) -> Callable[[str], Path]:
    """Return a function that writes reference data, or invented ones, as a dataset."""
    root = tmp_path_factory.mktemp("odd [name] #1, 100%")

    @cache
    def written(name: str) -> Path:
        if name == "invented":
            return invented.invent(root / name)
        responses = open_responses(reference / "input" / f"{name}.csv")
        columns = ", ".join(map(identifier, responses.columns))
        part = root / name / "source=a"
        part.mkdir(parents=True)
        with connect(responses.tables) as connection:
            table = connection.sql(f"SELECT {columns} FROM {responses.relation}")
            table.write_parquet(str(part / "responses.parquet"))
        return root / name

    return written


def table_of(responses: Responses) -> pa.Table:
    columns = ", ".join(map(identifier, responses.columns))
    with connect() as connection:
        return connection.sql(f"SELECT {columns} FROM {responses.relation}").to_arrow_table()


@pytest.fixture(
    scope="session",
    # One worker alone starts an engine.
    params=[
        pytest.param(
            host,
            id=host.name,
            marks=[pytest.mark.xdist_group(host.name), *[pytest.mark.slow] * host.slow],
        )
        for host in hosts.HOSTS
    ],
)
def opened(request: pytest.FixtureRequest, dataset: Callable[[str], Path]) -> Opener:
    """Return a function that gives responses and engine of a host for a dataset."""
    host: hosts.Host = request.param

    @cache
    def give(name: str) -> tuple[Responses, Engine]:
        folder = dataset(name)
        return host.open(folder, table_of(open_responses(folder)), request)

    return give


@pytest.fixture(scope="session")
def wanted(dataset: Callable[[str], Path]) -> Callable[[str], Responses]:
    """Return a function that opens a dataset for the default engine."""
    return cache(lambda name: open_responses(dataset(name)))
