"""Put a platform's own files in the place of the demo's own call log."""

from pathlib import Path

from ccml.demo.chunk import ChunkLife, ChunkTables
from ccml.demo.journeys import chunk_journeys
from ccml.demo.platforms import writer_of


def on_platform(
    life: ChunkLife, tables: ChunkTables, platform: str, folder: Path
) -> tuple[ChunkTables, int]:
    """Write a chunk's calls as the platform exports them, into `calls` in the folder.

    Returns:
        The tables without the demo's own call log, with the truth of the platform's
        calls and legs beside the other truths; and the rows of the native files.
    """
    calls, legs = chunk_journeys(life)
    rows = writer_of(platform)(calls, legs, folder / "calls", life.chunk)
    raw = {name: table for name, table in tables.raw.items() if name != "calls"}
    known = {"platform_calls": calls, "platform_legs": legs}
    return ChunkTables(raw, tables.truth | known), sum(rows.values())
