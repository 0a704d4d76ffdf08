"""A chapter without what is absent: by hand, block by block."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advocacy.study.book.abridged import (
    Contents,
    abridged,
    abridged_toc,
    chapters_in,
    named,
    title,
    without_chapters,
)

YEAR = "the data have one year"
SECTOR = "the data have no sector"


def of_kind(kind: str = "collected", **absent: str) -> Contents:
    """Return contents with two numbers, two figures and a table; what is absent, by its name."""
    files = {
        "figures/a.svg": [kind],
        "figures/b.svg": [kind],
        "figures/coverage.svg": ["simulated"],
        "figures/scaling.svg": ["measured"],
        "tables/t.md": [kind],
        "tables/codebook.md": [],
    }
    numbers: dict[str, tuple[str, str | None]] = {
        "overall:rate": ("58 %", kind),
        "overall:n": ("236", kind),
        "study:scores": ("9 or 10", None),
        "coverage:designs": ("20", "simulated"),
    }
    names = {name.replace("_svg", ".svg").replace("__", "/"): why for name, why in absent.items()}
    return Contents(kind, {k: v for k, v in numbers.items() if k not in names}, files, names)


def page(*blocks: str) -> str:
    return "\n\n".join(["# Title", *blocks]) + "\n"


def figure(name: str) -> str:
    path = f"../data/derived/book/figures/{name}.svg"
    return f":::{{figure}} {path}\n:name: fig-{name}\n:alt: Points.\n\nRates\nby year.\n:::"


TABLE = "```{include} ../data/derived/book/tables/t.md\n```"


def test_what_is_there_is_as_it_was_but_for_its_kind() -> None:
    text = page("Words.", "The rate is {number}`overall:rate`.", TABLE, "- one\n- two")
    notice = (
        ":::{admonition} Collected data\n:class: note collected\n"
        "The numbers and figures on this page come from collected data.\n:::"
    )
    whole = abridged(text, of_kind(), root=False)
    assert whole == text.replace("# Title\n", f"# Title\n\n{notice}\n")


def test_a_page_without_results_has_no_notice() -> None:
    text = page("Words of {number}`study:scores`.")
    assert abridged(text, of_kind("simulated"), root=False) == text
    text = page("```{include} ../data/derived/book/tables/codebook.md\n```")
    assert abridged(text, of_kind("simulated"), root=False) == text


def test_a_figure_says_its_kind_below_and_in_its_text() -> None:
    whole = abridged(page(figure("a")), of_kind("simulated"), root=False)
    assert whole is not None
    assert ":alt: Simulated data. Points.\n\nRates\nby year.\nSimulated data.\n:::" in whole
    whole = abridged(page(figure("a")), of_kind("collected"), root=False)
    assert whole is not None
    assert ":alt: Collected data. Points.\n\nRates\nby year.\nCollected data.\n:::" in whole
    assert "imulated" not in whole


def test_a_page_that_mixes_says_which_is_which() -> None:
    text = page("{number}`overall:rate`", figure("coverage"), figure("scaling"))
    whole = abridged(text, of_kind("collected"), root=False)
    assert whole is not None
    assert "come from collected data, but for measurements and those of simulations, which" in whole
    assert "Rates\nby year.\nSimulated data." in whole
    assert "Rates\nby year.\nMeasured." in whole


def test_mostly_of_others_is_headed_so_but_the_first_page_speaks_for_the_book() -> None:
    found = of_kind("simulated")
    theirs = dict.fromkeys(("published:a", "published:b"), ("1 %", "published"))
    found = replace(found, numbers={**found.numbers, **theirs})
    text = page("{number}`published:a` to {number}`published:b`, and {number}`overall:rate`.")
    chapter, first = (abridged(text, found, root=root) or "" for root in (False, True))
    assert "{admonition} Published figures" in chapter
    assert "{admonition} Simulated data" in first
    assert "but for published figures, which say so" in first
    assert "They are not findings." in first


def test_measurements_alone_bear_no_stamp() -> None:
    whole = abridged(page(figure("scaling")), of_kind("simulated"), root=False)
    assert whole is not None
    assert "imulated" not in whole
    assert "admonition" not in whole


def test_what_is_absent_falls_with_a_line_on_it() -> None:
    contents = of_kind(figures__a_svg=YEAR, **{"overall:n": SECTOR})
    text = page(
        "The rate is {number}`overall:rate`.", figure("a"), "Of {number}`overall:n` ratings."
    )
    whole = abridged(text, contents, root=False)
    assert whole is not None
    assert "figures/a.svg" not in whole
    assert "ratings" not in whole
    assert whole.endswith(
        "*Left out here: a figure (the data have one year); "
        "a statement (the data have no sector).*\n"
    )


def test_a_section_falls_with_its_last_result_and_is_named_above() -> None:
    text = page(
        "{number}`overall:rate`",
        "## Years",
        "Words on years.",
        figure("a"),
        "### More",
        figure("b"),
        "## Words",
        "Kept.",
    )
    contents = of_kind(figures__a_svg=YEAR, figures__b_svg=SECTOR)
    whole = abridged(text, contents, root=False)
    assert whole is not None
    assert "## Years" not in whole
    assert "Words on years" not in whole
    assert "### More" not in whole
    assert "## Words\n\nKept." in whole
    assert "*Left out here: Years (the data have one year).*" in whole


def test_a_section_without_results_stays() -> None:
    text = page("{number}`overall:rate`", "## Why", "Because of {number}`study:scores`.")
    assert "## Why" in str(abridged(text, of_kind(figures__a_svg=YEAR), root=False))


def test_a_chapter_falls_with_its_last_result_but_the_first_page_never() -> None:
    text = page("Words.", "## Years", figure("a"))
    contents = of_kind(figures__a_svg=YEAR)
    assert abridged(text, contents, root=False) is None
    assert "Words." in str(abridged(text, contents, root=True))


def test_a_dropdown_falls_with_what_it_holds_and_else_stays_whole() -> None:
    text = page(f":::{{dropdown}} Numbers\n{TABLE}\n:::", "{number}`overall:rate`")
    assert f":::{{dropdown}} Numbers\n{TABLE}\n:::" in str(abridged(text, of_kind(), root=False))
    absent = of_kind(**{"tables/t.md": YEAR})
    whole = str(abridged(text, absent, root=False))
    assert "dropdown" not in whole
    assert "a table (the data have one year)" in whole


def test_what_is_said_of_one_kind_alone() -> None:
    text = page(
        ":::{only} simulated\nMade up.\n\n- twice\n:::",
        ":::{only} collected, published\nAsked for.\n:::",
    )
    assert abridged(text, of_kind("simulated"), root=False) == page("Made up.", "- twice")
    assert abridged(text, of_kind("published"), root=False) == page("Asked for.")


def test_links_to_chapters_that_fall_become_their_titles() -> None:
    texts = {
        "index": page(
            "See [](years.md), [the years](years.md#fig) and [](other.md).",
            "- first: [](years.md)\n- second: [](other.md) and [](years.md)",
        ),
        "years": page(figure("a")).replace("# Title", "# By {number}`study:scores` years"),
        "other": page("Words."),
    }
    contents = without_chapters(of_kind(figures__a_svg=YEAR), texts, "index")
    assert contents.left_out == {"years": "By 9 or 10 years"}
    assert abridged(texts["years"], contents, root=False) is None
    assert abridged(texts["index"], contents, root=True) == page(
        "See By 9 or 10 years, the years and [](other.md).",
        "- second: [](other.md) and By 9 or 10 years",
        "*Left out here: By 9 or 10 years (the data have one year).*",
    )


def test_the_table_of_contents_follows() -> None:
    toc = {
        "root": "index",
        "parts": [
            {"caption": "A", "chapters": [{"file": "one"}, {"file": "two"}]},
            {"caption": "B", "chapters": [{"file": "three"}]},
        ],
    }
    assert abridged_toc(toc, ["two", "three"]) == {
        "root": "index",
        "parts": [{"caption": "A", "chapters": [{"file": "one"}]}],
    }


def test_a_table_of_contents_without_parts() -> None:
    toc = {"root": "one", "chapters": [{"file": "two"}, {"file": "three"}]}
    assert chapters_in(toc) == ["one", "two", "three"]
    assert abridged_toc(toc, ["two"]) == {"root": "one", "chapters": [{"file": "three"}]}


@pytest.mark.parametrize("fence", ["```", "````"])
def test_the_front_matter_code_and_tables_stay(fence: str) -> None:
    text = (
        "---\nkernel: python\n---\n\n# Title\n\n"
        f"{fence}{{code-cell}} ipython3\nx = 1\n\ny = 2\n{fence}\n\n"
        "| a | b |\n| --- | ---: |\n| 1 | {number}`overall:rate` |\n\n(label)=\n\n## Next\n"
    )
    whole = str(abridged(text, of_kind(), root=False))
    assert whole.startswith("---\nkernel: python\n---\n\n# Title\n\n:::{admonition}")
    assert text.split("# Title\n\n")[1] in whole


def test_names_that_a_chapter_has() -> None:
    text = page(figure("a"), TABLE, "{number}`overall:rate`, `overall:n`")
    assert named(text) == {"figures/a.svg", "tables/t.md", "overall:rate"}
    assert title(text, of_kind()) == "Title"
