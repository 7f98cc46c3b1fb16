"""The frame of `ccml demo --platform NAME`: registry, deliveries, files, manifest."""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ccml.cli.main import main
from ccml.demo import company as module
from ccml.demo.company import MANIFEST, write_company
from ccml.demo.journeys import journeys_of_company
from ccml.demo.platforms import WRITERS, check_platform, writer_of
from ccml.demo.platforms.deliveries import (
    COMPLETE,
    EARLY,
    OPEN,
    Delivery,
    deliveries,
)
from ccml.errors import ConfigError

PLATFORM = "amazon_connect"
CUSTOMERS = 120
CONFIG = """
version: 1
project: site
workspace: work
time_zone: Europe/Warsaw
data_until: "2026-07-01T00:00:00+00:00"
sources:
  calls: {path: calls/*.csv}
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("platform") / "company"
    write_company(folder, CUSTOMERS, 3, platform=PLATFORM)
    return folder


def test_a_platform_company_has_native_calls_and_both_truths(company: Path) -> None:
    manifest = json.loads((company / MANIFEST).read_text("utf-8"))
    assert manifest["platform"] == PLATFORM
    native = sorted((company / "calls").iterdir())
    assert {path.suffix for path in native} == {".json"}
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in native)
    assert manifest["rows"]["calls"] == lines
    calls = pq.read_table(company / "truth" / "platform_calls.parquet")
    legs = pq.read_table(company / "truth" / "platform_legs.parquet")
    alone = journeys_of_company(3, CUSTOMERS)
    assert calls.equals(alone[0])
    assert legs.equals(alone[1])


def test_all_other_tables_are_those_of_the_same_company(
    company: Path, tmp_path: Path
) -> None:
    write_company(tmp_path / "plain", CUSTOMERS, 3)
    plain = {
        path.relative_to(tmp_path / "plain"): path.read_bytes()
        for path in (tmp_path / "plain").rglob("part-*.csv")
        if path.parent.name != "calls"
    }
    assert len(plain) == 10
    for path, content in plain.items():
        assert (company / path).read_bytes() == content
    assert not list((company / "calls").glob("part-*.csv"))
    for path in (tmp_path / "plain" / "truth").glob("*.parquet"):
        assert (company / "truth" / path.name).read_bytes() == path.read_bytes()


def test_another_platform_is_another_company(tmp_path: Path) -> None:
    folder = tmp_path / "company"
    assert write_company(folder, 5, 1).platform is None
    changed = write_company(folder, 5, 1, platform=PLATFORM)
    assert not changed.unchanged
    assert changed.platform == PLATFORM
    assert write_company(folder, 5, 1, platform=PLATFORM).unchanged
    assert not write_company(folder, 5, 1).unchanged
    assert "platform" not in json.loads((folder / MANIFEST).read_text("utf-8"))


def test_parts_of_a_company_share_no_ids_and_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_CUSTOMERS", 20)
    write_company(tmp_path / "company", 40, 3, platform=PLATFORM)
    names = {path.stem[-9:] for path in (tmp_path / "company" / "calls").iterdir()}
    assert names == {"part-0000", "part-0001"}
    calls = pq.read_table(tmp_path / "company" / "truth" / "platform_calls.parquet")
    legs = pq.read_table(tmp_path / "company" / "truth" / "platform_legs.parquet")
    assert len(set(calls["call_ref"].to_pylist())) == calls.num_rows
    assert len(set(legs["leg_id"].to_pylist())) == legs.num_rows
    first = journeys_of_company(3, 20)[0]
    assert calls.slice(0, first.num_rows).equals(first)


def test_an_unknown_platform_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no platform named 'five8'.*mean 'five9'"):
        write_company(tmp_path / "company", 5, 1, platform="five8")
    assert not (tmp_path / "company").exists()
    with pytest.raises(ConfigError, match=r"--platform: no platform named 'x'"):
        writer_of("x")


def test_the_command_writes_a_platform_and_names_the_near_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "site.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    words = ["ccml", "demo", str(config), "--customers", "100", "--seed", "3"]
    monkeypatch.setattr(sys, "argv", [*words, "--platform", "amazon_conect"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "Did you mean 'amazon_connect'?" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", [*words, "--platform", PLATFORM])
    with pytest.raises(SystemExit, match="0"):
        main()
    assert f"records of {PLATFORM} stand in" in capsys.readouterr().out
    assert list((tmp_path / "data" / "raw" / "site" / "calls").glob("*.json"))


def test_writers_are_loaded_only_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, WRITERS[PLATFORM], raising=False)
    check_platform(PLATFORM)
    assert WRITERS[PLATFORM] not in sys.modules
    assert callable(writer_of(PLATFORM))
    assert len(WRITERS) == 14


def times(*text: str) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(pd.to_datetime(list(text)).to_numpy())])


@pytest.fixture(scope="module")
def many() -> tuple[pa.Table, list[Delivery]]:
    """20,000 rows of 10,000 calls over the period, and their files."""
    seconds = np.arange(20_000) // 2 * 4_700
    start = np.datetime64("2025-01-01", "us") + seconds.astype("timedelta64[s]")
    table = pa.table(
        {
            "started_at": pa.array(start),
            "known_at": pa.array(start + np.timedelta64(5, "m")),
            "unit": pa.array([str(number // 2) for number in range(20_000)]),
        }
    )
    columns = (table[name] for name in ("started_at", "known_at", "unit"))
    return table, deliveries(*columns, 0)


def test_every_row_comes_complete_in_the_end(
    many: tuple[pa.Table, list[Delivery]],
) -> None:
    table, files = many
    newest: dict[int, tuple[int, int, int]] = {}
    states = defaultdict(list)
    for place, file in enumerate(files):
        for row, state, version in zip(
            file.rows, file.state, file.version_at, strict=True
        ):
            newest[row] = max(newest.get(row, (0, 0, 0)), (version, place, state))
            states[row].append((place, state))
    assert len(newest) == table.num_rows
    assert {state for _, _, state in newest.values()} == {COMPLETE}
    seen = {tuple(state for _, state in rows) for rows in states.values()}
    assert seen == {
        (COMPLETE,),
        (COMPLETE, COMPLETE),
        (EARLY, COMPLETE),
        (OPEN, COMPLETE),
    }
    for rows in states.values():
        if len(rows) == 2 and rows[0][1] != COMPLETE:
            assert rows[1][0] == rows[0][0] + 1


def test_rows_of_a_unit_share_their_fate_and_months_their_file(
    many: tuple[pa.Table, list[Delivery]],
) -> None:
    table, files = many
    unit = np.arange(table.num_rows) // 2
    month = table["started_at"].to_pandas().dt.strftime("%Y-%m").to_numpy()
    assert [file.name for file in files][:2] == ["2025-01", "2025-02"]
    for file in files:
        count = pd.Series(unit[file.rows]).value_counts()
        assert (count % 2 == 0).all()
        if file.name != "late":
            first = file.rows[file.state != COMPLETE]
            assert (month[first] == file.name).all()


def test_another_part_delivers_others_again() -> None:
    day, unit = times("2025-05-05"), pa.chunked_array([pa.array(["a"])])
    fates = {
        tuple(len(file.rows) for file in deliveries(day, day, unit, part))
        for part in range(400)
    }
    assert fates >= {(1,), (1, 1)}


def test_what_starts_in_the_last_month_is_closed_in_a_late_file() -> None:
    size = 3_000
    day = times(*["2026-06-30 23:59:00"] * size)
    unit = pa.chunked_array([pa.array([str(number) for number in range(size)])])
    june, late = deliveries(day, day, unit, 0)
    assert (june.name, late.name) == ("2026-06", "late")
    assert set(june.rows[june.state == OPEN]) <= set(late.rows)
    assert (late.state == COMPLETE).all()
