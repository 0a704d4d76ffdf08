"""Frame variables that the file of invitations has of its own, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from advocacy.errors import MissingColumnError, UsageError
from advocacy.robustness.invited import participation, told
from advocacy.robustness.nonresponse import nonresponse
from tests.robustness.answers import imported

# Of 30 invited in the north 10 answered, 4 of them with yes; of 20 in the south 10, 8 with yes;
# of 5 in the west nobody. The ratings do not say where anybody lives.
REGIONS = (("north", 30, 10, 4), ("south", 20, 10, 8), ("west", 5, 0, 0))
RATINGS = ["respondent_id,programme,supplier,interviewed_on,score,recommended_past_12m"]
CONTACTS = ["respondent_id,programme,invited_on,disposition,segment_region"]
for region, invited, answered, yes in REGIONS:
    for number in range(invited):
        who = f"{region}{number}"
        code = "1.1" if number < answered else "2.2"
        CONTACTS.append(f"{who},p,2025-01-01,{code},{region}")
        if number < answered:
            RATINGS.append(f"{who},p,P,2025-02-01,10,{str(number < yes).lower()}")
FILES = {"ratings": "\n".join(RATINGS) + "\n", "contacts": "\n".join(CONTACTS) + "\n"}


def test_invitations_stand_for_their_region(tmp_path: Path) -> None:
    responses = imported(tmp_path, **FILES)
    assert told(responses) == ["programme", "segment_region"]
    found = nonresponse(responses, frame=["segment_region"])
    rows = {(row["assumption"], row["parameter"]): row for row in found.table.to_pylist()}
    # Each who answered stands for 3 in the north and for 2 in the south.
    assert rows["ipw", None]["estimate"] == pytest.approx((4 * 3 + 8 * 2) / (10 * 3 + 10 * 2))
    about = next(note for note in found.notes if note.key == "robustness.frame_groups")
    assert about.values == {"names": ["segment_region"], "known": 2, "ratings": 0, "silent": 5}


def test_the_proxy_is_of_the_region(tmp_path: Path) -> None:
    """At phi = 1 the slope is the inverse of the biserial correlation; by its formulas here."""
    found = nonresponse(imported(tmp_path, **FILES), frame=["segment_region"])
    rows = {(row["assumption"], row["parameter"]): row for row in found.table.to_pylist()}
    x = norm.ppf([(4 + 0.5) / 11, (8 + 0.5) / 11])
    silent = np.array([20, 10])
    mean, mean_silent = x.mean(), np.average(x, weights=silent)
    spread, spread_silent = x.var(), np.average((x - mean_silent) ** 2, weights=silent)
    centre = norm.ppf(0.6)
    rho = np.mean((x - mean) * [0.4, 0.8]) / spread**0.5 / norm.pdf(centre)
    for phi in (0.0, 0.5, 1.0):
        slope = (phi + (1 - phi) * rho) / (phi * rho + 1 - phi)
        latent = centre + slope * (mean_silent - mean) / spread**0.5
        scale = (1 + slope**2 * (spread_silent - spread) / spread) ** 0.5
        by_hand = (20 * 0.6 + 30 * norm.cdf(latent / scale)) / 50
        assert rows["proxy", phi]["estimate"] == pytest.approx(by_hand, rel=1e-9)


def test_response_rates_by_what_the_contacts_tell(tmp_path: Path) -> None:
    found = participation(imported(tmp_path, **FILES), by=["segment_region"]).table.to_pylist()
    rates = {row["segment_region"]: row["estimate"] for row in found if row["outcome"] == "RR1"}
    assert rates == pytest.approx({"north": 1 / 3, "south": 1 / 2, "west": 0})


def test_what_contacts_do_not_tell_is_named(tmp_path: Path) -> None:
    responses = imported(tmp_path, **FILES)
    with pytest.raises(MissingColumnError, match="do not tell segment_age") as raised:
        nonresponse(responses, frame=["segment_age"])
    assert "They tell: programme, segment_region" in str(raised.value.remedy)
    with pytest.raises(UsageError, match="all ratings together"):
        nonresponse(responses, frame=["segment_region"], by=["supplier"])


def test_one_group_tells_nothing(tmp_path: Path) -> None:
    found = nonresponse(imported(tmp_path, **FILES))
    assert "robustness.no_frame" in [note.key for note in found.notes]
