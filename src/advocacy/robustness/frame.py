r"""What is known of those who did not answer, such as their programme. Two ways to use it.

Inverse-probability weights let those who answered stand for all invited of their group: of their
programme, or of a crossing of what the contacts tell. They suppose that within a group the silent
are like the others. The proxy pattern-mixture model
(Andridge and Little 2020, https://doi.org/10.2478/jos-2020-0035) does not: with a proxy x of the
answer, whether somebody answers depends on :math:`(1 - \phi) x + \phi u`, where u is the latent
normal variable behind the answer, and x is scaled to its variance. With :math:`\rho` the
correlation of x and u among respondents,

.. math:: \lambda = \frac{\phi + (1 - \phi) \rho}{\phi \rho + 1 - \phi}, \quad
          \mu_1 = \mu_0 + \lambda \frac{\bar x_1 - \bar x_0}{s_0}, \quad
          \sigma_1^2 = 1 + \lambda^2 \frac{s_1^2 - s_0^2}{s_0^2}

are mean and variance of u among the silent, of whom :math:`\Phi(\mu_1 / \sigma_1)` recommended.
The proxy is that of the group's rate; at :math:`\phi = 0` the silent of a group are like
those who answered, at 1 whether they answer depends on the answer alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.asked import Asked
from advocacy.remarks import Remark
from advocacy.robustness.invited import has_contacts, invited_by, with_contacts
from advocacy.robustness.participation import Dispositions, grouped
from advocacy.robustness.reported import EveryReported
from advocacy.sql import identifier
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import every_domain
from advocacy.survey.cells.statement import Domain
from advocacy.survey.intervals import wald
from advocacy.survey.quantities import Quantities, totals

# What all contacts tell.
PROGRAMME = ("programme",)
PHIS = (0.0, 0.5, 1.0)
# Of numerical derivatives, relative to a programme's weight.
_STEP = 1e-6


def reweighted(totals: Floats, invited: Floats) -> Floats:
    """Return the rate with those who answered standing for all invited to their programme.

    Parameters
    ----------
    totals
        Weights of who recommended in each of P programmes, then of all; shape (..., 2P).
    invited
        Invitations for each interview, shape (P,).
    """
    yes, every = np.split(totals, 2, axis=-1)
    return np.asarray((yes @ invited) / (every @ invited))[..., None]


def proxy_mixture(totals: Floats, invited: Floats, phi: float, half: float) -> Floats:
    """Return the rate by the proxy pattern-mixture model; arguments as of `reweighted`.

    ``half`` is added to yes and to no of each programme, so that none has a rate of 0 or 1.
    """
    yes, every = np.split(totals, 2, axis=-1)
    x = ndtri((yes + half) / (every + 2 * half))
    silent = every * (invited - 1)
    mean, mean_silent = _mean(x, every), _mean(x, silent)
    spread = _mean((x - mean[..., None]) ** 2, every)
    spread_silent = _mean((x - mean_silent[..., None]) ** 2, silent)
    rate = yes.sum(axis=-1) / every.sum(axis=-1)
    centre = ndtri(rate)
    # Biserial: of x with the latent variable of which the answer shows on which side it is.
    together = _mean((x - mean[..., None]) * (yes / every), every)
    density = np.exp(-(centre**2) / 2) / np.sqrt(2 * np.pi)
    rho = np.clip(together / np.sqrt(spread) / density, 1e-9, 1.0)
    slope = (phi + (1 - phi) * rho) / (phi * rho + 1 - phi)
    latent = centre + slope * (mean_silent - mean) / np.sqrt(spread)
    variance = 1 + slope**2 * (spread_silent - spread) / spread
    # The silent may vary so little that the model has no place for them.
    of_silent = ndtr(latent / np.sqrt(np.where(variance > 0, variance, np.nan)))
    share = silent.sum(axis=-1) / (every @ invited)
    return np.asarray((1 - share) * rate + share * of_silent)[..., None]


def _mean(values: Floats, weight: Floats) -> Floats:
    return np.asarray((values * weight).sum(axis=-1) / weight.sum(axis=-1))


def frame_rows(
    asked: Asked, every: EveryReported, frame: Sequence[str]
) -> tuple[list[dict[str, Any]], list[Remark]]:
    """Return rows that use what is known of those who did not answer, of all ratings together.

    Nothing where the responses are crossed, there are no contacts, or all are of one group.
    ``frame`` names what contacts tell, as `told` gives it.
    """
    if frame != PROGRAMME:
        counted = invited_by(asked.responses, frame)
        _refuse_crossed(asked)
    if asked.segments or not has_contacts(asked.responses):
        return [], []
    if frame == PROGRAMME:
        # Ratings without an invitation of their own are of programmes that were invited, too.
        counted = invited_by(asked.responses, frame)
        cells = asked.cells([Domain("programme", "coalesce(programme, '')")])
    else:
        linked = replace(asked, responses=with_contacts(asked.responses, frame))
        names = [f"contact_{name}" for name in frame]
        cells = linked.cells([Domain(name, identifier(name)) for name in names])
    own = [tuple(row.values()) for row in cells.domains.to_pylist()]
    numbers = {key: grouped(codes) for key, codes in counted.items()}
    ratio = {
        name: (one.eligible + one.unknown) / one.interviews
        for name, one in numbers.items()
        if one.interviews
    }
    known = [place for place, name in enumerate(own) if name in ratio]
    if len(known) < 2:
        return [], [Remark("robustness.no_frame", {"names": list(frame)})]
    base = totals(cells, asked.design, every_domain(cells))
    places = np.array(known)
    found = base.take(np.concatenate([places, places + cells.n_domains]))
    invited = np.array([ratio[own[place]] for place in known])
    half = 0.5 * float(cells.z.sum() / cells.n.sum())
    one = every.rows[0]
    shown: list[tuple[str, float | None, Callable[[Floats], Floats]]] = [
        ("ipw", None, partial(reweighted, invited=invited))
    ]
    for phi in PHIS:
        shown.append(("proxy", phi, partial(proxy_mixture, invited=invited, phi=phi, half=half)))
    rows = []
    for assumption, parameter, function in shown:
        rate = _transformed(found, function)
        limits = wald(rate.estimate, rate.variance(), np.ones(1), rate.df(), one.row["conf_level"])
        rows.append(
            one.judged(
                {
                    "assumption": assumption,
                    "parameter": parameter,
                    "estimate": rate.estimate[0],
                    "std_error": float(np.sqrt(rate.variance()[0])),
                    "df": rate.df()[0],
                    "low": rate.estimate[0],
                    "high": rate.estimate[0],
                    "interval": "wald",
                    "conf_low": max(float(limits[0][0]), 0.0),
                    "conf_high": min(float(limits[1][0]), 1.0),
                },
                "nonresponse",
            )
        )
    return rows, [_said(cells, frame, own, places, numbers)]


def _said(
    cells: Cells,
    frame: Sequence[str],
    own: Sequence[tuple[str, ...]],
    known: Integers,
    numbers: Mapping[tuple[str, ...], Dispositions],
) -> Remark:
    """Say how many groups there are, and who is left out of them."""
    used = {own[place] for place in known}
    silent = sum(one.eligible + one.unknown for key, one in numbers.items() if key not in used)
    ratings = cells.totals(cells.n)
    return Remark(
        "robustness.frame_groups",
        {
            "names": list(frame),
            "known": len(known),
            "ratings": int(ratings.sum() - ratings[known].sum()),
            "silent": silent,
        },
    )


def _refuse_crossed(asked: Asked) -> None:
    if asked.segments:
        raise UsageError(
            "What contacts tell of the silent is used for all ratings together, not by segment.",
            remedy=f"Leave out --frame, or --by {','.join(asked.names)}.",
        )


def _transformed(found: Quantities, function: Callable[[Floats], Floats]) -> Quantities:
    """Return a function of totals, with derivatives by central differences."""
    at = found.estimate
    step = _STEP * np.maximum(np.abs(at), 1e-9)
    moved = np.diag(step)
    slopes = (function(at + moved) - function(at - moved))[:, 0] / (2 * step)
    return found.transformed(function, slopes[None, :])
