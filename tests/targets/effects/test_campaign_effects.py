"""Effects of stored campaigns: groups, windows, states, sentences."""

from pathlib import Path

import pandas as pd
import pytest

from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.targets.effects.build import NAME, build_effects
from ccml.targets.effects.rows import campaign_customers, with_outcomes
from ccml.targets.effects.sentences import effect_sentence

CONFIG = """
version: 1
project: tiny
workspace: work
time_zone: Europe/Warsaw
data_until: 2026-07-01T00:00:00Z
sources:
  customers: {path: c.csv}
  events:
    dials:
      path: d.csv
      id: id
      event_at: at
      categories: [campaign_id]
      flags: [was_held_out]
    sales:
      path: s.csv
      id: id
      event_at: at
      measures: {value_eur: value}
      categories: [product]
campaigns:
  table: dials
  days: 30
  settle_days: 3
  cost_per_attempt_eur: 2
  outcomes:
    sales:
      title: customers who bought
      table: sales
      value: value_eur
      where: product = 'a'
"""
START = pd.Timestamp("2026-03-01", tz="UTC")
DAY = pd.Timedelta(days=1)


def typed(rows: list[dict], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "event_at", *columns])
    frame["event_at"] = pd.to_datetime(frame["event_at"], utc=True).astype(
        "datetime64[us, UTC]"
    )
    frame["known_at"] = frame["event_at"]
    kinds = {"value_eur": "float64", "was_held_out": "boolean"}
    return frame.astype(
        {c: kinds.get(c, "string") for c in ("customer_id", *columns)}
    ).assign(event_id=frame.index.astype(str))


def project(
    folder: Path, dials: list[dict], sales: list[dict], *overrides: str
) -> Project:
    file = folder / "tiny.yaml"
    file.write_text(CONFIG)
    made = Project.open(file, overrides)
    frames = {
        "dials": typed(dials, ("campaign_id", "was_held_out")),
        "sales": typed(sales, ("product", "value_eur")),
    }
    for name, frame in frames.items():
        made.store.write(name, Table(frame, ["event_id"], name), str(len(frame)))
    return made


def dial(who: str, at: pd.Timestamp = START, *, held_out: bool = False, name="spring"):
    return {
        "customer_id": who,
        "event_at": at,
        "campaign_id": name,
        "was_held_out": held_out,
    }


def sale(who: str, at: pd.Timestamp, value: float = 50.0, product: str = "a"):
    return {"customer_id": who, "event_at": at, "product": product, "value_eur": value}


def a_campaign(size: int = 400):
    """A fifth is held out; 30 in 100 buy when contacted, 5 in 100 when not."""
    dials, sales = [], []
    for i in range(size):
        who, held_out, turn = f"c{i:04}", i % 5 == 0, i // 5
        dials.append(dial(who, START + (i % 3) * DAY, held_out=held_out))
        if turn % 20 == 0 or (turn % 10 < 3 and not held_out):
            sales.append(sale(who, START + 10 * DAY))
    return dials, sales


def test_sales_beyond_those_of_the_held_out_are_told_in_a_sentence(tmp_path):
    made = build_effects(project(tmp_path, *a_campaign()))["effects"]["spring"]
    assert (made["state"], made["contacted"], made["held_out"]) == ("known", 320, 80)
    sales = made["measures"]["sales"]
    assert sales["total"] == pytest.approx(320 * (0.3 - 0.05))
    assert 0 < sales["low"] < 80 < sales["high"]
    assert sales["sentence"].startswith("spring: contacting 320 customers brought ")
    assert "more customers who bought" in sales["sentence"]
    profit = made["measures"]["profit"]
    assert profit["total"] == pytest.approx(50 * sales["total"] - 2 * 320)
    assert list(made["measures"]) == ["sales", "profit"]


@pytest.mark.parametrize(
    ("at", "product", "counted", "before"),
    [
        pytest.param(START, "a", 1, 0, id="at-the-start"),
        pytest.param(START + 30 * DAY - DAY / 86_400, "a", 1, 0, id="last-second"),
        pytest.param(START + 30 * DAY, "a", 0, 0, id="at-the-end"),
        pytest.param(START - DAY / 86_400, "a", 0, 1, id="before"),
        pytest.param(START - 30 * DAY, "a", 0, 1, id="first-before"),
        pytest.param(START - 31 * DAY, "a", 0, 0, id="long-before"),
        pytest.param(START, "b", 0, 0, id="another-product"),
    ],
)
def test_events_count_in_the_window_of_their_campaign(
    tmp_path, at, product, counted, before
):
    dials = [dial("x"), dial("y", held_out=True)]
    made = project(tmp_path, dials, [sale("x", at, product=product)])
    campaigns = made.config.campaigns
    units = with_outcomes(made, campaigns, campaign_customers(made, campaigns), START)
    row = units.set_index("customer_id").loc["x"]
    assert (row["sales"], row["before__sales"]) == (counted, before)
    assert row["eur__sales"] == 50 * counted


def test_who_was_held_out_and_contacted_stays_held_out_and_is_counted(tmp_path):
    dials, sales = a_campaign()
    dials.append(dial("c0000", START + 2 * DAY))
    made = project(tmp_path, dials, sales)
    told = build_effects(made)["effects"]["spring"]
    frame = made.store.frame(NAME)
    assert (told["contacted"], told["held_out"]) == (320, 80)
    assert set(frame["contacted_although_held_out"]) == {1}


@pytest.mark.parametrize(
    ("dials", "override", "state"),
    [
        pytest.param(
            a_campaign(120)[0], "campaigns.days=30", "observational", id="few"
        ),
        pytest.param(
            [dial(f"c{i}") for i in range(200)],
            "campaigns.days=30",
            "observational",
            id="nobody-held-out",
        ),
        pytest.param(a_campaign()[0], "campaigns.days=120", "not_over", id="not-over"),
    ],
)
def test_no_effect_is_told_where_none_can_be_known(tmp_path, dials, override, state):
    made = project(tmp_path, dials, [sale("c1", START)], override)
    told = build_effects(made)["effects"]["spring"]
    assert told["state"] == state
    assert told["measures"] == {}


def test_every_campaign_is_judged_by_itself_and_a_second_run_changes_nothing(tmp_path):
    dials, sales = a_campaign()
    later = [row | {"campaign_id": "summer"} for row in dials]
    made = project(tmp_path, dials + later, sales)
    first = build_effects(made)["effects"]
    content = made.store.manifest(NAME).content
    assert build_effects(made)["effects"] == first
    assert made.store.manifest(NAME).content == content
    totals = [first[c]["measures"]["sales"]["total"] for c in ("spring", "summer")]
    assert totals[0] == totals[1]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("campaigns.table=dial", "Did you mean 'dials'"),
        ("campaigns.campaign=campaign", "Did you mean 'campaign_id'"),
        ("campaigns.held_out=held_out", "no column of dials named 'held_out'"),
        ("campaigns.outcomes.sales.value=value", "Did you mean 'value_eur'"),
        ("campaigns.outcomes.sales.table=sale", "Did you mean 'sales'"),
        ("campaigns.outcomes.sales.value_per_event_eur=3", "keep the one that holds"),
    ],
)
def test_what_does_not_exist_is_refused_before_any_data_is_read(
    tmp_path, override, message
):
    with pytest.raises(ConfigError, match=message):
        project(tmp_path, [], [], override)


@pytest.mark.parametrize(
    ("total", "low", "high", "unit", "words"),
    [
        (12, 3, 21, "customers", "brought 12 more customers who left (3 to 21) than"),
        (
            -12,
            -21,
            -3,
            "customers",
            "brought 12 fewer customers who left (3 to 21) than",
        ),
        (-900, -1200, -600, "EUR", "brought 900 EUR less customers who left (600 to"),
        (5, -3, 13, "customers", "no sure effect; contacting 1,200 customers changed"),
        (5, -3, 13, "EUR", "in EUR, by +5 (-3 to +13), which may be chance"),
    ],
)
def test_sentences_say_more_fewer_or_that_it_may_be_chance(
    total, low, high, unit, words
):
    row = {
        "campaign": "spring",
        "contacted": 1_200,
        "title": "customers who left",
        "unit": unit,
        "total": total,
        "total_low": low,
        "total_high": high,
    }
    assert words in effect_sentence(row)
