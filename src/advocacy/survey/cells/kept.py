"""Cells kept for the next table, so that the tables of one ratio and design need one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.rollup import margin
from advocacy.survey.cells.statement import Domain, Ratio
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine


@dataclass(frozen=True)
class _Pass:
    """A pass that was run: what it was of, and its cells."""

    responses: Responses
    design: SurveyDesign
    ratio: Ratio
    by: tuple[Domain, ...]
    cells: Cells


@dataclass(frozen=True)
class KeptCells:
    """An engine that keeps the cells of every pass, as long as it is there itself.

    A pass by the same domains is not run again, and one by some of them is added up from the
    cells with the fewest. So the finest crossing is to be asked for first. The numbers are those
    of passes of their own but for the last bits of sums, which depend on what was asked before.

    Parameters
    ----------
    engine
        Where passes are run.
    """

    engine: Engine
    _passes: list[_Pass] = field(default_factory=list, init=False, repr=False, compare=False)

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the result of ``sql``, as `engine` gives it."""
        return self.engine.run(sql, tables)

    def cells(
        self,
        responses: Responses,
        design: SurveyDesign,
        ratio: Ratio,
        by: Sequence[Domain],
        passed: Callable[[], Cells],
    ) -> Cells:
        """Return the cells that are kept, or added up from them; else run and keep ``passed``."""
        like = [one for one in self._passes if _alike(one, responses, design, ratio)]
        for one in like:
            if one.by == tuple(by):
                return one.cells
        finer = [one.cells for one in like if set(by) <= set(one.by)]
        # Replicates draw PSUs by their numbers, which are others in cells that were added up.
        if finer and design.replication is None:
            fewest = min(finer, key=lambda cells: len(cells.domain))
            return margin(fewest, [domain.name for domain in by])
        kept = _Pass(responses, design, ratio, tuple(by), passed())
        self._passes.append(kept)
        return kept.cells


def _alike(one: _Pass, responses: Responses, design: SurveyDesign, ratio: Ratio) -> bool:
    """Tell whether a pass had the sums that are wanted, by whatever domains."""
    return (
        one.responses is responses
        and one.ratio == ratio
        and one.design.keeps_units == design.keeps_units
        and _of_pass(one.design) == _of_pass(design)
    )


def _of_pass(design: SurveyDesign) -> SurveyDesign:
    """Return a design without what only the variances need, which the pass does not know."""
    given = design.replication and not design.replication.made
    replication = design.replication if given else None
    return replace(design, lonely_psu="fail", df="domain", replication=replication)
