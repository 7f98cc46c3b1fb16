"""What predictors expect of segments, and what came true."""

import numpy as np
import pandas as pd
import pytest

from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.scores.segment_outlook import COLUMNS, build_segment_outlook

pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")

MOMENTS = pd.to_datetime(["2026-05-01", "2026-06-01", "2026-07-01"], utc=True)
CONFIG = """
version: 1
project: tiny
workspace: work
time_zone: UTC
data_until: "2026-07-01T00:00:00Z"
sources:
  customers: {{path: c.csv}}
  events: {{attempts: {{path: k.csv, id: id, event_at: at}}}}
spines:
  monthly: {{every: month}}
  contact: {{each: attempts}}
predictors:
  churn: {{spine: monthly, label: {{table: attempts, horizon_days: 30}}}}
  sale:
    spine: contact
    label: {{table: attempts, horizon_days: 30}}
    scoring: {{spine: monthly}}
  again: {{spine: contact, label: {{table: attempts, horizon_days: 7}}}}
segments: {segments}
"""
WHO = np.array([f"c{i:02d}" for i in range(20)])
SEGMENT = np.where(np.arange(20) < 5, "s1", "s2")


def as_utc(rows):
    return rows.astype({"cutoff_at": "datetime64[us, UTC]"})


def write(project, name, rows, keys=("customer_id", "cutoff_at")):
    mark = str(pd.util.hash_pandas_object(rows.astype(str)).sum())
    project.store.write(name, Table(as_utc(rows), list(keys), "rows"), mark)


def labels(moment, values, status="labelled", who=WHO):
    label = pd.array(values, dtype="Int8")
    rows = pd.DataFrame({"customer_id": who, "cutoff_at": moment, "label": label})
    return rows.assign(status=status)


@pytest.fixture
def project(tmp_path):
    return made(tmp_path)


def made(folder, segments="{}"):
    (folder / "tiny.yaml").write_text(CONFIG.format(segments=segments))
    project = Project.open(folder / "tiny.yaml")
    today = pd.DataFrame({"customer_id": WHO, "cutoff_at": MOMENTS[2]})
    write(project, "segments", today.assign(segment_id=SEGMENT))
    history = [
        # In May everybody was in the other segment.
        today.assign(cutoff_at=one, segment_id=SEGMENT[::step])
        for one, step in zip(MOMENTS, (-1, 1, 1), strict=True)
    ]
    write(project, "segment_history", pd.concat(history))
    return project


def rows_of(project, predictor):
    rows = project.store.frame("segment_outlook")
    assert list(rows.columns) == list(COLUMNS)
    return rows[rows["predictor"] == predictor].set_index("segment_id")


def test_scores_are_averaged_and_labels_joined_by_the_segment_of_then(project):
    chance = np.linspace(0.1, 0.9, 20)
    scores = pd.DataFrame(
        {"customer_id": WHO, "cutoff_at": MOMENTS[2], "probability": chance}
    )
    write(project, "scores__churn", scores)
    open_ones = labels(MOMENTS[1], [None] * 20, "not mature")
    known = labels(MOMENTS[0], (np.arange(20) >= 15) * 1)
    write(project, "labels__churn", pd.concat([known, open_ones]))
    assert build_segment_outlook(project)
    found = rows_of(project, "churn")
    assert found["customers"].to_dict() == {"s1": 5, "s2": 15}
    assert found.loc["s1", "mean_probability"] == pytest.approx(chance[:5].mean())
    assert (found["low"] < found["mean_probability"]).all()
    assert (found["high"] > found["mean_probability"]).all()
    assert found["realised_rate"].to_dict() == {"s1": 1, "s2": 0}
    assert found["realised_n"].to_dict() == {"s1": 5, "s2": 15}
    assert set(found["realised_cutoff_at"]) == {MOMENTS[0]}
    assert found["note"].isna().all()
    assert not build_segment_outlook(project)


def test_the_newest_ripe_cutoff_is_taken(project):
    both = [labels(one, [1] * 20) for one in MOMENTS[:2]]
    write(project, "labels__churn", pd.concat(both))
    build_segment_outlook(project)
    found = rows_of(project, "churn")
    assert set(found["realised_cutoff_at"]) == {MOMENTS[1]}
    assert found["note"].tolist() == ["it has no scores"] * 2
    assert found["mean_probability"].isna().all()
    assert found["customers"].tolist() == [0, 0]


def test_single_events_are_counted_by_the_segment_before_them(project):
    events = labels(MOMENTS[1] + pd.Timedelta("3D"), (np.arange(20) < 5) * 1)
    late = labels(MOMENTS[2] + pd.Timedelta("1h"), [None] * 20, "not mature")
    rows = pd.concat([events, late]).reset_index(drop=True)
    rows["event_id"] = [f"e{i}" for i in rows.index]
    write(project, "labels__again", rows, ["event_id"])
    write(project, "labels__sale", rows, ["event_id"])
    scores = pd.DataFrame(
        {"customer_id": WHO, "cutoff_at": MOMENTS[2], "probability": 0.25}
    )
    write(project, "scores__again", scores)
    write(project, "scores__sale", scores)
    build_segment_outlook(project)
    again, sale = rows_of(project, "again"), rows_of(project, "sale")
    for found in (again, sale):
        assert found["realised_rate"].to_dict() == {"s1": 1, "s2": 0}
        assert set(found["realised_cutoff_at"]) == {MOMENTS[1]}
    assert again["mean_probability"].isna().all()
    assert "not customers" in again["note"].iloc[0]
    assert sale["mean_probability"].tolist() == pytest.approx([0.25] * 2)
    assert "per call or contact" in sale["note"].iloc[0]


def test_what_is_not_known_says_why(project):
    open_ones = labels(MOMENTS[1], [None] * 20, "not mature")
    write(project, "labels__churn", open_ones)
    build_segment_outlook(project)
    note = rows_of(project, "churn")["note"].iloc[0]
    assert "no scores" in note
    assert "no former cutoff is so old" in note
    assert "no labels" in rows_of(project, "sale")["note"].iloc[0]
    assert rows_of(project, "churn")["realised_n"].tolist() == [0, 0]


def test_a_config_without_segments_says_what_to_add(tmp_path):
    with pytest.raises(ConfigError, match="add `segments: "):
        build_segment_outlook(made(tmp_path, "null"))
