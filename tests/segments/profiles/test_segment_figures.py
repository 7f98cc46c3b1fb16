from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
import pytest

from ccml.segments.population import Population
from ccml.segments.profiles.figures import FigureSettings, segment_figures

CUTOFF = datetime(2025, 7, 1, tzinfo=UTC)
SETTINGS = FigureSettings(ZoneInfo("Europe/Warsaw"), 7, 30.0)


def people(*ids):
    frame = pd.DataFrame({"customer_id": ids, "exposure_days": 90})
    return Population(frame, CUTOFF, 90, has_base=True)


def calls(*rows):
    frame = pd.DataFrame(
        [
            {
                "call_id": f"k{place}",
                "customer_id": who,
                "event_at": (pd.Timestamp(CUTOFF) + pd.Timedelta(hours=at)).as_unit(
                    "us"
                ),
                "direction": "inbound",
                "channel": "voice",
                "queued": True,
                "answered": True,
                "abandoned": False,
                "transferred": False,
                "wait_s": 30.0,
                "handle_s": 360.0,
                "talk_s": 300.0,
                "csat": np.nan,
                **more,
            }
            for place, (who, at, more) in enumerate(rows)
        ]
    )
    return ibis.memtable(frame.assign(known_at=frame["event_at"]))


def figures(population, inbound, ids):
    made = segment_figures(population, inbound, ids, SETTINGS)
    return made.set_index(["segment_id", "figure"])


DAY = 24


def test_every_figure_has_its_rule():
    lost = {"answered": False, "abandoned": True, "handle_s": np.nan}
    found = figures(
        people("a", "b", "c"),
        calls(
            ("a", -30 * DAY, {"csat": 4.0}),
            ("a", -28 * DAY, lost),
            ("b", -20 * DAY, {"channel": "chat", "handle_s": np.nan}),
            ("b", -3 * DAY, {"transferred": True}),
            ("b", -2 * DAY, lost),
        ),
        ["s1", "s1", "quiet"],
    )
    one = found.loc["s1"]
    assert one.loc["calls", "value"] == pytest.approx(5 / 3)
    assert one.loc["hours", "value"] == pytest.approx((360 + 300 + 360) / 3600 / 3)
    assert one.loc["cost", "value"] == pytest.approx(30 * one.loc["hours", "value"])
    assert one.loc["repeat_share", ["value", "n"]].tolist() == [0.5, 2]
    assert one.loc["first_contact_resolution", ["value", "n"]].tolist() == [0.5, 2]
    assert one.loc["answered_share", "value"] == 0.6
    assert one.loc["abandonment", "value"] == 0.4
    assert one.loc["transferred_share", "value"] == pytest.approx(1 / 3)
    assert one.loc["csat", ["value", "n"]].tolist() == [4.0, 1]
    assert one.loc["channel:chat", "value"] == 0.2
    assert one.loc["part_of_day:night", "value"] == 1
    assert one.loc["wait", "unit"] == "s"
    assert set(found["period"]) == {"90 days before the cutoff"}
    quiet = found.loc["quiet"]
    assert quiet.loc["calls", "value"] == 0
    assert np.isnan(quiet.loc["wait", "value"])


def test_local_time_tells_part_of_day_and_weekday():
    # Midnight UTC is two in the morning in Warsaw, of the same Tuesday.
    found = figures(people("a"), calls(("a", -7 * DAY, {})), ["s1"]).loc["s1"]
    assert found.loc["weekday:tuesday", "value"] == 1
    evening = figures(people("a"), calls(("a", -7 * DAY - 5, {})), ["s1"]).loc["s1"]
    assert evening.loc["part_of_day:evening", "value"] == 1
    assert evening.loc["weekday:monday", "value"] == 1


def many(customers, each, seed):
    """Draw calls that are all abandoned or all not, customer by customer."""
    rng = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        lost = bool(rng.random() < 0.3)
        at = rng.uniform(-89 * DAY, -8 * DAY, each)
        rows += [
            (f"c{who:03d}", hour, {"answered": not lost, "abandoned": lost})
            for hour in at
        ]
    return people(*(f"c{who:03d}" for who in range(customers))), calls(*rows)


def test_calls_of_one_customer_do_not_make_a_share_surer():
    few, alike = many(60, 10, 1)
    found = figures(few, alike, ["s1"] * 60).loc[("s1", "abandonment")]
    width = found["high"] - found["low"]
    assert found["n"] == 600
    assert width == pytest.approx(2 * 1.96 * (0.3 * 0.7 / 60) ** 0.5, rel=0.25)


def test_a_share_of_nothing_is_as_unsure_as_its_customers_are_few():
    found = figures(*many_calm(40)).loc[("s1", "transferred_share")]
    assert found["value"] == found["low"] == 0
    assert found["high"] == pytest.approx(3.84 / (40 + 3.84), rel=0.05)


def many_calm(customers):
    ids = [f"c{who:03d}" for who in range(customers)]
    rows = [(who, -hour * DAY, {}) for who in ids for hour in (10, 40)]
    return people(*ids), calls(*rows), ["s1"] * customers


def test_regions_are_told_where_calls_tell_them():
    given = calls(("a", -9 * DAY, {"region": "R1"}), ("a", -50 * DAY, {"region": "R2"}))
    found = figures(people("a"), given, ["s1"]).loc["s1"]
    assert found.loc["region:R1", "value"] == 0.5
