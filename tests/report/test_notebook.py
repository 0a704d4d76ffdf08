"""What a notebook shows of estimates."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from advocacy import estimate, lift, open_responses

RATINGS = """score,recommended_past_12m,sector,source_kind
10,1,B2B <x>,simulated
10,0,B2B <x>,simulated
10,1,B2C,simulated
2,0,B2C,simulated
8,1,B2B <x>,simulated
"""


def opened(folder: Path, text: str = RATINGS) -> object:
    (folder / "ratings.csv").write_text(text.replace("B2B <x>", "B2B"), encoding="utf-8")
    return open_responses(folder / "ratings.csv")


def test_a_table_says_what_it_is_of(tmp_path: Path) -> None:
    shown = estimate(opened(tmp_path), by=["sector"])._repr_html_()  # type: ignore[arg-type]
    assert shown.index("Simulated data: not a finding") < shown.index("Of those who score 10")
    assert "<th>estimate</th>" in shown
    assert "<td>0.5</td>" in shown
    assert "<th>p_value</th>" not in shown, "a column without any value is left out"


def test_collected_data_are_not_called_simulated(tmp_path: Path) -> None:
    text = RATINGS.replace(",simulated", ",collected")
    shown = estimate(opened(tmp_path, text))._repr_html_()  # type: ignore[arg-type]
    assert "imulated" not in shown


def test_comparisons_show_and_draw_too(tmp_path: Path) -> None:
    found = lift(opened(tmp_path))  # type: ignore[arg-type]
    assert "<th>reference</th>" in found._repr_html_()
    assert isinstance(estimate(opened(tmp_path), by=["sector"]).plot(), Figure)  # type: ignore[arg-type]
