"""Documents that every medium has to show: what data may write, and numbers known by hand."""

from __future__ import annotations

from advocacy.report.document import (
    Alert,
    Chart,
    Column,
    Commands,
    Document,
    Entry,
    Facts,
    Heading,
    Items,
    Label,
    Names,
    Note,
    Paragraph,
    Point,
    Series,
    Table,
)

# A name of each, since names of tests hold no such texts.
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "formula": '=HYPERLINK("http://example.com","click")',
    "at": "@SUM(1)",
    "minus": "-2+3",
    "array": "{=1+1}",
    "link": "http://example.com/a",
    "typst": '#read("/etc/passwd")',
    "long": "x" * 10_000,
    "words": "one two " * 1_250,
    "right to left": "שלום עולם",
    "nordic": "Ærlig Øl, Å, ö, ð",
    "escape": "\x1b[31mred\x1b[0m",
    "bell": "\x00\x07\x7f",
    "no letter": "\ud800 \uffff",
    "escaped": "_x0041_",
    "entity": "&amp; &#27; ]]>",
    "lines": "one\ntwo",
    "face": "\N{FAMILY}\N{ZERO WIDTH JOINER}\N{GRINNING FACE}",
}
# What is shown of them where XML has no way to write a character.
SHOWN = {
    **HOSTILE,
    "escape": "␛[31mred␛[0m",
    "bell": "␀␇␡",
    "no letter": "\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}",
}

_COLUMNS = (
    Column("sector"),
    Column("n", "right"),
    Column("%", "right"),
    Column("95 % interval", "right"),
    Column("points", "right"),
    Column("p", "right"),
    Column("code", code=True),
)


def row(name: str) -> tuple[Entry, ...]:
    """Return a row whose numbers are known by hand."""
    return (
        Entry(name),
        Entry("1 234", 1234.0, "count"),
        Entry("42.1", 0.42125, "per cent"),
        Entry("38.0 to 46.3", (0.38, 0.4625), "per cent"),
        Entry("−4.5", -0.045, "points"),
        Entry("< 0.001", 0.00025, "p"),
        Entry("007"),
    )


NOTHING = (Entry("none"), *[Entry("–", unit="per cent")] * 5, Entry(""))
TABLE = Table(_COLUMNS, (row("B2B"), row("B2C"), NOTHING))
POINTS = (Point("B2B", 0.5, 0.375, 0.75), Point("B2C", 0.25, 0.125, 0.3125), Point("All", 0.4375))
BARS = Chart("Rates", "B2B 50 %, B2C 25 %.", "per cent", (Series("ours", POINTS),), "intervals")
CURVE = Chart(
    "By score",
    "It rises from 0 % to 62.5 %.",
    "per cent",
    (
        Series("direct", tuple(Point(str(n), n / 16, 0.0, n / 8) for n in range(11))),
        Series("fitted", tuple(Point(str(n), n / 32) for n in range(11) if n != 4)),
    ),
    "line",
)
PLAIN = Document(
    (
        Alert("Simulated data: not a finding."),
        Heading("How many recommend?"),
        Label("retrospective self-report", "target: these programmes", "95 % logit intervals"),
        Paragraph("Of those who would recommend, 42.1 % have done so."),
        Facts((("File", "client.sav"), ("Rows", "1 234"))),
        Heading("By sector", 2),
        TABLE,
        Note("n: ratings."),
        BARS,
        Heading("By score", 2),
        Paragraph("A curve over the scores."),
        CURVE,
        Heading("What was read", 2),
        Items(("one thing", "another thing")),
        Names((("q5", "Likelihood"), ("q6", ""))),
        Commands(("advocacy inspect client.sav",)),
    )
)


def hostile_document(text: str) -> Document:
    """Return a document with a text in every place that data can write in."""
    points = (Point(text, 0.5, 0.25, 0.75), Point("B2C", 0.25))
    return Document(
        (
            Heading(f"Title {text}"),
            Heading(text, 2, text),
            Paragraph(text),
            Table((Column(text), *_COLUMNS[1:]), (row(text), row("B2C"))),
            Chart(text, text, "per cent", (Series(text, points), Series("b", points)), "intervals"),
            Facts(((text, text),)),
            Items((text,)),
            Names(((text, text),)),
            Commands((text,)),
            Note(text),
        )
    )
