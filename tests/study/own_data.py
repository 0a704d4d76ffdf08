"""Studies of data of one's own, made for tests: collected by kind, random by nature."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from advocacy.provenance import sha256
from tests.study.copied import copy_of_the_study

PROTOCOL = """\
[sources]
folder = "data/raw/mine"

[eligibility]
repeat = "first"
repeat_window_days = 365

[estimation]
estimands = {estimands}
intent = "score_10"
targets = {targets}
weight_scaling = "respondents"
interval = "korn_graubard"
conf_level = 0.95
lonely_psu = "fail"
threads = 1

[rates]
crossings = {crossings}
{more}
[disclosure]
smallest_n = 10
smallest_count = 3
fewest_suppliers = {suppliers}
largest_supplier = 1.0
"""
ALL_TOGETHER = """
[lift]
crossings = [[]]
[equivalence]
crossings = [[]]
margin = 0.05
conf_level = 0.90
[curve]
crossings = [[]]
[curve_tests]
crossings = [[]]
"""
BY_SEGMENTS = """
finer = [
    ["sector", "industry"], ["sector", "country"], ["country", "score"],
    ["sector", "industry", "country"],
]
[pairs]
between = ["sector", "industry", "country"]
quantity = "difference"
adjust = "holm"
[lift]
crossings = [[], ["sector"]]
[standardisation]
between = ["sector"]
mix = ["industry", "country"]
[equivalence]
crossings = [[], ["sector"], ["country"]]
margin = 0.05
conf_level = 0.90
[curve]
crossings = [[], ["sector"], ["country"]]
[curve_tests]
crossings = [[], ["sector"], ["country"]]
"""
CROSSINGS = """[
    [], ["score"], ["score_band"], ["sector"], ["sector", "score"], ["industry"], ["country"],
    ["year"],
]"""


def answers(seed: int, n: int, *, programme: str = "", **segments: Sequence[str]) -> pd.DataFrame:
    """Return answers with canonical names: a score, whether they recommended, and segments."""
    rng = np.random.default_rng(seed)
    score = rng.choice(11, n, p=[0.02] * 6 + [0.06, 0.12, 0.22, 0.20, 0.28])
    recommended = rng.random(n) < 0.1 + 0.05 * score
    frame = pd.DataFrame({"score": score, "recommended_past_12m": recommended})
    frame.insert(0, "respondent_id", [f"{programme}r{number}" for number in range(n)])
    if programme:
        frame["programme"] = programme
    for name, levels in segments.items():
        frame[name] = rng.choice(list(levels), n)
    return frame


def add_source(study: Path, name: str, frame: pd.DataFrame, kind: str = "collected") -> Path:
    """Put answers into a folder of their own with what describes them."""
    folder = study / "data" / "raw" / "mine" / name
    folder.mkdir(parents=True)
    file = folder / "survey.csv"
    frame.to_csv(file, index=False)
    text = f'name = "{name}"\nkind = "{kind}"\n\n[[files]]\nname = "survey.csv"\n'
    (folder / "source.toml").write_text(f'{text}sha256 = "{sha256(file)}"\n', encoding="utf-8")
    return folder


def own_study(
    root: Path,
    target: Path,
    *,
    targets: str = '["these_programmes"]',
    crossings: str = '[[], ["score"], ["score_band"]]',
    estimands: str = '["recommended_past_12m"]',
    more: str = "",
    suppliers: int = 1,
) -> Path:
    """Return a copy of the repository whose protocol is for data of one's own."""
    study = copy_of_the_study(root, target)
    for name in ("derived", "raw/mine"):  # what is published stays
        shutil.rmtree(study / "data" / name, ignore_errors=True)
    text = PROTOCOL.format(
        targets=targets, crossings=crossings, estimands=estimands, more=more, suppliers=suppliers
    )
    (study / "analysis" / "study.toml").write_text(text, encoding="utf-8")
    return study


def twelve(root: Path, target: Path, more: str = "") -> Path:
    """Return a study of twelve programmes, some of whose cells are withheld."""
    study = own_study(
        root,
        target,
        targets='["programmes_like_these", "these_programmes"]',
        crossings=CROSSINGS,
        estimands='["recommended_past_12m", "nps"]',
        more=BY_SEGMENTS + more,
        suppliers=3,
    )
    for number in range(12):
        frame = answers(number, 240, programme=f"p{number}", country=["NO", "SE", "DK"])
        frame["industry"] = ["C", "G", "K"][number % 3]
        frame["sector"] = "B2B" if number % 2 else "B2C"
        frame["supplier"] = f"s{number}"
        frame["interviewed_on"] = ["2024-05-01", "2025-05-01"] * 120
        add_source(study, f"p{number}", frame)
    return study
