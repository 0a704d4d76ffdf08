"""Sums of replicate weights that came with the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.errors import DesignError
from advocacy.responses import Responses
from advocacy.sql import identifier
from advocacy.survey.engines import Engine

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class GivenSums:
    """Sums over the ratings of J parts, with R replicate weights.

    Parameters
    ----------
    cell
        A cell of each part, shape (J,). A part is all cells of one domain, and of one crossing
        of the margins where weights are calibrated.
    x, z, w
        Numerator, base, and ratings that count, weighted by each replicate; shape (R, J),
        population units.
    products
        Products of the replicate weights of the ratings in the base, shape (J, R, R).
    whole
        The same of all ratings, shape (R, R).
    """

    cell: Integers
    x: Floats
    z: Floats
    w: Floats
    products: Floats
    whole: Floats


def given_sums(
    responses: Responses,
    columns: Sequence[str],
    keys: Sequence[str],
    values: Sequence[str],
    engine: Engine,
    cell: Integers,
) -> GivenSums:
    """Sum replicate weights by part.

    Their rank, from which degrees of freedom come, needs the products of all pairs of
    replicates. So the weights are fetched, as R holds them too: 8 bytes a rating and replicate.

    Parameters
    ----------
    columns
        The replicate weights.
    keys
        SQL expressions whose crossing is the part; parts are numbered in their order.
    values
        SQL expressions of numerator, base, and 1 for a rating that counts, else 0.
    cell
        See `GivenSums`.

    Raises
    ------
    DesignError
        A rating lacks a replicate weight.
    DataError
        A replicate weight is below 0.
    """
    _check(responses, columns)
    named = [f"{key} AS {identifier(f'key:{number}')}" for number, key in enumerate(keys)]
    order = ", ".join(identifier(f"key:{number}") for number in range(len(keys)))
    part = f"dense_rank() OVER (ORDER BY {order}) - 1" if keys else "0"
    names = [identifier(name) for name in columns]
    inner = [
        *named,
        *(f"{value} AS {name}" for value, name in zip(values, "xzw", strict=True)),
        *(f"{name}::DOUBLE AS {name}" for name in names),
    ]
    table = responses.run(
        f"SELECT {part} AS part, x, z, w, {', '.join(names)} "
        f"FROM (SELECT {', '.join(inner)} FROM {responses.relation}) AS ratings ORDER BY part",
        engine,
    )
    return _summed(table, columns, cell)


def _summed(table: pa.Table, columns: Sequence[str], cell: Integers) -> GivenSums:
    ends = np.searchsorted(table.column("part").to_numpy(), np.arange(len(cell) + 1))
    replicates = len(columns)
    x, z, w = sums = np.zeros((3, replicates, len(cell)))
    products = np.zeros((len(cell), replicates, replicates))
    whole = np.zeros((replicates, replicates))
    for part, (start, stop) in enumerate(pairwise(ends)):
        rows = table.slice(start, stop - start)
        weights = np.column_stack([rows.column(name).to_numpy() for name in columns])
        values = np.vstack([rows.column(name).to_numpy() for name in "xzw"])
        sums[:, :, part] = values @ weights
        inside = weights[values[1] != 0]
        products[part] = inside.T @ inside
        whole += weights.T @ weights
    return GivenSums(cell, x, z, w, products, whole)


def _check(responses: Responses, columns: Sequence[str]) -> None:
    responses.check(columns)
    lacking = " + ".join(f"count(*) - count({identifier(name)})" for name in columns)
    (missing,) = responses.fetch(f"SELECT {lacking} FROM {responses.relation}")
    if missing:
        raise DesignError(
            f"{missing} replicate weights are missing.",
            where=responses.name,
            remedy="Give every rating a weight in every replicate, 0 where it is not drawn.",
        )
