r"""Sensitivity and specificity of a self-report, by the records of some respondents.

Whose records are searched may depend on what they said. So those searched stand for all who gave
the same answer, and have the same covariates (Begg and Greenes 1983,
https://doi.org/10.2307/2530820). With :math:`N_{yx}` the weight of all with answer y and
covariates x, :math:`q_{yx}` the share of those searched who are on record, and c the share of
recommendations that get on record,

.. math:: \pi = \sum_{yx} N_{yx} q_{yx} / (c N), \quad
          Se = \sum_x N_{1x} q_{1x} / (c \pi N), \quad
          1 - Sp = (\sum_x N_{1x} - Se\, \pi N) / (N - \pi N).

:math:`\pi` is the Rogan-Gladen rate with these two. As the validation is part of the sample, the
rate, Se and Sp go together, and the interval of :math:`\pi` is that of a proportion under the
design; melding supposes that they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError
from advocacy.estimation.asked import Asked
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import in_order, unnamed
from advocacy.remarks import Remark
from advocacy.robustness.reported import reported
from advocacy.robustness.smooth import transformed
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import members, rolled_up
from advocacy.survey.cells.numbering import numbered_rows
from advocacy.survey.cells.statement import Domain
from advocacy.survey.intervals import korn_graubard
from advocacy.survey.quantities import Quantities, counts, totals

Flags = npt.NDArray[np.bool_]

VALIDATION = ("verification_checked", "verified_recommended_on", "interviewed_on")
_SAID, _RECORD = "said:", "record:"
_FOUND = (
    "CASE WHEN verification_checked AND interviewed_on IS NOT NULL THEN "
    "coalesce(verified_recommended_on > interviewed_on - INTERVAL 12 MONTH "
    "AND verified_recommended_on <= interviewed_on, FALSE) END"
)


def by_records(
    asked: Asked, on: Sequence[str], capture: float, line: float, conf_level: float
) -> tuple[list[dict[str, Any]], list[Remark], Quantities, int]:
    """Return the rows, the notes, the validated rates, and the number of ratings in no row.

    Arguments and errors are those of `misreport`.
    """
    covariates = [one for one in find_segments(on) if one.name not in asked.names]
    for segment in covariates:
        asked.responses.require(segment.needs, f"The covariate {segment.name}")
    asked.responses.check(sorted({name for one in covariates for name in one.needs}))
    every = reported(asked, line, conf_level)
    cells = asked.cells(
        [
            *asked.domains,
            *(one.domain for one in covariates),
            said_domain(),
            found_domain(),
        ]
    )
    groups = rolled_up(cells, asked.names)
    lacking = unnamed(groups.keys, asked.names, groups.size)
    behind = counts(cells, groups).n
    shown = in_order(groups.keys, np.flatnonzero(~lacking & (behind > 0)), asked.segments)
    domains = list(members(groups))
    strata = [_SAID, *(one.name for one in covariates)]
    parts = [_Part.of(cells, domains[number], strata, capture) for number in shown]
    base = totals(cells, asked.design).take(np.arange(cells.n_domains) + cells.n_domains)
    names = _names(groups.keys, shown, asked.names)
    for part, name in zip(parts, names, strict=True):
        part.refuse(base.estimate, capture, name)
    found = transformed(
        base, lambda values: np.concatenate([part.rates(values) for part in parts], axis=-1)
    )
    rows: list[dict[str, Any]] = []
    notes: list[Remark] = []
    rates = found.take(np.arange(0, 4 * len(parts), 4))
    variance, df = rates.variance(), rates.df()
    for number, (one, part, name) in enumerate(zip(every.rows, parts, names, strict=True)):
        rate, se, sp, on_record = found.estimate[4 * number : 4 * number + 4].tolist()
        n = np.array([part.worth(cells, base.estimate)])
        limits = korn_graubard(np.array([rate]), variance[[number]], n, df[[number]], conf_level)
        rows.append(one.row)
        rows.append(
            one.judged(
                {
                    "assumption": "validated" if capture == 1 else "captured",
                    "estimate": rate,
                    "std_error": float(np.sqrt(variance[number])),
                    "df": float(df[number]),
                    "low": rate,
                    "high": rate,
                    "conf_low": float(limits[0][0]),
                    "conf_high": float(limits[1][0]),
                    "sensitivity": se,
                    "specificity": sp,
                    "parameter": capture,
                }
            )
        )
        rows.append(
            one.judged(
                {
                    "assumption": "on_record",
                    "interval": None,
                    "low": on_record,
                    "high": 1.0,
                    # The share of what is done that gets on record at which the rate is the line.
                    "fails_of": "capture",
                    "fails_at": on_record / line if on_record < line else np.nan,
                }
            )
        )
        notes.append(part.note(cells, name))
    return rows, notes, rates, every.unplaced


def said_domain() -> Domain:
    """Return what a rating says of the 12 months before, as a domain."""
    return Domain(_SAID, "recommended_past_12m")


def found_domain() -> Domain:
    """Return whether a record was found, as a domain; missing where none was searched."""
    return Domain(_RECORD, _FOUND)


@dataclass(frozen=True)
class _Part:
    """The domains of a row: what those in each said, and whether they were searched and found.

    Parameters
    ----------
    domain
        Numbers of the domains, shape (D,).
    said, searched, found
        What is so of each domain, shape (D,).
    stratum
        Number of the answer and covariates of each domain, shape (D,).
    capture
        Share of recommendations that get on record.
    """

    domain: Integers
    said: Flags
    searched: Flags
    found: Flags
    stratum: Integers
    capture: float

    @staticmethod
    def of(cells: Cells, domain: Integers, strata: Sequence[str], capture: float) -> _Part:
        own = cells.domains.take(pa.array(domain))
        record = own.column(_RECORD)
        return _Part(
            domain,
            pc.fill_null(own.column(_SAID), False).to_numpy().astype(bool),
            pc.is_valid(record).to_numpy().astype(bool),
            pc.fill_null(record, False).to_numpy().astype(bool),
            numbered_rows(own, list(strata))[0],
            capture,
        )

    def rates(self, totals: Floats) -> Floats:
        """Return rate, sensitivity, specificity and share on record; (..., all D) to (..., 4)."""
        of_all = totals[..., self.domain]
        every, yes = of_all.sum(axis=-1), of_all[..., self.said].sum(axis=-1)
        on_record, said_so = (self._found(of_all, which) for which in (None, True))
        did = on_record / self.capture
        hits = said_so / self.capture
        return np.stack(
            [did / every, hits / did, 1 - (yes - hits) / (every - did), on_record / every], axis=-1
        )

    def _found(self, of_all: Floats, said: bool | None) -> Floats:
        """Return the weight of those who are, or were they searched would be, on record."""
        weight = of_all[..., 0] * 0
        for number in np.unique(self.stratum):
            own = self.stratum == number
            if said is not None and self.said[own][0] != said:
                continue
            judged = own if self.searched[own].any() else self.said == self.said[own][0]
            found = of_all[..., judged & self.found].sum(axis=-1)
            searched = of_all[..., judged & self.searched].sum(axis=-1)
            weight = weight + of_all[..., own].sum(axis=-1) * found / searched
        return weight

    def worth(self, cells: Cells, totals: Floats) -> float:
        """Return the number of people, all searched, who would tell as much if drawn one by one.

        PSUs may be alike by chance: an interval is no narrower than this allows.
        """
        rate, n, of_all = self.rates(totals)[0], cells.totals(cells.n)[self.domain], 0.0
        weight = totals[self.domain] / totals[self.domain].sum()
        for number in np.unique(self.stratum):
            own = self.stratum == number
            judged = own if self.searched[own].any() else self.said == self.said[own][0]
            searched = n[judged & self.searched].sum()
            q = n[judged & self.found].sum() / searched
            share = weight[own].sum()
            of_all += share**2 * q * (1 - q) / searched + share * (q - rate) ** 2 / n.sum()
        return float(rate * (1 - rate) / of_all) if of_all > 0 else float(n.sum())

    def refuse(self, totals: Floats, capture: float, name: str) -> None:
        """Refuse a validation that does not tell sensitivity and specificity."""
        for said, words in ((True, "say that they recommended"), (False, "say that they did not")):
            if (self.said == said).any() and not (self.searched & (self.said == said)).any():
                raise DataError(
                    f"The validation subsample of {name} has nobody of those who {words}.",
                    where="column verification_checked",
                    remedy="Search the records of some of them too, or state ranges with "
                    "--sensitivity and --specificity.",
                )
        for found, what, did in ((True, "positives", "have"), (False, "negatives", "lack")):
            if not (self.searched & (self.found == found)).any():
                raise DataError(
                    f"The validation subsample of {name} has no {what}: none of those searched "
                    f"{did} a recommendation on record from the 12 months before.",
                    where="column verified_recommended_on",
                    remedy="Search the records of more respondents, or state ranges with "
                    "--sensitivity and --specificity.",
                )
        rate, se, sp, on_record = self.rates(totals).tolist()
        if rate >= 1 or sp < 0:
            raise DataError(
                f"In {name} a share of {on_record:.3g} is on record, and those on record say that "
                f"they recommended in a share of {se:.3g}; with a capture of {capture:g} more "
                "would have recommended than there are.",
                remedy="State a larger --capture.",
            )
        if se + sp <= 1:
            raise DataError(
                f"In {name} a sensitivity of {se:.3g} and a specificity of {sp:.3g} add up to at "
                "most 1: the self-report says nothing about what is on record.",
                remedy="Check that record and self-report are coded the same way round; if they "
                "are, records and answers are of different things.",
            )

    def note(self, cells: Cells, name: str) -> Remark:
        """Say on how many searched the row rests, and how many have none like them searched."""
        n = cells.totals(cells.n)[self.domain]
        with_some = np.isin(self.stratum, self.stratum[self.searched])
        return Remark(
            "robustness.searched",
            {
                "name": name,
                "searched": int(n[self.searched].sum()),
                "ratings": int(n.sum()),
                "found": int(n[self.found].sum()),
                "others": int(n[~with_some].sum()),
            },
        )


def _names(keys: pa.Table, shown: Integers, by: Sequence[str]) -> list[str]:
    rows = keys.take(pa.array(shown)).to_pylist() if by else [{}]
    return [" · ".join(str(value) for value in row.values()) or "all ratings" for row in rows]
