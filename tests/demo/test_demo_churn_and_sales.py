"""Leaving and buying: rates, truth, hold-outs, sleeping dogs."""

import pandas as pd
import pytest
from demo_tables import Company
from sklearn.metrics import roc_auc_score

from ccml.demo.campaigns import DOG_BOOST, PLAN


@pytest.fixture(scope="module")
def spine(company: Company, cancelled_at: pd.Series) -> pd.DataFrame:
    """The churn truth with what happened; only closed horizons."""
    truth = company.truth("churn")
    truth["left_at"] = truth.customer_id.map(cancelled_at)
    start = truth.cutoff_at + pd.Timedelta(days=7)
    end = start + pd.Timedelta(days=60)
    truth["left"] = (truth.left_at >= start) & (truth.left_at < end)
    return truth[end <= pd.Timestamp("2026-07-01", tz="UTC")]


@pytest.fixture(scope="module")
def contacts(company: Company) -> pd.DataFrame:
    rows = company.raw("campaign_contacts")
    rows["attempt"] = rows.attempt_no.astype(int)
    return rows.merge(company.truth("contacts"), on="contact_id", validate="1:1")


def test_a_small_share_of_customers_leaves_each_month(spine: pd.DataFrame) -> None:
    soon = spine.left_at - spine.cutoff_at < pd.Timedelta(days=30)
    assert 0.014 < soon.mean() < 0.021


def test_the_true_churn_probability_is_calibrated_and_informative(
    spine: pd.DataFrame,
) -> None:
    assert spine.probability.between(0, 1).all()
    assert spine.left.mean() == pytest.approx(spine.probability.mean(), rel=0.12)
    top = spine.probability >= spine.probability.quantile(0.9)
    assert spine.left[top].mean() == pytest.approx(
        spine.probability[top].mean(), rel=0.2
    )
    assert 0.74 < roc_auc_score(spine.left, spine.probability) < 0.85


def test_churn_truth_covers_active_customers_at_every_month_start(
    company: Company, cancelled_at: pd.Series
) -> None:
    truth = company.truth("churn")
    assert sorted(truth.cutoff_at.unique()) == list(
        pd.date_range("2025-01-01", "2026-07-01", freq="MS", tz="UTC")
    )
    assert not truth.duplicated(["customer_id", "cutoff_at"]).any()
    left = truth.customer_id.map(cancelled_at)
    assert not (left < truth.cutoff_at).any()


def test_nothing_is_billed_or_visited_after_leaving(
    company: Company, cancelled_at: pd.Series
) -> None:
    for name, column in (("bills", "billed_at"), ("web_visits", "visited_at")):
        table = company.raw(name)
        at = pd.to_datetime(table[column], utc=True, errors="coerce")
        left = table.customer_id.map(cancelled_at)
        assert not (at > left).any()


def test_few_calls_come_after_leaving(
    inbound: pd.DataFrame, cancelled_at: pd.Series
) -> None:
    left = inbound.customer_id.map(cancelled_at)
    leavers = inbound[left.notna()]
    after = (leavers.started_at > left[left.notna()]).mean()
    assert 0 < after < 0.08


def test_most_sales_happen_at_the_third_or_fourth_attempt(
    contacts: pd.DataFrame,
) -> None:
    sales = contacts[contacts.outcome == "sale"].attempt
    assert sales.isin([3, 4]).mean() > 0.5
    assert 0.05 < sales.isin([7, 8]).mean() < 0.3
    assert sales.max() <= 8


def test_the_true_sale_probability_is_calibrated(contacts: pd.DataFrame) -> None:
    made = contacts[contacts.attempt > 0]
    sold = made.outcome == "sale"
    assert sold.mean() == pytest.approx(made.sale_probability.mean(), rel=0.12)
    assert roc_auc_score(sold, made.sale_probability) > 0.7


def test_attempts_go_on_until_sale_refusal_or_the_eighth(
    contacts: pd.DataFrame,
) -> None:
    made = contacts[contacts.attempt > 0].sort_values(
        ["campaign_id", "customer_id", "attempt"]
    )
    keys = [made.campaign_id, made.customer_id]
    assert (made.groupby(keys).attempt.diff().dropna() == 1).all()
    later = made.groupby(["campaign_id", "customer_id"]).cumcount(ascending=False) > 0
    assert not made.outcome[later].isin(["sale", "refused"]).any()
    assert set(made.outcome) == {"no_answer", "refused", "call_back", "sale"}


def test_a_random_fifth_is_held_out_and_never_called(contacts: pd.DataFrame) -> None:
    held = contacts[contacts.was_held_out == "true"]
    assert (held.attempt == 0).all()
    assert (held.outcome == "").all()
    assert (held.outcome_at == "").all()
    drawn = contacts.groupby(["campaign_id", "customer_id"]).was_held_out.nunique()
    assert (drawn == 1).all()
    assert len(held) / len(drawn) == pytest.approx(0.20, abs=0.03)
    assert contacts.campaign_id.nunique() == len(PLAN) == 6
    assert any(campaign.retention for campaign in PLAN)


def test_opted_out_customers_are_not_contacted(
    company: Company, contacts: pd.DataFrame
) -> None:
    customers = company.raw("customers")
    barred = customers[
        (customers.opted_out == "true") | (customers.do_not_call == "true")
    ]
    since = pd.to_datetime(barred.groupby("customer_id").valid_from.min(), utc=True)
    contacted = pd.to_datetime(contacts.contacted_at, utc=True)
    known = contacts.customer_id.map(since)
    assert known.notna().any()
    assert not (known < contacted - pd.Timedelta(days=1)).any()


def test_sleeping_dogs_are_a_tenth_and_contacts_drive_them_away(
    company: Company, contacts: pd.DataFrame, cancelled_at: pd.Series
) -> None:
    effects = company.truth("effects")
    dog = effects.churn_effect > 0
    assert dog.mean() == pytest.approx(0.09, abs=0.02)
    assert effects.churn_effect[dog].mean() > 0.03
    assert effects.sale_effect[dog].mean() < effects.sale_effect[~dog].mean()
    start = contacts.groupby(["customer_id", "campaign_id"]).agg(
        first=("contacted_at", "min"), held=("was_held_out", "first")
    )
    rows = effects.join(start, on=["customer_id", "campaign_id"], how="inner")
    first = pd.to_datetime(rows["first"], utc=True)
    wait = rows.customer_id.map(cancelled_at) - first
    left = (wait >= pd.Timedelta(0)) & (wait < pd.Timedelta(days=90))
    treated = rows.held == "false"
    dog = rows.churn_effect > 0
    assert left[treated & dog].mean() > 2 * left[treated & ~dog].mean()
    assert DOG_BOOST > 1


def test_the_sale_effect_matches_what_campaigns_sell(
    company: Company, contacts: pd.DataFrame
) -> None:
    sold = contacts.groupby(["customer_id", "campaign_id"]).agg(
        sold=("outcome", lambda outcome: (outcome == "sale").any()),
        held=("was_held_out", "first"),
    )
    rows = company.truth("effects").join(
        sold, on=["customer_id", "campaign_id"], how="inner"
    )
    treated = rows[rows.held == "false"]
    assert treated.sold.mean() == pytest.approx(treated.sale_effect.mean(), rel=0.12)


def test_sales_happen_with_and_without_campaigns(
    company: Company, contacts: pd.DataFrame
) -> None:
    sales = company.raw("sales")
    by_campaign = sales[sales.campaign_id != ""]
    assert 0.2 < len(by_campaign) / len(sales) < 0.8
    sold = contacts[contacts.outcome == "sale"]
    keys = set(zip(sold.customer_id, sold.campaign_id, strict=True))
    bought = set(zip(by_campaign.customer_id, by_campaign.campaign_id, strict=True))
    assert len(keys & bought) > 0.9 * len(keys)


def test_complaints_open_before_they_close(company: Company) -> None:
    events = company.raw("tickets")
    when = events.pivot_table(
        index="ticket_id", columns="event", values="happened_at", aggfunc="min"
    )
    closed = when.dropna(subset=["resolved"])
    assert (closed.opened < closed.resolved).all()
    assert when.opened.notna().all()
    assert 0 < when.resolved.isna().mean() < 0.3
