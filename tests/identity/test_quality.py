"""Match quality by platform, queue and month, and its alerts."""

import pandas as pd
import pytest
from link_rows import call, owner, record, table

from ccml.config.identity import IdentityConfig
from ccml.engine.store import Store, Table
from ccml.identity.link import identity_map
from ccml.identity.quality import (
    MATCHED,
    QUALITY_KEYS,
    STATUSES,
    identity_shares,
    match_alerts,
    match_quality,
)

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

CALLS = [
    call(call_id="k1"),
    call(call_id="k2", phone=None, status="anonymous"),
    call(call_id="k3", phone=None, status="sip"),
    call(call_id="k4", phone=None, status="invalid"),
    call(call_id="k5", phone=None, status="internal"),
    call(call_id="k6", phone="crowd"),
    call(call_id="k7", phone="p1", on="five9"),
    # 23:16 UTC of the last day of January is February at the site.
    call(at=30.97, known=31, call_id="k8", phone="p9"),
]
OWNERS = [owner("a"), *(owner(name, phone="crowd") for name in "abc")]


@pytest.fixture
def stored(shared_backend, tmp_path):
    rows = table("calls", CALLS)
    links = identity_map(
        rows,
        None,
        table("phones", OWNERS),
        table("call_links", [record("b", "five9:k7")]),
        config=IdentityConfig(shared_by_at_most=2),
    )
    store = Store(tmp_path, shared_backend)
    quality = match_quality(rows, links.cache(), "Europe/Warsaw")
    store.write("match_quality", Table(quality, QUALITY_KEYS, "quality"), "f")
    return store


def test_every_call_is_counted_once_by_platform_and_local_month(stored):
    frame = stored.frame("match_quality").set_index(["source_platform", "month"])
    assert set(frame.index) == {
        ("file", "2026-01"),
        ("file", "2026-02"),
        ("five9", "2026-01"),
    }
    assert frame.calls.sum() == len(CALLS)
    ways = [*MATCHED, *STATUSES]
    assert (frame[ways].sum(axis=1) == frame.calls).all()
    here = frame.loc[("file", "2026-01")]
    assert here[["matched_by_phone", "anonymous", "internal"]].tolist() == [1, 1, 1]
    assert here[["ambiguous", "switchboard"]].tolist() == [1, 1]
    assert here[["unknown", "sip", "invalid"]].tolist() == [2, 1, 1]
    assert here.matched_share == pytest.approx(1 / 6)
    other = frame.loc[("five9", "2026-01")]
    assert other[["matched_by_call_link", "rules_disagree"]].tolist() == [1, 1]
    assert isinstance(frame.calls.sum().item(), int)


def test_shares_are_of_all_calls_and_of_each_platform(stored):
    shares = identity_shares(stored)
    assert shares["calls"] == len(CALLS)
    assert shares["matched"] == pytest.approx(2 / 8)
    assert shares["sip"] == shares["invalid"] == pytest.approx(1 / 8)
    assert shares["platforms"]["five9"] == {"calls": 1, "matched": 1.0}


def test_shares_of_no_calls_are_nought(shared_backend, tmp_path):
    rows = table("calls", [])
    links = identity_map(rows, None, None)
    store = Store(tmp_path, shared_backend)
    quality = match_quality(rows, links, "UTC")
    store.write("match_quality", Table(quality, QUALITY_KEYS, "quality"), "f")
    assert identity_shares(store)["matched"] == 0
    assert identity_shares(store)["platforms"] == {}


def months(*shares, calls=100, queue="q", platform="file"):
    return pd.DataFrame(
        {
            "source_platform": platform,
            "month": [f"2026-{n:02d}" for n in range(1, len(shares) + 1)],
            "queue": queue,
            "calls": calls,
            "matched": [round(share * calls) for share in shares],
        }
    )


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        pytest.param(months(0.8, 0.82, 0.8), 0, id="steady"),
        pytest.param(months(0.8, 0.8, 0.70), 0, id="ten-points"),
        pytest.param(months(0.8, 0.8, 0.69), 2, id="eleven-points"),
        pytest.param(months(0.8, 0.5), 0, id="one-month-is-no-rule"),
        pytest.param(months(0.8, 0.8, 0.5, calls=40), 0, id="few-calls"),
        pytest.param(months(0.5, 0.5, 0.9), 0, id="better"),
        pytest.param(months(0.8, 0.2, 0.8, 0.8, 0.79), 0, id="the-median-forgives"),
    ],
)
def test_a_month_that_lost_its_customers_is_told(frame, found):
    # The only queue of the platform falls with it.
    assert len(match_alerts(frame)) == found


def test_a_queue_can_fall_while_its_platform_stands():
    big = months(0.8, 0.8, 0.8, calls=10_000)
    small = months(0.8, 0.8, 0.3, queue="sales")
    alerts = match_alerts(pd.concat([big, small]))
    assert len(alerts) == 1
    assert alerts[0].startswith("2026-03, file, queue sales: 30\xa0% of the calls")
    assert "80\xa0%" in alerts[0]


def test_the_newest_month_is_told_first():
    alerts = match_alerts(months(0.9, 0.9, 0.5, 0.4))
    assert [alert[:7] for alert in alerts] == ["2026-04"] * 2 + ["2026-03"] * 2
