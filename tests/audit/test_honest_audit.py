"""The audit of features and labels that are right: all of them are checked, and hold."""

import pytest
from audited_company import SPINES, built, written

from ccml.features.audit import checks
from ccml.features.audit.finding import FAILS, HOLDS, NOTHING
from ccml.labels import audit as label_audit
from ccml.labels.audit_spine import audit_spine

pytestmark = pytest.mark.slow
OF_EACH_FEATURE = (checks.FUTURE, checks.CUT, checks.SLOW, checks.STORED)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return written(tmp_path_factory.mktemp("honest"))


@pytest.mark.parametrize("spine", SPINES)
def test_every_feature_and_label_is_checked_and_holds(project, spine):
    found = audit_spine(built(project, spine), spine)
    assert [f for f in found if f.verdict == FAILS] == []
    names = set(project.store.frame(f"catalogue__{spine}").name)
    for check in OF_EACH_FEATURE:
        held = {f.about for f in found if f.check == check and f.verdict == HOLDS}
        assert held >= names, check
    seen = {f.about for f in found if f.check == checks.PAST and f.verdict == HOLDS}
    assert seen == {"calls", "bills", "customers"}
    counts = {f.about for f in found if f.check == checks.EDGES and f.rows}
    assert counts == {
        f"{t}_{w}" for t in ("calls", "bills") for w in ("7d", "31d", "ever")
    }
    labels = {
        (f.about, f.check)
        for f in found
        if f.kind == "label" and f.verdict == HOLDS and f.rows
    }
    every = (label_audit.RIPE, label_audit.SLOW, label_audit.WINDOW, label_audit.EDGES)
    assert labels == {(name, check) for name in SPINES[spine] for check in every}
    assert NOTHING not in {f.verdict for f in found}


def test_the_same_customers_are_drawn_in_every_run(project):
    one, other = (
        audit_spine(built(project, "before_bill"), "before_bill") for _ in "ab"
    )
    assert one == other
