"""What is not shown, so that no reader learns the answers of few ratings or of one supplier.

Primary suppression withholds the rows that break a rule of `DisclosureRules`. Complementary
suppression withholds further rows, until nobody can work out the first from all that is shown:
the other rows, tables, estimands and sets of scores, and the previous release.

Notes
-----
**What the reader is taken to know.** Each n that is shown and each numerator (with weights too,
although the estimate does not give it away then); that counts are whole numbers; every sum that
`relations` lists; and the previous release, since which no count has fallen unless it can be seen
to have. Differences that no table shows are protected as rows are: between nested sets of scores
(promoters less those who score 10 are those who score 9), and what was added since the previous
release.

**Protection rule.** The interval that the reader can work out is wide enough, as by the sliding
protection levels of Fischetti and Salazar (2001):

* few ratings in the base, or added: at least ``smallest_n`` for n and ``smallest_count`` for the
  numerator and for the rest;
* a small numerator or rest: at least ``smallest_count`` for both;
* few suppliers, or one large: as for few ratings, and at least (s / ``largest_supplier`` − 1) of
  the count, s the largest supplier's share (1 where suppliers are few): as much as would have to
  be added for the rule to be met.

**Suppliers.** Of what follows from the tables nothing is of the ratings of too few suppliers
(`unions`), and no supplier has too large a share of it (`dominance`).

Since n of a row is 1 or more, and a numerator 0 or more, the interval then always holds a value
that the rule allows: the reader can never say that a row is small. A row that is withheld only to
protect another is never known exactly in both numerator and n.

References
----------
Fischetti and Salazar (2001), Solving the cell suppression problem on tabular data with linear
constraints, Management Science 47, 1008–1027, doi:10.1287/mnsc.47.7.1008.9805.
Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapters 4 and 5,
doi:10.1002/9781118348239.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import UsageError
from advocacy.estimation.disclosure.rows import Row, rows_of
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.disclosure.step import Step
from advocacy.estimation.estimates import Estimates
from advocacy.responses import Responses

# Columns from which an estimate could be read or worked out, or which rule its row breaks.
_REVEALING = (
    "estimate", "std_error", "conf_low", "conf_high", "df", "p_value", "n", "n_numerator",
    "n_eff", "n_programmes", "n_suppliers", "largest_supplier", "deff",
)  # fmt: skip


def withhold(
    tables: Sequence[Estimates],
    rules: DisclosureRules,
    previous: Sequence[Estimates] = (),
    responses: Responses | None = None,
) -> list[Estimates]:
    """Blank the rows that must not be shown and flag them `withheld`.

    A withheld row does not say which rule it breaks, or whether it breaks one at all: that would
    narrow what its reader has to guess. `decide` tells the publisher.

    Parameters
    ----------
    tables
        All tables that are published together, of the same responses.
    rules
        The limits.
    previous
        The previous release of such tables, as it was published.
    responses
        Those from which the tables were estimated: who has the ratings that no table lists, such
        as those that lack a segment. Without them, that these are enough is taken for granted.

    Returns
    -------
    list of Estimates
        The tables in their order, without what their covariance is formed from.

    Raises
    ------
    UsageError
        A table holds comparisons, or rows that are withheld already.
    DataError
        The tables are not all of the same responses.
    """
    return blank(tables, decide(tables, rules, previous, responses))


def blank(tables: Sequence[Estimates], reasons: Sequence[Sequence[str | None]]) -> list[Estimates]:
    """Blank and flag the rows for which `decide` gave a reason."""
    return [_blanked(table, chosen) for table, chosen in zip(tables, reasons, strict=True)]


def _blanked(estimates: Estimates, reasons: Sequence[str | None]) -> Estimates:
    table = estimates.table
    hidden = pa.array([reason is not None for reason in reasons], pa.bool_())
    replacements = dict.fromkeys(_REVEALING) | {"reliability": "withheld"}
    for name, value in replacements.items():
        position = table.column_names.index(name)
        column = table.column(position)
        values = pc.if_else(hidden, pa.scalar(value, column.type), column)
        table = table.set_column(position, table.field(position), values)
    return replace(estimates, table=table, quantities=None)


def decide(
    tables: Sequence[Estimates],
    rules: DisclosureRules,
    previous: Sequence[Estimates] = (),
    responses: Responses | None = None,
) -> list[list[str | None]]:
    """Return why each row is to be withheld; ``None`` where it may be shown.

    The reasons are for the publisher alone: whoever knows them has less to guess.

    Returns
    -------
    list of lists
        A reason a row of each table: ``few_ratings``, ``small_numerator``, ``few_suppliers``,
        ``large_supplier``, ``small_addition`` (since the previous release) or
        ``protects_another``. Where nothing less is enough, that is a whole table.

    Notes
    -----
    Arguments and errors are those of `withhold`. Rows that protect another are chosen for one
    sensitive count after the other, with as few ratings as possible in them.
    """
    rows, before = list(rows_of(tables, "now")), list(rows_of(previous, "before"))
    _check_whole(rows)
    step = Step(rules, rows, before, responses)
    step.withhold_sensitive()
    step.protect()
    step.protect_sums()
    step.protect_shares()
    step.restore()
    step.follow()
    reasons: list[list[str | None]] = [[None] * len(table) for table in tables]
    for number, reason in step.reasons.items():
        table, position = rows[number].place
        reasons[table][position] = reason
    return reasons


def _check_whole(rows: Sequence[Row]) -> None:
    for row in rows:
        if np.isnan(row.n):
            raise UsageError(
                "A row has no n: it is withheld already, or no estimate from responses.",
                where=f"table {row.place[0] + 1}, row {row.place[1] + 1}",
                remedy="Give the tables as they were estimated.",
            )
