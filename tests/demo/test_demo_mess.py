"""The mess of real exports, and that the truth stays apart."""

import pandas as pd
import phonenumbers
import pytest
from demo_tables import RAW_TABLES, Company

ANONYMOUS = {"anonymous", "", "restricted", "unknown"}


@pytest.fixture(scope="module")
def rows(company: Company) -> pd.DataFrame:
    """The call rows as exported."""
    return company.raw("calls")


def e164(number: str) -> str:
    """Normalise a number, or return nothing."""
    dialled = f"+{number[2:]}" if number.startswith("00") else number
    try:
        parsed = phonenumbers.parse(dialled, "PL")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def test_truth_columns_are_in_no_raw_file(company: Company) -> None:
    hidden = {
        "base_rate_per_day",
        "is_persistent",
        "cause",
        "segment",
        "probability",
        "repeat_7d_probability",
        "sale_probability",
        "sale_effect",
        "churn_effect",
    }
    for name in RAW_TABLES:
        assert not hidden & set(company.raw(name).columns)
    found = {p.name for p in (company.folder / "truth").iterdir()}
    assert found == {
        f"{name}.parquet"
        for name in (
            "billing_errors",
            "calls",
            "churn",
            "contacts",
            "customers",
            "effects",
            "faults",
        )
    }


def test_phones_are_valid_and_written_in_many_ways(company: Company) -> None:
    phones = company.raw("customer_phones").phone
    assert (phones.map(e164) != "").all()
    shapes = phones.str.replace(r"\d", "9", regex=True)
    assert shapes.nunique() >= 5
    for prefix in ("+48", "0048"):
        assert phones.str.startswith(prefix).mean() > 0.1


def test_some_lines_are_shared_changed_and_handed_on(company: Company) -> None:
    phones = company.raw("customer_phones")
    phones["number"] = phones.phone.map(e164)
    owners = phones.groupby("number").customer_id.nunique()
    both = phones[phones.number.isin(owners[owners > 1].index)]
    ended = both.valid_to != ""
    handed_on = both[ended].number.nunique()
    shared = both.number.nunique() - handed_on
    customers = phones.customer_id.nunique()
    assert shared / customers == pytest.approx(0.03, abs=0.012)
    assert handed_on > 10
    pairs = both[ended].merge(both[~ended], on="number", suffixes=("_old", "_new"))
    pairs = pairs[pairs.valid_from_new > pairs.valid_from_old]
    assert (pairs.valid_to_old < pairs.valid_from_new).mean() > 0.95
    changed = phones[phones.valid_to != ""].customer_id.nunique()
    assert changed / customers == pytest.approx(0.03, abs=0.012)


def test_some_callers_are_anonymous_and_some_are_strangers(
    rows: pd.DataFrame, company: Company
) -> None:
    inbound = rows[(rows.direction == "inbound") & (rows.channel == "voice")]
    anonymous = inbound.caller_number.isin(ANONYMOUS)
    assert anonymous.mean() == pytest.approx(0.06, abs=0.01)
    assert set(inbound.caller_number[anonymous]) == ANONYMOUS
    known = set(company.raw("customer_phones").phone.map(e164))
    shown = inbound.caller_number[~anonymous].sample(3_000, random_state=1).map(e164)
    assert (shown != "").all()
    assert (~shown.isin(known)).mean() == pytest.approx(0.045, abs=0.015)


def test_a_quarter_of_the_identified_calls_carries_the_crm_id(
    rows: pd.DataFrame, company: Company
) -> None:
    truth = company.truth("calls").set_index("call_id").customer_id
    own = rows[(rows.direction == "inbound") & rows.call_id.map(truth).notna()]
    seen = own[~own.caller_number.isin(ANONYMOUS) | (own.crm_id != "")]
    assert (seen.crm_id != "").mean() == pytest.approx(0.25, abs=0.03)
    carried = seen[seen.crm_id != ""]
    assert (carried.crm_id == carried.call_id.map(truth)).all()


def test_some_rows_come_twice_and_some_again_later(rows: pd.DataFrame) -> None:
    whole = rows[rows.call_id != ""]
    identical = whole.duplicated().sum()
    again = whole.drop_duplicates().call_id.duplicated().sum()
    assert identical / len(rows) == pytest.approx(0.004, abs=0.002)
    assert 0 < again / len(rows) < 0.004
    later = whole[whole.call_id.duplicated(keep=False)]
    assert later.groupby("call_id").loaded_at.nunique().max() == 2


def test_some_rows_are_loaded_late_and_none_too_early(calls: pd.DataFrame) -> None:
    lag = calls.loaded_at - calls.ended_at
    assert (lag > pd.Timedelta(0)).all()
    assert (lag > pd.Timedelta(hours=1)).mean() == pytest.approx(0.03, abs=0.01)
    assert calls.loaded_at.max() < pd.Timestamp("2026-07-01", tz="UTC")


def test_a_few_rows_are_broken_in_every_way(rows: pd.DataFrame) -> None:
    started = pd.to_datetime(rows.started_at, utc=True, errors="coerce")
    ended = pd.to_datetime(rows.ended_at, utc=True, errors="coerce")
    broken = {
        "time": started.isna(),
        "id": rows.call_id == "",
        "negative": rows.talk_seconds.str.startswith("-"),
        "order": ended < started,
        "direction": ~rows.direction.isin(["inbound", "outbound"]),
    }
    counts = {kind: int(bad.sum()) for kind, bad in broken.items()}
    assert all(counts.values()), counts
    assert sum(counts.values()) / len(rows) == pytest.approx(0.002, abs=0.001)


def test_a_few_bills_are_broken(company: Company) -> None:
    bills = company.raw("bills")
    bad_day = pd.to_datetime(bills.billed_at, utc=True, errors="coerce").isna()
    bad_amount = pd.to_numeric(bills.amount_eur, errors="coerce").isna()
    assert bad_day.any()
    assert bad_amount.any()
    assert (bad_day | bad_amount).mean() < 0.005


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("contracts", "happened_at"),
        ("payments", "paid_at"),
        ("tickets", "happened_at"),
        ("web_visits", "visited_at"),
        ("outages", "started_at"),
        ("sales", "sold_at"),
        ("campaign_contacts", "contacted_at"),
        ("customers", "valid_from"),
        ("customer_phones", "valid_from"),
    ],
)
def test_nothing_is_recorded_before_it_happened(
    company: Company, name: str, event: str
) -> None:
    table = company.raw(name)
    lag = pd.to_datetime(table.recorded_at, utc=True) - pd.to_datetime(
        table[event], utc=True
    )
    assert (lag > pd.Timedelta(0)).all()
    assert pd.to_datetime(table.recorded_at, utc=True).max() < pd.Timestamp(
        "2026-07-01", tz="UTC"
    )
    assert table[table.columns[0]].str.len().gt(0).all()


def test_attributes_change_and_wishes_are_dated(company: Company) -> None:
    customers = company.raw("customers")
    per = customers.groupby("customer_id")
    assert (per.monthly_fee_eur.nunique() > 1).mean() > 0.2
    assert (per.status.nunique() > 1).mean() > 0.1
    assert (per.region.nunique() > 1).any()
    for wish in ("opted_out", "do_not_call"):
        said = per[wish].agg(lambda values: "true" in set(values))
        assert 0.01 < said.mean() < 0.10
        ordered = customers.sort_values(["customer_id", "valid_from"])
        flag = ordered[wish] == "true"
        assert (flag.groupby(ordered.customer_id).cummax() == flag).all()
    assert customers.email.str.endswith("@example.com").all()
