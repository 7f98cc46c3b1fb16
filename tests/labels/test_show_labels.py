import pytest
from builders import at, bill, customer, memory_project, tables

from ccml.cli.shown import shown
from ccml.errors import CcmlError
from ccml.features.build import build_features
from ccml.labels.build import build_labels

pytestmark = pytest.mark.usefixtures("shared_backend")


def test_labels_are_shown_with_what_they_mean_and_how_many_there_are():
    rows = tables(
        customers=[customer()], bills=[bill(1, at("2025-03-05"), kind="final")]
    )
    project = memory_project(rows)
    build_features(project, "monthly")
    build_labels(project, "billed")
    project.store.names = lambda: list(project.stages.made)
    found = shown(project, "labels", None, 20)
    counts = found["labels"].set_index("status")
    assert counts.rows.to_dict() == {"labelled": 3}
    assert counts.mean_label["labelled"] == pytest.approx(1 / 3)
    told = found["what a label means"]
    assert told.predictor.tolist() == ["billed"]
    assert "an event of bills where kind = 'final' happens" in told.label[0]
    with pytest.raises(CcmlError, match=r"--only: no predictor .*mean 'billed'"):
        shown(project, "labels", "biled", 20)
