"""The folder: complete or absent, the same bytes, left alone when it is there."""

import filecmp
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from demo_tables import CUSTOMERS, RAW_TABLES, Company

from ccml.demo import company as module
from ccml.demo.company import write_company
from ccml.errors import ConfigError, RefusedError

SMALL = 250


def files_of(folder: Path) -> list[Path]:
    return sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())


def assert_same_bytes(one: Path, other: Path, names: list[Path]) -> None:
    same, different, missing = filecmp.cmpfiles(
        one, other, [str(name) for name in names], shallow=False
    )
    assert (different, missing) == ([], [])
    assert len(same) == len(names)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two chunks of a small company."""
    folder = tmp_path_factory.mktemp("small") / "company"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_CUSTOMERS", SMALL)
        write_company(folder, 2 * SMALL, 3)
    return folder


def test_summary_counts_the_rows_and_files_that_were_written(company: Company) -> None:
    summary = company.summary
    assert summary.customers == CUSTOMERS
    assert summary.rows == {name: len(company.raw(name)) for name in RAW_TABLES}
    assert summary.calls == summary.rows["calls"]
    assert summary.files + 1 == len(files_of(company.folder))  # and the manifest
    assert not summary.unchanged


def test_every_customer_is_in_the_crm_once_per_interval(company: Company) -> None:
    customers = company.raw("customers")
    assert company.truth("customers").customer_id.is_unique
    # The last joiners may still be missing from the books.
    assert customers.customer_id.nunique() > 0.99 * CUSTOMERS
    start = pd.to_datetime(customers.valid_from, utc=True)
    end = pd.to_datetime(customers.valid_to.replace("", None), utc=True)
    ordered = customers.assign(start=start, end=end).sort_values(
        ["customer_id", "start"]
    )
    following = ordered.groupby("customer_id").start.shift(-1)
    closed = ordered.end.notna() & following.notna()
    assert (ordered.end == following)[closed].all()
    assert (ordered.end > ordered.start)[ordered.end.notna()].all()


def test_same_seed_same_bytes_and_other_seed_other_bytes(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_CUSTOMERS", SMALL)
    write_company(tmp_path / "again", 2 * SMALL, 3)
    assert_same_bytes(small, tmp_path / "again", files_of(small))
    write_company(tmp_path / "other", SMALL, 4)
    part = Path("calls/part-0000.csv")
    assert not filecmp.cmp(small / part, tmp_path / "other" / part, shallow=False)


def test_customers_stay_the_same_when_later_ones_are_added(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_CUSTOMERS", SMALL)
    write_company(tmp_path / "half", SMALL, 3)
    first_parts = [Path(name) / "part-0000.csv" for name in RAW_TABLES]
    assert_same_bytes(tmp_path / "half", small, first_parts)
    for path in sorted((small / "truth").glob("*.parquet")):
        whole = pq.read_table(path)
        half = pq.read_table(tmp_path / "half" / "truth" / path.name)
        assert whole.slice(0, half.num_rows).equals(half)


def test_a_complete_folder_is_left_untouched(small: Path) -> None:
    before = {name: (small / name).stat().st_mtime_ns for name in files_of(small)}
    summary = write_company(small, 2 * SMALL, 3)
    assert summary.unchanged
    assert summary.rows == json.loads((small / "company.json").read_text())["rows"]
    after = {name: (small / name).stat().st_mtime_ns for name in files_of(small)}
    assert after == before


def test_another_company_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "company"
    write_company(folder, 40, 1)
    summary = write_company(folder, 30, 1)
    assert not summary.unchanged
    assert json.loads((folder / "company.json").read_text())["customers"] == 30
    # Beside the folder only the lock may stay.
    assert {p.name for p in tmp_path.iterdir()} <= {"company", ".company.lock"}


def test_an_interrupted_run_leaves_no_company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_CUSTOMERS", 30)

    def stop(done: int, total: int) -> None:
        assert (done, total) == (30, 60)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_company(tmp_path / "company", 60, 1, progress=stop)
    assert {p.name for p in tmp_path.iterdir()} <= {".company.lock"}


def test_the_rest_of_a_killed_run_is_swept_away(tmp_path: Path) -> None:
    left = tmp_path / ".company.draft" / "calls"
    left.mkdir(parents=True)
    (left / "part-9999.csv").write_text("half a file")
    write_company(tmp_path / "company", 20, 1)
    assert not (tmp_path / "company" / "calls" / "part-9999.csv").exists()
    assert not (tmp_path / ".company.draft").exists()


def test_a_damaged_manifest_means_write_again(tmp_path: Path) -> None:
    folder = tmp_path / "company"
    write_company(folder, 20, 1)
    (folder / "company.json").write_text("{")
    assert not write_company(folder, 20, 1).unchanged


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "diary").mkdir()
    (tmp_path / "diary" / "notes.txt").write_text("mine")
    with pytest.raises(RefusedError, match=r"holds no company\.json"):
        write_company(tmp_path / "diary", 20, 1)
    assert (tmp_path / "diary" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("customers", "seed", "file_format", "message"),
    [
        (0, 1, None, "customers must be at least 1, not 0"),
        (10, -1, None, "seed must not be negative, got -1"),
        (10, 1, "xlsx", "file_format must be 'csv' or 'parquet', not 'xlsx'"),
    ],
)
def test_what_cannot_be_simulated_is_refused(
    tmp_path: Path, customers: int, seed: int, file_format: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        write_company(tmp_path / "c", customers, seed, file_format=file_format)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_parquet_holds_the_same_text_as_csv(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    write_company(tmp_path / "csv", 60, 5)
    write_company(
        tmp_path / "parquet",
        60,
        5,
        file_format="parquet",
        progress=lambda done, total: steps.append((done, total)),
    )
    assert steps == [(60, 60)]
    for name in RAW_TABLES:
        typed = pd.read_parquet(tmp_path / "parquet" / name / "part-0000.parquet")
        text = pd.read_csv(
            tmp_path / "csv" / name / "part-0000.csv", dtype=str, keep_default_na=False
        )
        pd.testing.assert_frame_equal(typed.fillna("").astype(str), text.astype(str))


def test_large_companies_are_parquet_by_default() -> None:
    assert module._checked_format(100_000, 1, None) == "csv"
    assert module._checked_format(100_001, 1, None) == "parquet"
