"""The section on past campaigns: pictures, titles, and what cannot be told."""

from dataclasses import replace

import pandas as pd
import pytest
from report_inputs import texts

from ccml.config.campaigns import CampaignsConfig
from ccml.reports.effects import effects_section
from ccml.reports.page import build_sections, render_page


def effect(campaign: str, measure: str = "sales", **changes) -> dict:
    """One row of `campaign_effects`: surely more buyers, unless changed."""
    return {
        "campaign": campaign,
        "state": "known",
        "begins_at": pd.Timestamp("2026-03-01", tz="UTC"),
        "contacted": 1_000,
        "held_out": 250,
        "worst_difference": 0.03,
        "measure": measure,
        "title": "profit after cost" if measure == "profit" else "customers who bought",
        "unit": "EUR" if measure == "profit" else "customers",
        "could_show": 0.05,
        "total": 120.0,
        "total_low": 80.0,
        "total_high": 160.0,
        "place": 1 if measure == "profit" else 0,
    } | changes


def section(empty, *rows: dict):
    return effects_section(replace(empty, effects=pd.DataFrame(rows)))


LESS = {"total": -120.0, "total_low": -160.0, "total_high": -80.0}
CHANCE = {"total_low": -10.0}


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ([{}, {}], "All 2\u00a0campaigns surely brought more customers who bought"),
        ([LESS, LESS], "All 2\u00a0campaigns surely brought less customers who bought"),
        (
            [{}, LESS, CHANCE],
            "Of 3\u00a0campaigns, 1 surely brought more and 1 surely brought less "
            "customers who bought",
        ),
        ([CHANCE], "No sure effect on customers who bought of the campaign"),
        (
            [CHANCE, CHANCE],
            "No sure effect on customers who bought in any of 2\u00a0campaigns",
        ),
    ],
)
def test_the_title_says_how_many_campaigns_surely_changed_something(
    empty, changes, title
):
    rows = [effect(f"c{i}", **change) for i, change in enumerate(changes)]
    (drawn,) = section(empty, *rows).parts["figures"]
    assert drawn.title == title


def test_profit_comes_first_and_every_measure_has_its_table(empty):
    made = section(empty, effect("spring"), effect("spring", "profit"))
    profit, sales = made.parts["figures"]
    assert profit.title.endswith("profit after cost")
    assert texts(sales.table)[0][4:6] == ["120", "80 to 160"]
    assert "EUR" in texts(profit.table)[0][4]


def test_a_campaign_without_held_out_customers_is_named_with_the_reason(empty):
    untold = effect("autumn", "", state="observational", held_out=0)
    made = section(empty, effect("spring"), untold)
    (sentence,) = made.parts["untold"]
    assert sentence == (
        "autumn (1,000 contacted, 0 held out): nobody was held out at random, so no "
        "effect can be told."
    )


def with_campaigns(empty):
    outcomes = {"sales": {"title": "customers who bought", "table": "sales"}}
    campaigns = CampaignsConfig(table="campaign_contacts", outcomes=outcomes)
    config = empty.config.model_copy(update={"campaigns": campaigns})
    return replace(empty, config=config)


def test_the_section_stands_where_campaigns_are_in_the_config(empty):
    assert "effects" not in [s.section_id for s in build_sections(empty)]
    made = {s.section_id: s for s in build_sections(with_campaigns(empty))}
    assert "ccml run effect" in made["effects"].missing


def test_the_page_holds_the_pictures(empty):
    rows = pd.DataFrame([effect("spring<b>")])
    page = render_page(replace(with_campaigns(empty), effects=rows))
    assert "spring&lt;b&gt;" in page
    assert "spring<b>" not in page
