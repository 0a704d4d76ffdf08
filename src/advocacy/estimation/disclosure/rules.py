"""The limits below which a rate is withheld."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class DisclosureRules:
    """Limits below which a row is withheld.

    Parameters
    ----------
    smallest_n
        Fewest ratings in the base.
    smallest_count
        Fewest ratings in the numerator, and fewest of the base that are not in it.
    fewest_suppliers
        Fewest suppliers rated.
    largest_supplier
        Largest share of the base's weight, and of its ratings, at one supplier, in (0, 1].
    """

    smallest_n: int = 10
    smallest_count: int = 3
    fewest_suppliers: int = 3
    largest_supplier: float = 0.85

    def own_file(self) -> DisclosureRules:
        """Return the rules for a client's report on its own file: none about suppliers."""
        return replace(self, fewest_suppliers=0, largest_supplier=1.0)

    def broken(
        self,
        n: float,
        hits: float,
        suppliers: float = np.nan,
        largest: float = np.nan,
    ) -> str | None:
        """Return the first rule that figures of a row break; what is not known, NaN, breaks none.

        Parameters
        ----------
        n, hits
            Unweighted ratings in the base and in the numerator.
        suppliers, largest
            Number of suppliers, and the largest one's share of the weight.
        """
        if n < self.smallest_n:
            return "few_ratings"
        if min(hits, n - hits) < self.smallest_count:
            return "small_numerator"
        if suppliers < self.fewest_suppliers:
            return "few_suppliers"
        return "large_supplier" if self.on_few(suppliers, largest) else None

    def on_few(self, suppliers: float, largest: float) -> bool:
        """Whether ratings rest on few suppliers, or on one too large; not where NaN."""
        return suppliers < self.fewest_suppliers or largest > self.largest_supplier

    @property
    def on_suppliers(self) -> bool:
        """Whether there is a rule about suppliers at all."""
        return self.fewest_suppliers > 1 or self.largest_supplier < 1
