"""Features grow by partitions: what stands is kept, what changed is made anew."""

from datetime import timedelta

import pandas as pd
import pytest
from builders import KEYS, Notes, arrow, at, bill, call, config_file, customer, tables

from ccml.engine.store import Table
from ccml.features import writing
from ccml.features.build import build_features
from ccml.project import Project

FIRST_DAY = at("2025-03-01T10:00")
ROWS = tables(
    calls=[call(i, FIRST_DAY + timedelta(days=6 * i)) for i in range(14)],
    bills=[bill(i, FIRST_DAY + timedelta(days=20 * i)) for i in range(5)],
    customers=[customer(), customer("B", tariff="plus")],
)
UNTIL_APRIL = [
    'data_until="2025-04-20T00:00:00+02:00"',
    "spines.monthly.last=2025-04-01",
]
SPINE = "monthly"


def fill(project, rows):
    for name, given in rows.items():
        stored = Table(arrow(name, given), KEYS[name], f"one row of {name}")
        project.store.write(name, stored, "f" * 64)


def build(folder, rows=ROWS, overrides=(), spine=SPINE):
    """Build the features of a folder's project; give it back."""
    file = folder / "project.yaml"
    if not file.exists():
        config_file(folder)
    project = Project.open(file, overrides, Notes())
    fill(project, rows)
    build_features(project, spine)
    return project


def files(project, spine=SPINE):
    """Map partitions to their files' names and times."""
    return {
        file.name.rsplit("-", 1)[0]: (file.name, file.stat().st_mtime_ns)
        for file in project.store.parts(f"features__{spine}")
    }


def with_call(new):
    """Give the usual rows and one more call of customer A."""
    calls = [*ROWS["calls"], new]
    return tables(calls=calls, bills=ROWS["bills"], customers=ROWS["customers"])


def features(project, spine=SPINE):
    frame = project.store.frame(f"features__{spine}")
    keys = project.store.manifest(f"features__{spine}").keys
    return frame.sort_values(keys, ignore_index=True)


def changed(before, after):
    return {label for label in after if after[label] != before.get(label)}


@pytest.fixture
def computed(monkeypatch):
    """Remember which features were computed, rather than read again."""
    seen = set()
    describe = writing.describe

    def spy(pick, histories, spine):
        seen.update(pick.wanted)
        return describe(pick, histories, spine)

    monkeypatch.setattr(writing, "describe", spy)
    return seen


def test_a_new_month_makes_one_partition(tmp_path):
    before = files(build(tmp_path, overrides=UNTIL_APRIL))
    after = files(build(tmp_path))
    assert set(before) == {"2025-03-01", "2025-04-01"}
    assert changed(before, after) == {"2025-05-01"}


def test_grown_features_equal_those_built_at_once(tmp_path):
    grown, at_once = tmp_path / "grown", tmp_path / "at_once"
    grown.mkdir()
    at_once.mkdir()
    build(grown, overrides=UNTIL_APRIL)
    pd.testing.assert_frame_equal(
        features(build(grown)), features(build(at_once)), check_exact=True
    )


def test_a_late_row_touches_the_partitions_that_may_use_it(tmp_path):
    before = files(build(tmp_path))
    late = call(99, at("2025-03-20T10:00"), known_at=at("2025-04-10T10:00"))
    project = build(tmp_path, with_call(late))
    assert changed(before, files(project)) == {"2025-05-01"}
    may = features(project)
    assert may[may.customer_id == "A"].calls_ever.tolist() == [0, 6, 12]


def test_an_end_of_a_customer_touches_later_partitions_only(tmp_path):
    before = files(build(tmp_path))
    gone = customer("B", tariff="plus", valid_to=at("2025-04-15"))
    project = build(tmp_path, {**ROWS, "customers": [customer(), gone]})
    assert changed(before, files(project)) == {"2025-05-01"}
    assert features(project).customer_id.tolist() == ["A", "A", "A", "B", "B"]


def test_a_new_window_computes_only_what_depends_on_it(tmp_path, computed):
    build(tmp_path)
    computed.clear()
    project = build(tmp_path, overrides=["features.windows_days=[1,7,14,31]"])
    assert computed
    assert {name for name in computed if not name.endswith("_14d")} == set()
    wide = features(project)
    at_once = tmp_path / "at_once"
    at_once.mkdir()
    wanted = features(build(at_once, overrides=["features.windows_days=[1,7,14,31]"]))
    pd.testing.assert_frame_equal(wide, wanted, check_exact=True)


def test_a_window_that_is_dropped_computes_nothing(tmp_path, computed):
    build(tmp_path)
    computed.clear()
    project = build(tmp_path, overrides=["features.windows_days=[7]"])
    assert computed == set()
    assert not [name for name in features(project) if name.endswith("_31d")]


def test_own_features_are_made_anew_when_what_they_use_changes(tmp_path, computed):
    own = "features.own={per_week: calls_7d / 7, fixed: calls_ever + 0}"
    build(tmp_path, overrides=[own])
    computed.clear()
    build(tmp_path, overrides=[own, "features.tables.calls.where=wait_s > 30"])
    assert {"per_week", "fixed"} <= computed


def test_months_of_events_are_partitions_of_their_own(tmp_path):
    before = files(build(tmp_path, spine="after_call"), "after_call")
    new = call(50, at("2025-05-25T10:00"))
    after = files(build(tmp_path, with_call(new), spine="after_call"), "after_call")
    assert set(before) == {"2025-03", "2025-04", "2025-05"}
    assert changed(before, after) == {"2025-05"}


def test_the_old_table_stands_when_writing_breaks(tmp_path, monkeypatch):
    project = build(tmp_path)
    before = files(project)

    def broken(*_args):
        raise MemoryError("no more")

    with monkeypatch.context() as patched:
        patched.setattr(writing, "describe", broken)
        with pytest.raises(MemoryError, match="no more"):
            build(tmp_path, overrides=["features.windows_days=[3]"])
    assert files(project) == before
    home = project.workspace / "tables" / f"features__{SPINE}"
    assert {file.name for file in home.iterdir()} == {
        "manifest.json",
        *(name for name, _ in before.values()),
    }


def test_the_same_rows_in_many_blocks_give_the_same_bytes(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    whole = build(first)
    monkeypatch.setattr("ccml.features.blocks.SHARE_OF_MEMORY", 1e-12)
    in_pieces = build(second)
    pd.testing.assert_frame_equal(
        features(whole), features(in_pieces), check_exact=True
    )
    assert {name for name, _ in files(whole).values()} == {
        name for name, _ in files(in_pieces).values()
    }
