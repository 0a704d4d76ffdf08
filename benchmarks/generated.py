"""Large generated datasets for the benchmarks, written by DuckDB a programme at a time.

They stand for nobody: every value is a hash of the row's number, the same on every machine. A
programme has one sector and one industry, three countries and four waves, as in the study.
"""

from __future__ import annotations

from pathlib import Path

from advocacy.sql import connect

_PROGRAMMES = 400
_COUNTRIES = ("AT", "BE", "DE", "DK", "ES", "FI", "FR", "GB", "IT", "NL", "NO", "SE")
_INDUSTRIES = "CFGHIJKNQ"


def write_dataset(folder: Path, rows: int, programmes: int = _PROGRAMMES, psus: int = 0) -> None:
    """Write a dataset as an import does, a source for each programme.

    Parameters
    ----------
    folder
        Where ``responses/source=<name>`` go; made if it is not there.
    rows
        Ratings in all, shared out evenly.
    programmes
        Number of programmes.
    psus
        Clusters in all, a column ``psu``; none for 0.
    """
    each, clusters = rows // programmes, max(1, psus // programmes)
    with connect() as connection:
        for programme in range(programmes):
            partition = folder / "responses" / f"source=programme-{programme:05d}"
            partition.mkdir(parents=True)
            connection.execute(
                f"COPY ({_ratings(programme, each, clusters if psus else 0)}) "
                f"TO '{partition}/responses-0.parquet' (COMPRESSION zstd)"
            )


def _ratings(programme: int, rows: int, psus: int) -> str:
    """Return the SELECT of one programme's ratings."""
    sector = "B2C" if programme % 5 < 2 else "B2B"
    industry = _INDUSTRIES[programme // 2 % len(_INDUSTRIES)]
    countries = [_COUNTRIES[(programme + step) % len(_COUNTRIES)] for step in (0, 1, 5)]
    psu = f", 'psu-{programme:05d}-' || hash(i, 7) % {psus} AS psu" if psus else ""
    return f"""
        SELECT
            'programme-{programme:05d}:' || i AS rating_id,
            'programme-{programme:05d}' AS programme,
            'supplier-{programme * 4 // 5:05d}' AS supplier,
            '{sector}' AS sector,
            '{industry}' AS industry,
            {list(countries)!r}[1 + (hash(i, 1) % 3)::INTEGER] AS country,
            (2022 + hash(i, 2) % 4)::VARCHAR AS wave,
            score::TINYINT AS score,
            CASE WHEN hash(i, 4) % 10 < 9
                THEN hash(i, 5) % 100 < 6 * score + {programme % 30} END AS recommended_past_12m,
            round(0.5 + (hash(i, 6) % 1000) / 700, 3) AS weight,
            'simulated' AS source_kind
            {psu}
        FROM (
            SELECT i, CASE WHEN hash(i, 3) % 10 < 3 THEN 10 ELSE hash(i, 8) % 11 END AS score
            FROM range({programme * rows}, {(programme + 1) * rows}) AS numbers(i)
        )
    """
