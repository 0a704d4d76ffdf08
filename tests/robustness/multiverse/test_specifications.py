"""Every analysis of a multiverse equals the same analysis done by itself."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advocacy import estimate, open_responses, survey_design
from advocacy.errors import DataError, DesignError, MissingColumnError, UsageError
from advocacy.estimation import Estimates
from advocacy.responses import Responses
from advocacy.robustness.multiverse.choices import Choices, Multiverse, read_multiverse
from advocacy.robustness.multiverse.specifications import multiverse
from advocacy.robustness.multiverse.summary import moved, varied, verdicts

Row = dict[str, Any]
ALL = Choices(
    intent=("score_10", "promoters", "5,8"),
    dont_know=("left_out", "as_no"),
    window=(12, 6, 3),
    repeat=("as_imported", "first", "last", "all"),
    countries=("all", "without NO", "NO,SE"),
    weights=("weighted", "unweighted", "equal_programmes"),
    target=("programmes_like_these", "these_programmes"),
    estimator=("pooled", "mean_of_programmes"),
    interval=("korn_graubard", "wilson"),
)
SCORES = {"score_10": ("10",), "promoters": ("9", "10"), "5,8": ("5", "8")}
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "df", "n_eff", "largest_supplier")
COUNTS = ("n", "n_numerator", "n_programmes", "n_suppliers", "reliability")


def drawn(seed: int = 5) -> list[Row]:
    """Return ratings of 12 programmes, one of which does not ask; respondents answer again."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for _ in range(1200):
        place = min(rng.randrange(12), rng.randrange(12))  # programmes of several sizes
        programme = f"P{place}"
        answer = None if programme == "P7" or rng.random() < 0.15 else rng.random() < 0.5
        rows.append(
            {
                "score": rng.choice([5, 7, 8, 9, 9, 10, 10, 10]),
                "recommended_past_12m": "" if answer is None else str(answer).lower(),
                "months_since_recommended": rng.choice(["", "1", "4.5", "6", "11"])
                if answer
                else "",
                "programme": programme,
                "supplier": programme,
                "sector": "B2B" if place < 6 else "B2C",
                "country": rng.choice(["NO", "SE", "DK", ""]),
                "respondent_id": f"r{rng.randrange(300)}",
                "interviewed_on": (date(2024, 1, 1) + timedelta(rng.randrange(900))).isoformat(),
                "weight": f"{rng.choice([0.5, 1, 2.5])}",
                "excluded": "other" if rng.random() < 0.05 else "",
                "source_kind": "collected",
            }
        )
    # What the import chose here: the first answers, by the rule as it is worded.
    aside = repeated(rows, "first")
    reason = "an earlier answer about this supplier, less than 365 days away, counts"
    for number in aside:
        rows[number]["excluded"] = reason
    return rows


def repeated(rows: list[Row], which: str) -> set[int]:
    """Return the numbers of rows that the contact rule sets aside, by its words alone."""
    groups = defaultdict(list)
    for number, row in enumerate(rows):
        if row["excluded"] != "other":
            groups[row["respondent_id"], row["supplier"]].append(number)
    aside = set()
    for numbers in groups.values():
        days = {n: date.fromisoformat(rows[n]["interviewed_on"]).toordinal() for n in numbers}
        sign = 1 if which == "first" else -1
        counted: int | None = None
        for number in sorted(numbers, key=lambda n: (days[n], n), reverse=which == "last"):
            if counted is not None and sign * (days[number] - counted) < 365:
                aside.add(number)
            else:
                counted = days[number]
    return aside


def changed(rows: list[Row], options: Row) -> list[Row]:
    """Return ratings as an analysis has them: those outside it do not count."""
    aside = set() if options["repeat"] == "all" else repeated(rows, "first")
    if options["repeat"] == "last":
        aside = repeated(rows, "last")
    done = []
    for number, row in enumerate(rows):
        new = dict(row) | {
            "excluded": "out" if row["excluded"] == "other" or number in aside else ""
        }
        if options["countries"] == "without NO" and row["country"] == "NO":
            new["excluded"] = "out"
        if options["countries"] == "NO,SE" and row["country"] not in ("NO", "SE"):
            new["excluded"] = "out"
        months = row["months_since_recommended"]
        if row["recommended_past_12m"] == "true" and options["window"] < 12:
            new["recommended_past_12m"] = str(
                bool(months) and float(months) <= options["window"]
            ).lower()
        if not row["recommended_past_12m"] and options["dont_know"] == "as_no":
            new["recommended_past_12m"] = "" if row["programme"] == "P7" else "false"
        new["months_since_recommended"] = ""
        if options["weights"] == "unweighted":
            del new["weight"]
        done.append(new)
    return done


def written(rows: list[Row], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def alone(rows: list[Row], options: Row, path: Path) -> Row:
    """Return the estimate of one analysis by itself."""
    responses = open_responses(written(changed(rows, options), path))
    scaling = "equal_programme" if options["weights"] == "equal_programmes" else "respondents"
    design = survey_design(responses, options["target"], weight_scaling=scaling)
    found = estimate(
        responses, intent=options["intent"], design=design, interval=options["interval"]
    )
    (row,) = found.table.to_pylist()
    return dict(row)


def mean_alone(rows: list[Row], options: Row, path: Path) -> Row:
    """Return the mean of programmes of one analysis by itself.

    With programmes as draws it is the rate of ratings whose weights add up to 1 in the base of
    each programme; with programmes given, the mean of their rates, which are independent.
    """
    done = changed(rows, options)
    scores = SCORES[options["intent"]]
    in_base = [
        str(row["score"]) in scores and row["recommended_past_12m"] != "" and not row["excluded"]
        for row in done
    ]
    with_base = {row["programme"] for row, within in zip(done, in_base, strict=True) if within}
    kept = [
        row
        for row, within in zip(done, in_base, strict=True)
        if within or row["programme"] not in with_base
    ]
    responses = open_responses(written(kept, path))
    design = survey_design(responses, "programmes_like_these", weight_scaling="equal_programme")
    ask: dict[str, Any] = {"intent": options["intent"], "interval": options["interval"]}
    (row,) = estimate(responses, design=design, **ask).table.to_pylist()
    if options["target"] == "programmes_like_these":
        return dict(row)
    every = open_responses(written(done, path))
    of_each = estimate(
        every, by=["programme"], design=survey_design(every, "these_programmes"), **ask
    )
    own = [one for one in of_each.table.to_pylist() if one["n"]]
    error = sum(one["std_error"] ** 2 for one in own) ** 0.5 / len(own)
    mean = sum(one["estimate"] for one in own) / len(own)
    alike = {name: row[name] for name in (*COUNTS[:4], "largest_supplier")}
    return alike | {"estimate": mean, "std_error": error}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return drawn()


@pytest.fixture(scope="module")
def file(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(rows, tmp_path_factory.mktemp("multiverse") / "ratings.csv")


@pytest.fixture(scope="module")
def every(file: Path) -> Estimates:
    return multiverse(open_responses(file), Multiverse(ALL))


def test_there_is_a_row_for_each_combination_in_the_order_of_the_choices(every: Estimates) -> None:
    assert len(every) == len(ALL) == 3 * 2 * 3 * 4 * 3 * 3 * 2 * 2 * 2
    options = ALL.options() | {"intent": ("score_10", "promoters", "scores_5_8")}
    table = every.table
    found = zip(*(map(str, table.column(name).to_pylist()) for name in options), strict=True)
    wanted = product(*(map(str, listed) for listed in options.values()))
    assert list(found) == list(wanted)


@pytest.mark.parametrize("sampled", [12, pytest.param(50, marks=pytest.mark.slow)])
def test_each_analysis_equals_the_same_done_by_itself(
    sampled: int, every: Estimates, rows: list[Row], tmp_path: Path
) -> None:
    combinations = list(product(*ALL.options().values()))
    chosen = random.Random(sampled).sample(range(len(combinations)), sampled)
    found = every.table.to_pylist()
    for number in chosen:
        options = dict(zip(ALL.options(), combinations[number], strict=True))
        by_itself = alone if options["estimator"] == "pooled" else mean_alone
        own = by_itself(rows, options, tmp_path / "one.csv")
        for name in own.keys() & set(NUMBERS):
            assert found[number][name] == pytest.approx(own[name], rel=1e-12), (options, name)
        for name in own.keys() & set(COUNTS):
            assert found[number][name] == own[name], (options, name)


@pytest.mark.parametrize("stratified", [False, True])
def test_a_mean_of_programmes_whose_units_lie_in_several(stratified: bool, tmp_path: Path) -> None:
    """Variance by hand: of each unit the sum of w (y - r) / (P Z), r and Z of the programme."""
    rng = random.Random(3)
    lines, ratings = ["score,recommended_past_12m,programme,stratum,psu,weight,source_kind"], []
    for _ in range(300):
        programme, psu = rng.choice("ABCD"), rng.randrange(30)
        stratum = f"s{psu % 3}" if stratified else "s0"
        yes, weight = rng.random() < 0.3 + 0.1 * "ABCD".index(programme), rng.choice([1, 2.5])
        lines.append(f"10,{yes},{programme},{stratum},p{psu},{weight},collected")
        ratings.append((programme, stratum, psu, yes, weight))
    path = tmp_path / "given.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    asked = Multiverse(Choices(target=("as_given",), estimator=("pooled", "mean_of_programmes")))
    _, found = multiverse(open_responses(path), asked).table.to_pylist()
    base = {p: sum(w for q, *_, w in ratings if q == p) for p in "ABCD"}
    rate = {p: sum(w * y for q, _, _, y, w in ratings if q == p) / base[p] for p in "ABCD"}
    units: dict[tuple[str, int], float] = defaultdict(float)
    for programme, stratum, psu, yes, weight in ratings:
        units[stratum, psu] += weight * (yes - rate[programme]) / (4 * base[programme])
    variance = 0.0
    for stratum in {key[0] for key in units}:
        own = np.array([value for key, value in units.items() if key[0] == stratum])
        variance += len(own) / (len(own) - 1) * float(((own - own.mean()) ** 2).sum())
    assert found["estimate"] == pytest.approx(sum(rate.values()) / 4, rel=1e-12)
    assert found["std_error"] == pytest.approx(variance**0.5, rel=1e-12)
    assert found["estimator"] == "mean_of_programmes"


def test_the_choices_matter_here(every: Estimates) -> None:
    """No analysis of the sample above is another one under another name."""
    frame = every.to_pandas()
    names = varied(every)
    assert names == list(ALL.options())
    for name in set(names) - {"target", "interval"}:
        alike = 1 if name == "repeat" else 0  # the import took the first answers
        distinct = frame.groupby(name).estimate.mean().round(12).nunique()
        assert distinct == len(ALL.options()[name]) - alike, name


def test_the_first_row_is_the_plain_estimate(file: Path) -> None:
    responses = open_responses(file)
    (own,) = estimate(responses).table.to_pylist()
    first = multiverse(responses).table.to_pylist()[0]
    for name in own.keys() - {"reference"}:
        wanted = own[name]
        exact = wanted if not isinstance(wanted, float) else pytest.approx(wanted, rel=1e-12)
        assert first[name] == exact, name


def test_the_rows_are_read_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many analyses there are, and of however many targets."""
    asked: list[str] = []
    run, fetch = Responses.run, Responses._asked

    def noted(self: Responses, sql: str, *rest: Any) -> Any:
        if self.relation == "placed":
            asked.append(sql)
        return (run if rest else fetch)(self, sql, *rest)

    monkeypatch.setattr(Responses, "run", noted)
    monkeypatch.setattr(Responses, "_asked", noted)
    responses = open_responses(file)
    asked.clear()
    multiverse(responses, Multiverse(ALL))
    assert len(asked) == 1, asked


# What they say together


def table(estimates: list[float | None], low: list[float], high: list[float]) -> Estimates:
    """Return two choices of two options each, with these rates."""
    import pyarrow as pa

    fixed = {"repeat": "first", "countries": "all", "target": "t", "interval": "i"}
    columns: dict[str, Any] = {name: [value] * 4 for name, value in fixed.items()}
    columns |= {"window": ["12"] * 4, "weights": ["weighted"] * 4, "reference": ["0.5"] * 4}
    columns |= {"intent": ["a", "a", "b", "b"], "dont_know": ["x", "y", "x", "y"]}
    columns |= {"estimate": estimates, "conf_low": low, "conf_high": high}
    return Estimates(table=pa.table(columns), kind="specifications")


def test_verdicts_are_by_the_whole_interval() -> None:
    result = table([0.4, 0.6, 0.5, None], [0.3, 0.51, 0.4, None], [0.49, 0.7, 0.6, None])  # type: ignore[list-item]
    assert list(verdicts(result)) == ["below", "above", "undecided", "none"]


def test_what_moves_the_rate_by_hand() -> None:
    """Rates 1 2 / 5 10: V = 12.25, of means 1.5 and 7.5 it is 9, of means 3 and 6 2.25."""
    result = table([0.01, 0.02, 0.05, 0.10], [0.0] * 4, [1.0] * 4)
    first, second = moved(result)
    assert (first.choice, second.choice) == ("intent", "dont_know")
    assert (first.alone, second.alone) == pytest.approx((9 / 12.25, 2.25 / 12.25))
    # What is left is the interaction, 1 of 12.25, which both have a part in.
    assert (first.with_others, second.with_others) == pytest.approx((10 / 12.25, 3.25 / 12.25))


def test_rates_that_differ_by_rounding_are_alike() -> None:
    rates: list[float | None] = [0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2]
    assert all(np.isnan(one.with_others) for one in moved(table(rates, [0.2] * 4, [0.6] * 4)))


def test_rates_that_are_all_alike_move_by_nothing() -> None:
    assert all(np.isnan(one.alone) for one in moved(table([0.5] * 4, [0.4] * 4, [0.6] * 4)))


# Bad input


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"intent": ("11",)}, "'11' is no intent set"),
        ({"dont_know": ("perhaps",)}, "'perhaps' is no option of the choice dont_know"),
        ({"window": (24,)}, "A window of 24 months"),
        ({"countries": ("Norway",)}, "'Norway' names no countries"),
        ({"weights": ()}, "The choice weights has no option"),
        ({"target": ("these_programmes", "these_programmes")}, "has an option twice"),
        ({"interval": ("bayes",)}, "'bayes' is no option of the choice interval"),
        ({"estimator": ("median",)}, "'median' is no option of the choice estimator"),
        ({"intent": ("score_10", "10")}, "score_10 and 10, which are the same"),
        ({"countries": ("NO,SE", "SE, NO")}, "NO,SE and SE, NO, which are the same"),
    ],
)
def test_choices_that_are_none_are_named(choices: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Choices(**choices)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[choices", "This is no TOML"),
        ("[choice]\nintent = ['10']", "'choice' is no section of a multiverse"),
        ("[choices]\nintents = ['10']", "'intents' is no choice of a multiverse"),
        ("[choices]\nintent = 'score_10'", "The choice intent is no list of options"),
        ("[statement]\nvalue = 50", "value is 50"),
        ("[statement]\nvalue = 'half'", "value is 'half'"),
    ],
)
def test_files_that_are_no_multiverse_are_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "multiverse.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said) as error:
        read_multiverse(path)
    assert "multiverse.toml" in error.value.where


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no such file"):
        read_multiverse(tmp_path / "none.toml")


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "multiverse.toml"
    path.write_text("[statement]\nvalue = 0.4\n[choices]\nwindow = [12, 6]\n", encoding="utf-8")
    assert read_multiverse(path) == Multiverse(Choices(window=(12, 6)), value=0.4)


@pytest.mark.parametrize(
    ("lost", "choices", "said"),
    [
        ("months_since_recommended", {"window": (12, 6)}, "The choice window needs"),
        ("country", {"countries": ("all", "NO")}, "The choice countries needs"),
        ("respondent_id", {"repeat": ("as_imported", "last")}, "The choice repeat needs"),
        ("weight", {"weights": ("weighted", "unweighted")}, "The choice weights needs"),
        ("programme", {"estimator": ("mean_of_programmes",)}, "The choice estimator needs"),
        ("recommended_past_12m", {}, "A multiverse needs"),
    ],
)
def test_a_choice_that_the_data_cannot_carry(
    lost: str, choices: dict[str, Any], said: str, rows: list[Row], tmp_path: Path
) -> None:
    kept = [{name: value for name, value in row.items() if name != lost} for row in rows]
    responses = open_responses(written(kept, tmp_path / "less.csv"))
    with pytest.raises(MissingColumnError, match=said):
        multiverse(responses, Multiverse(Choices(**choices)))


def test_a_target_under_two_names(file: Path) -> None:
    """The usual target of a file of several programmes is that of programmes like these."""
    asked = Multiverse(Choices(target=("usual", "programmes_like_these")))
    with pytest.raises(UsageError, match="usual is one of the others here"):
        multiverse(open_responses(file), asked)


def test_a_target_that_the_responses_do_not_allow(rows: list[Row], tmp_path: Path) -> None:
    one = [row | {"programme": "P0", "supplier": "P0"} for row in rows]
    responses = open_responses(written(one, tmp_path / "one.csv"))
    asked = Multiverse(Choices(target=("these_programmes", "programmes_like_these")))
    with pytest.raises(DesignError, match="The choice target has programmes_like_these") as error:
        multiverse(responses, asked)
    assert "out of that choice" in str(error.value.remedy)


@pytest.mark.filterwarnings("error")
def test_weights_whose_squares_overflow_are_no_warning(tmp_path: Path) -> None:
    lines = [f"10,{i % 2 > 0},P{i % 6},{1e300 if i == 7 else 1}" for i in range(120)]
    path = tmp_path / "huge.csv"
    path.write_text("\n".join(["score,recommended_past_12m,programme,weight", *lines]))
    asked = Multiverse(Choices(estimator=("pooled", "mean_of_programmes")))
    pooled, mean = multiverse(open_responses(path), asked).table.to_pylist()
    assert pooled["n"] == mean["n"] == 120
    # All of P1 say yes, and in the means one rating makes no more than the rate of its programme.
    assert mean["estimate"] == pytest.approx(0.5)


def test_a_country_that_is_not_there(file: Path) -> None:
    with pytest.raises(DataError, match="names FI, of which there is no rating"):
        multiverse(open_responses(file), Multiverse(Choices(countries=("all", "without FI"))))
