r"""Replicate weights: how the variance is had from estimates on re-drawn samples.

A replicate r gives every rating another weight and every quantity another value
:math:`\theta_r`. With factors :math:`c_r` of the kind,

.. math::

    \widehat{Cov}(\hat\theta_a, \hat\theta_b) =
    \sum_r c_r (\theta^a_r - \theta^a) (\theta^b_r - \theta^b),

deviations taken from the mean of the replicates, or from the estimate itself (``mse``).
Wolter (2007), Introduction to Variance Estimation, https://doi.org/10.1007/978-0-387-35099-8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from advocacy.errors import UsageError

Kind = Literal["bootstrap", "jkn", "given"]
Scheme = Literal["BRR", "Fay", "JK1", "JK2", "JKn", "ACS", "bootstrap"]

_FEWEST = 2  # replicates that have a variance


@dataclass(frozen=True)
class Replication:
    """Where replicates come from: made of the PSUs, or given with the data.

    Parameters
    ----------
    kind
        `bootstrap`: Rao and Wu's, which draws one PSU fewer than the stratum has, with
        replacement. `jkn`: leaves out each PSU in turn. `given`: columns ``repweight_*``, each
        rating's weight in each replicate.
    number, seed
        Number of bootstrap replicates, and the seed of their draws.
    scheme
        How given replicates were made, as ``type`` of R's ``svrepdesign``.
    rho
        Fay's factor in [0, 1), for the scheme `Fay`.
    rscales
        Factor of each given replicate, for the scheme `JKn`: (n - 1)/n of its stratum.
    mse
        Deviations are taken from the estimate itself; otherwise from the mean of the
        replicates, as in R unless ``survey.replicates.mse`` is set.
    columns
        The given replicate weights; `survey_design` fills them in.

    Notes
    -----
    Rao and Wu (1988), https://doi.org/10.1080/01621459.1988.10478591; Rao, Wu and Yue (1992),
    Survey Methodology 18(2), 209-217. R equivalent:
    ``survey::as.svrepdesign(type = "subbootstrap")`` and ``type = "JKn"``,
    ``survey::svrepdesign(combined.weights = TRUE)``.
    """

    kind: Kind
    number: int = 500
    seed: int = 1
    scheme: Scheme | None = None
    rho: float = 0.0
    rscales: tuple[float, ...] = ()
    mse: bool = False
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what has no meaning, before anything is estimated."""
        if self.kind not in get_args(Kind):
            raise UsageError(
                f"{self.kind!r} is no kind of replicates.",
                remedy=f"Use one of: {', '.join(get_args(Kind))}.",
            )
        if self.kind == "bootstrap" and self.number < _FEWEST:
            raise UsageError(
                f"{self.number} replicates have no variance.", remedy="Use bootstrap:500."
            )
        if self.seed < 0:
            raise UsageError(f"The seed {self.seed} is below 0.", remedy="Use 1, or any above.")
        if self.kind == "given":
            _check_scheme(self.scheme, self.rho, self.rscales)

    @property
    def name(self) -> str:
        """What estimates call the method: `bootstrap`, `jkn` or `replicate_weights`."""
        return "replicate_weights" if self.kind == "given" else self.kind

    @property
    def made(self) -> bool:
        """Whether the replicates are made of the PSUs."""
        return self.kind != "given"

    @property
    def redraws(self) -> bool:
        """Whether a replicate is distributed about the estimate as that is about the truth."""
        return "bootstrap" in (self.kind, self.scheme)

    def describe(self) -> str:
        """Say in a few words where the replicates come from."""
        centre = "the estimate" if self.mse else "their mean"
        made = {
            "bootstrap": f"Rao–Wu bootstrap, {self.number} replicates, seed {self.seed}",
            "jkn": "jackknife, a replicate a PSU",
            "given": f"{len(self.columns)} replicate weights as given ({self.scheme})",
        }[self.kind]
        return f"{made}, deviations from {centre}"

    def given_factors(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return the factor of each given replicate's squared deviation, shape (R,).

        Raises
        ------
        UsageError
            There is not one of ``rscales`` for each replicate.
        """
        replicates = len(self.columns)
        if self.scheme == "JKn":
            if len(self.rscales) != replicates:
                raise UsageError(
                    f"There are {len(self.rscales)} rscales for {replicates} replicate weights.",
                    remedy="Give one for each, in the order of their columns.",
                )
            return np.array(self.rscales, dtype=np.float64)
        scale = {
            "BRR": 1 / replicates,
            "Fay": 1 / (replicates * (1 - self.rho) ** 2),
            "JK1": (replicates - 1) / replicates,
            "JK2": 1.0,
            "ACS": 4 / replicates,
            "bootstrap": 1 / max(replicates - 1, 1),
        }[str(self.scheme)]
        return np.full(replicates, scale)


def _check_scheme(scheme: str | None, rho: float, rscales: tuple[float, ...]) -> None:
    if scheme not in get_args(Scheme):
        raise UsageError(
            f"Replicate weights as given need their scheme; {scheme!r} is none."
            if scheme
            else "Replicate weights as given need their scheme.",
            remedy=f"Their documentation names it; one of: {', '.join(get_args(Scheme))}.",
        )
    if not 0 <= rho < 1 or (scheme == "Fay") != (rho > 0):
        raise UsageError(
            f"Fay's factor is {rho:g} with the scheme {scheme}.",
            remedy="Give the scheme Fay a factor between 0 and 1, and no other scheme one.",
        )
    if (scheme == "JKn") != bool(rscales) or any(factor < 0 for factor in rscales):
        raise UsageError(
            "The scheme JKn alone has rscales, the factor of each replicate: 0 or more.",
            remedy="Give them in Python: Replication('given', scheme='JKn', rscales=...).",
        )


def read_replication(text: str, seed: int = 1) -> Replication:
    """Read what a command line says: `bootstrap:500`, `jkn`, `given:BRR` or `given:Fay:0.3`.

    Raises
    ------
    UsageError
        It says none of these.
    """
    kind, *details = text.split(":")
    try:
        if kind == "bootstrap" and len(details) <= 1:
            number = int(details[0]) if details else Replication.number
            return Replication("bootstrap", number=number, seed=seed)
        if kind == "jkn" and not details:
            return Replication("jkn")
        if kind == "given" and len(details) <= 2:
            scheme = details[0] if details else None
            rho = float(details[1]) if len(details) > 1 else 0.0
            return Replication("given", scheme=scheme, rho=rho)  # type: ignore[arg-type]  # checked
    except UsageError:
        raise
    except ValueError as error:
        raise _unknown(text) from error
    raise _unknown(text)


def _unknown(text: str) -> UsageError:
    return UsageError(
        f"{text!r} names no replicates.",
        remedy="Use bootstrap:500, jkn, or given: with a scheme, such as given:BRR.",
    )
