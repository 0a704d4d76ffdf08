"""What the next programme should expect, in words that can be quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import metadata

from advocacy.estimation import Estimates
from advocacy.estimation.pooling.effective_counts import SCORE
from advocacy.estimation.pooling.posterior import band_of
from advocacy.estimation.pooling.reference import POSTERIOR, Reference
from advocacy.provenance import sha256
from advocacy.report.contents import parts
from advocacy.report.document import Block, Document, Facts, Paragraph
from advocacy.report.wording import ENGLISH, Row, Words

_PLURAL = {"sector": "sectors", "industry": "industries", "country": "countries"}
# Countries whose English names have an article.
_WITH_ARTICLE = {"AE", "GB", "NL", "PH", "US"}
_LEAST = 0.01
_DIGITS = 12  # of a hash, which tell files apart


def expectation(
    result: Estimates,
    reference: Reference,
    where: Mapping[str, str],
    n: int | None,
    words: Words = ENGLISH,
) -> Document:
    """Return the answer with what it rests on, where its width comes from, and how to cite it.

    Parameters
    ----------
    result
        What `estimation.pooling.predictions.expectation` gave.
    reference
        The study that it gave it of.
    where, n
        As they were given to it.
    words
        The language.
    """
    rows = parts.rows_of(result)
    first = rows[0]
    facts = (
        (words("expectation.rests_on"), rests_on(first, reference, where, words)),
        (words("expectation.width"), width(rows, words)),
        (words("expectation.cite"), citation(reference)),
    )
    label = parts.label(first, words, words("expectation.measure"))
    body: list[Block] = [Paragraph(answer(rows, reference, where, n, words)), Facts(facts)]
    return parts.document(result, words.question(first), label, body, words)


def answer(
    rows: Sequence[Row],
    reference: Reference,
    where: Mapping[str, str],
    n: int | None,
    words: Words,
) -> str:
    """Return the sentence that can be quoted; that of simulated data says so."""
    prediction, mean = rows[:2]
    observed = ""
    if n is not None:
        scores = words.scores(prediction["intent"])
        answers = words.counted("answers", n)
        observed = words("expectation.observed", answers=answers, scores=scores)
    sentence = words(
        "expectation.sentence",
        programme=_programme(where, reference, words),
        limits=_limits(prediction, words),
        observed=observed,
        level=words.confidence(prediction["conf_level"]),
        mean=words.whole_per_cent(mean["estimate"]),
        mean_limits=_limits(mean, words),
    )
    alerts = [alert.text for alert in parts.simulated([prediction], words)]
    return " ".join([sentence, *alerts])


def _limits(row: Row, words: Words) -> str:
    return words.whole_per_cent(row["conf_low"], row["conf_high"])


def _programme(where: Mapping[str, str], reference: Reference, words: Words) -> str:
    """Name the kind of programme, such as B2B programme in Manufacturing (C) in Norway."""
    named = [name for name in ("industry", "country") if name in where]
    places = [words(f"expectation.place_{n}", place=place(n, where[n], words)) for n in named]
    free = [words.heading(n) for n in reference.posterior.segments if n not in where]
    sector = words("expectation.sector", sector=where["sector"]) if "sector" in where else ""
    return words(
        "expectation.programme",
        sector=sector,
        places="".join(places),
        free=words("expectation.free", segments=_joined(free, words)) if free else "",
    )


def place(name: str, value: str, words: Words) -> str:
    """Name a level of a segment in words, an industry with its letter."""
    shown = words.level(name, value)
    if name == "industry":
        return words("expectation.industry", title=shown, code=value)
    return words("expectation.with_article", name=shown) if value in _WITH_ARTICLE else shown


def _joined(names: list[str], words: Words) -> str:
    if len(names) == 1:
        return names[0]
    return words("estimates.and", first=", ".join(names[:-1]), last=names[-1])


def rests_on(row: Row, reference: Reference, where: Mapping[str, str], words: Words) -> str:
    """Say how many ratings and programmes of the study are of this kind, and their own rate."""
    posterior = reference.posterior
    unseen = [name for name in where if where[name] not in posterior.levels(name)]
    if unseen:
        return " ".join(not_seen(name, [where[name]], words) for name in unseen)
    published = reference.published(where, row["intent"])
    if published:
        return words(
            "expectation.published",
            ratings=words.counted("ratings", published["n"]),
            programmes=words.counted("such_programmes", published["n_programmes"]),
            rate=words.whole_per_cent(published["estimate"]),
        )
    return _counted_cells(row, reference, where, words)


def not_seen(name: str, values: Sequence[str], words: Words) -> str:
    """Say what is known of levels of a segment that the study has not seen."""
    return words(
        "expectation.not_seen",
        segment=words.heading(name),
        places=", ".join(sorted(place(name, value, words) for value in values)),
        segments=words(f"expectation.{_PLURAL[name]}"),
    )


def _counted_cells(row: Row, reference: Reference, where: Mapping[str, str], words: Words) -> str:
    """Say the same from the numbers that stand in the posterior."""
    posterior, band = reference.posterior, band_of(row["intent"])
    cells = [
        cell
        for cell in posterior.cells.to_pylist()
        if cell[SCORE] == band and all(cell[name] == value for name, value in where.items())
    ]
    if not cells:
        return words("expectation.no_cell")
    known = [cell for cell in cells if cell["n"] is not None]
    if not known:
        return words("expectation.withheld")
    ratings = words.counted("ratings", sum(cell["n"] for cell in known))
    text = words("expectation.ratings", ratings=ratings)
    if len(cells) == 1:
        programmes = words.counted("such_programmes", cells[0]["n_programmes"])
        text = words("expectation.ratings_of", ratings=ratings, programmes=programmes)
    return words("expectation.at_least", text=text) if len(known) < len(cells) else text


def width(rows: Sequence[Row], words: Words) -> str:
    """Say where the width of the prediction comes from."""
    shares = sorted(
        (row for row in rows if row["quantity"] == "share"), key=lambda row: -row["estimate"]
    )
    named = [
        words(
            "expectation.share",
            share=_share(row["estimate"], words),
            part=words(f"expectation.{row['term']}_part"),
        )
        for row in shares
    ]
    return words("expectation.width_parts", parts=", ".join(named))


def _share(value: float, words: Words) -> str:
    """Write a share of a whole, which is none of nothing and not all."""
    if value < _LEAST:
        return words("expectation.under", share=words.whole_per_cent(_LEAST))
    if value > 1 - _LEAST:
        return words("expectation.over", share=words.whole_per_cent(1 - _LEAST))
    return words.whole_per_cent(value)


def citation(reference: Reference) -> str:
    """Return what to cite: the software, its version, and the very posterior."""
    package = metadata("advocacy")
    kind = reference.posterior.labels["source_kind"]
    digest = sha256(reference.folder / POSTERIOR)[:_DIGITS]
    # A path says nothing to who reads the citation elsewhere, and may tell more than it should.
    place = (
        "the study in the package"
        if reference.packaged
        else f"study {reference.folder.resolve().name!r}"
    )
    return (
        f"{package['Author']}, {package['Name']} {package['Version']}; {place}, {kind} data, "
        f"posterior {digest}."
    )
