"""What is written of a figure or a page: the file that the book shows, and those beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advocacy.estimation import Estimates
from advocacy.files import replacing, write_text
from advocacy.report.figures.style import save
from advocacy.study.book.exhibits.captions import base_of, captioned, label_of, rests_on
from advocacy.study.book.exhibits.downloads import figure_csv, rows_csv, tables_csv
from advocacy.study.book.making import Shown, parts_of
from advocacy.study.protocol import Protocol
from advocacy.study.sources import sources

_BESIDE = {".svg": (".png", ".csv"), ".md": (".csv",)}
_DPI = 200  # of pictures for slides: about 1,000 pixels across


def beside(file: Path) -> tuple[Path, ...]:
    """Return what is written beside the file of a figure or a page, for readers to take away."""
    return tuple(file.with_suffix(ending) for ending in _BESIDE[file.suffix])


def write_figure(study: Protocol, figure: Shown, paths: Mapping[str, Path], product: Path) -> None:
    """Draw a figure as SVG, and write it as PNG and its data as CSV; empty files without a number.

    It is drawn in the style in force.
    """
    picture, data = beside(product)
    there = parts_of(study, figure, paths)
    drawn = None if there is None else figure.make(*there.values())
    if there is None or drawn is None:
        for path in (product, picture, data):
            write_text(path, "")
        return
    save(drawn, product)
    with replacing(picture) as temporary:
        drawn.savefig(temporary, format="png", dpi=_DPI, bbox_inches="tight")
    if figure.data is not None:
        write_text(data, rows_csv(figure.data(*there.values())))
    else:
        write_text(data, figure_csv(there, paths, _kind(study, figure, there)))


def write_page(study: Protocol, page: Shown, paths: Mapping[str, Path], product: Path) -> None:
    """Write a page with captions, and its tables as CSV; empty files without a number."""
    there = parts_of(study, page, paths)
    text = (page.make(*there.values()) if there is not None else None) or ""
    bases = {
        name: base_of(one) for name, one in (there or {}).items() if isinstance(one, Estimates)
    }
    (data,) = beside(product)
    write_text(data, tables_csv(text, _kind(study, page, there or {})))
    # What a table is of goes without saying where the estimator says it above the table.
    last = [one for one in (there or {}).values() if isinstance(one, Estimates)][-1:]
    label = label_of(last[0]) if last else ""
    resting = rests_on(study, bases, page.names)
    caption = captioned(text, product.stem, label=label, resting=resting, made_by=page.made_by)
    write_text(product, caption)


def _kind(study: Protocol, shown: Shown, parts: Mapping[str, Any]) -> str:
    """Return the kinds of evidence behind something, in words; nothing where it is of no data."""
    known = sources(study)
    kinds = {known[name].kind for name in shown.names if name in known}
    own = "simulated" if study.simulation else next(filter(None, map(_said, parts.values())), "")
    return " and ".join(sorted({kind or own for kind in kinds} - {""}))


def _said(value: Any) -> str:
    """Return the kind of evidence that a table's rows say."""
    if not isinstance(value, Estimates) or not len(value.table):
        return ""
    return str(value.table.column("source_kind")[0].as_py() or "")
