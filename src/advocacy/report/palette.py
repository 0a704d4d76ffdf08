"""The colours of figures, pages and slides alike."""

# name: (light, dark). Blue and orange differ for the colour-blind and in grey too.
PALETTE = {
    "paper": ("#fefefe", "#15181c"),
    "ink": ("#22272e", "#dfe3e8"),
    "quiet": ("#6b7480", "#9aa4b0"),
    "grid": ("#e2e6ea", "#333a42"),
    "first": ("#1f6fb2", "#6db3f2"),
    "second": ("#c8590b", "#f5a55a"),
    "alert": ("#a4243b", "#f08597"),
}
COLOURS = {name: light for name, (light, _) in PALETTE.items()}

# Those of the book's pages. Figures are laid out by DejaVu Sans, which is wider than each of them.
FONTS = "-apple-system, Segoe UI, Helvetica Neue, Arial, sans-serif"
