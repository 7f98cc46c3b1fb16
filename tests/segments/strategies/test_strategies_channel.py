"""Which channel is chosen, and why."""

import ibis
import numpy as np
import pandas as pd
import pytest

from ccml.segments.strategies.channel import best_channel
from ccml.segments.strategies.channel_use import channel_use

CUTOFF = pd.Timestamp("2025-07-01", tz="UTC")


def use(**channels):
    """Give reached of 1,000, contacts and settled of each channel in segment s1."""
    rows = [
        ("s1", channel, 1_000, *numbers)
        for channel, numbers in sorted(channels.items())
    ]
    columns = ["segment_id", "channel", "customers", "reached", "contacts", "settled"]
    return pd.DataFrame(rows, columns=columns)


def test_the_channel_that_reaches_and_settles_more_wins():
    told = use(chat=(600, 200, 150), voice=(300, 200, 150))
    found = best_channel(told, "s1", ["voice", "chat"], {}, 1)
    assert found.channel == "chat"
    assert "chat: 60 % (57-63, n = 1,000) of them use or prefer it" in found.reason
    assert (
        "75 % (69-80, n = 200) of such contacts were not followed by a call"
        in found.reason
    )
    assert found.reason.endswith("chat is surely ahead.")


def test_a_difference_within_noise_leaves_it_to_the_playbook():
    told = use(chat=(310, 200, 150), voice=(300, 200, 148))
    found = best_channel(told, "s1", ["voice", "chat"], {}, 1)
    assert found.channel == "voice"
    assert "may be chance, so the playbook's order decides" in found.reason


def test_the_best_may_be_the_first_of_the_playbook():
    told = use(chat=(600, 200, 150), voice=(300, 200, 150))
    found = best_channel(told, "s1", ["chat", "voice"], {}, 1)
    assert found.channel == "chat"
    assert "comes first in the playbook, too" in found.reason


def test_with_few_contacts_only_reach_counts():
    told = use(chat=(600, 200, 20), voice=(300, 29, 29))
    found = best_channel(told, "s1", ["voice", "chat"], {}, 1)
    assert found.channel == "chat"
    assert "followed" not in found.reason


def test_names_of_the_playbook_are_those_of_the_data_by_config():
    told = use(push=(600, 200, 150), voice=(300, 200, 150))
    found = best_channel(told, "s1", ["callback", "app"], {"app": "push"}, 1)
    assert found.channel == "app"
    assert "app (push): 60 %" in found.reason
    assert "callback (voice): 30 %" in found.reason


@pytest.mark.parametrize(
    ("channels", "channel", "reason"),
    [
        pytest.param([], None, "names no channel", id="none"),
        pytest.param(["letter"], "letter", "The only channel", id="one"),
        pytest.param(["letter", "fax"], "letter", "Nothing on record", id="unknown"),
        pytest.param(
            ["letter", "chat"], "letter", "nothing to compare", id="one-known"
        ),
        pytest.param(["call", "callback"], "call", "nothing to compare", id="alike"),
        pytest.param(
            ["letter", "voice", "chat"], "chat", "on record about letter", id="some"
        ),
    ],
)
def test_what_is_not_on_record_is_said(channels, channel, reason):
    told = use(chat=(600, 200, 150), voice=(300, 200, 150))
    found = best_channel(told, "s1", channels, {}, 1)
    assert found.channel == channel
    assert reason in found.reason


def test_a_segment_without_contacts_follows_the_playbook():
    told = use(chat=(600, 200, 150), voice=(300, 200, 150))
    assert best_channel(told, "s9", ["voice", "chat"], {}, 1).channel == "voice"


def test_reach_and_results_are_counted_by_customer_and_contact():
    people = ibis.memtable(
        pd.DataFrame({"customer_id": ["a", "b", "c"], "segment_id": "s1"})
    )
    day = [
        # channel, days before the cutoff, is_call
        ("a", "web", 60, False),  # a call follows within a week
        ("a", "voice", 58, True),
        ("a", "web", 40, False),  # a visit follows, no call
        ("a", "web", 39, False),
        ("b", "voice", 3, True),  # its week is not over
        ("z", "voice", 30, True),  # nobody's
    ]
    rows = pd.DataFrame(day, columns=["customer_id", "channel", "ago", "is_call"])
    at = CUTOFF - pd.to_timedelta(rows.pop("ago"), unit="D")
    contacts = ibis.memtable(rows.assign(event_at=at.astype("datetime64[us, UTC]")))
    likes = ibis.memtable(
        pd.DataFrame({"customer_id": ["b", "c"], "channel": ["web", None]}, dtype="str")
    )
    found = channel_use(people, contacts, likes, CUTOFF.to_pydatetime(), 7)
    assert found.set_index("channel")[
        ["customers", "reached", "contacts", "settled"]
    ].to_dict("index") == {
        "voice": {"customers": 3, "reached": 2, "contacts": 1, "settled": 1},
        "web": {"customers": 3, "reached": 2, "contacts": 3, "settled": 2},
    }
    assert found["reached"].dtype == np.int64
