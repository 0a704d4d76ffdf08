"""From a source to its partition of the dataset: responses, rejected rows and a manifest.

Each partition is one folder, ``<dataset>/responses/source=<name>/``, written to a temporary
name and renamed: adding a source touches nothing else, and nothing is ever half there. Files
are read in batches, so that memory does not grow with their rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advocacy.errors import DataError
from advocacy.files import remove, replacing
from advocacy.isolation import Progress, isolated_map
from advocacy.responses.dataset.accounts import RowAccount
from advocacy.responses.dataset.source import Source
from advocacy.temporary import clear_abandoned_beside

if TYPE_CHECKING:
    from advocacy.responses.dataset.intake import ImportOptions


def import_source(
    source: Source,
    dataset: Path,
    options: ImportOptions | None = None,
    pages: Callable[[Path, Path], object] | None = None,
    progress: Progress | None = None,
) -> RowAccount:
    """Import the files of a source into its partition, in place of what was there.

    Parameters
    ----------
    source
        What `read_source` gave.
    dataset
        Folder of the dataset; the partition is ``responses/source=<name>`` in it.
    options
        Encoding, eligibility and privacy; by default those of `ImportOptions`.
    pages
        Writes pages into the new partition before it takes its place. It is called with the
        folder where that is being written, and with its place. ``None`` for no pages.
    progress
        Called with the rows of a file that are read, and of how many, 0 where it does not say.

    Returns
    -------
    RowAccount
        Rows read, kept and rejected, over all files of the source.

    Raises
    ------
    FileFormatError, CrosswalkError, DataError
        A file, crosswalk or correction cannot be used, or no row could be kept; the
        partition is then as it was before.
    """
    # Here, because the process that only sends this call to a worker needs none of the parsers.
    from advocacy.responses.dataset.intake import ImportOptions
    from advocacy.responses.dataset.partitions import write_partition

    place = partition(dataset, source.name)
    clear_abandoned_beside(place.with_name("source=*"))
    with replacing(place) as folder:
        account = write_partition(source, folder, options or ImportOptions(), progress)
        if pages:
            pages(folder, place)
    return account


def import_sources(
    sources: Sequence[Source],
    dataset: Path,
    options: ImportOptions | None = None,
    *,
    progress: Progress | None = None,
) -> dict[str, RowAccount]:
    """Import many sources, as many at a time as there are processors, and drop all others.

    Each is parsed in a process of its own (see `advocacy.isolation`). ``progress`` is called with
    the number of sources done, and of all. Returns the rows read, kept and rejected by name of
    source. Raises as `import_source`, and `DataError` where two
    sources have the same name.
    """
    names = [source.name for source in sources]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            f"Two sources have the same name: {', '.join(repeated)}.",
            where=", ".join(str(s.folder) for s in sources if s.name in repeated),
            remedy="Rename one of them in its source.toml.",
        )
    kept = {partition(dataset, name) for name in names}
    for folder in set((dataset / "responses").glob("source=*")) - kept:
        remove(folder)
    calls = [(source, dataset, options) for source in sources]
    accounts = isolated_map(import_source, calls, [str(s.folder) for s in sources], progress)
    return dict(zip(names, accounts, strict=True))


def partition(dataset: Path, name: str) -> Path:
    """Return the folder of a source in a dataset."""
    return dataset / "responses" / f"source={name}"
