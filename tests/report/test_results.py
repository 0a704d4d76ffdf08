"""What a result looks like by itself, in a script and in a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from advocacy import (
    Estimates,
    compare,
    curve,
    curve_tests,
    equivalence,
    estimate,
    lift,
    open_responses,
    standardise,
)
from advocacy.errors import UsageError
from advocacy.responses import Responses

HEADER = "score,recommended_past_12m,sector,country,source_kind,programme"
LINES = [
    f"{score},{int((i + score) % 3 > 0)},{'B2B' if i % 2 else 'B2C'},{('NO', 'SE')[i % 4 > 1]},"
    f"simulated,P{i % 7}"
    for score in range(11)
    for i in range(24)
]


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    path: Path = tmp_path_factory.mktemp("results") / "ratings.csv"
    path.write_text("\n".join([HEADER, *LINES]), encoding="utf-8")
    return open_responses(path)


def results(responses: Responses) -> dict[str, Estimates]:
    return {
        "estimate": estimate(responses, by=["sector"]),
        "one name alone": estimate(responses, by="sector"),
        "lift": lift(responses, by=["sector"]),
        "compare": compare(responses, between="country"),
        "ratios": compare(responses, between="country", quantity="ratio"),
        "standardise": standardise(responses, between="sector", mix=["country"]),
        "equivalence": equivalence(responses, by=["sector"]),
        "curve": curve(responses),
        "curves": curve(responses, by=["sector"]),
    }


def test_each_says_what_it_is_of_and_draws_itself(responses: Responses, tmp_path: Path) -> None:
    for name, result in results(responses).items():
        for shown in (str(result), result._repr_html_()):
            assert "Simulated data: not a finding" in shown, name
            assert "12 months before" in " ".join(shown.split()), name
        figure = result.plot()
        assert isinstance(figure, Figure)
        figure.savefig(tmp_path / "figure.png")
        texts = " ".join(
            text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text"))
        )
        assert "SIMULATED" in texts, name


def test_comparisons_draw_what_compares(responses: Responses) -> None:
    figure = compare(responses, between="country").plot()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Norway − Sweden"]
    figure = lift(responses).plot()
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["10 − 0 to 6", "10 − 7 or 8"]


def test_tests_of_a_curve_are_not_drawn(responses: Responses) -> None:
    with pytest.raises(UsageError, match="not drawn"):
        curve_tests(responses).plot()
