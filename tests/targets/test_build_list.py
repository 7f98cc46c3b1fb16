import datetime as dt
import json
import stat
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from conftest_targets import CONFIG, customer

from ccml.config.lists import ListConfig
from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.identity.prepare import prepare_customers
from ccml.project import Project
from ccml.targets.build import build_list, decide
from ccml.targets.holdout import drawn_lots

Make = Callable[..., Project]
HALF_DAY = pd.Timedelta(hours=12)
LATER = pd.Timestamp("2026-09-01", tz="UTC").as_unit("us")


def rules(project: Project) -> dict[str, str]:
    frame = project.store.frame("exclusions__winback")
    return dict(zip(frame["customer_id"], frame["rule"], strict=True))


def listed(project: Project) -> list[str]:
    frame = project.store.frame("list__winback").sort_values("rank")
    return list(frame["customer_id"])


def test_list_holds_the_most_likely_customers_in_order(make: Make) -> None:
    project = make({"a": 0.3, "b": 0.9, "c": 0.5})
    result = build_list(project, "winback")["lists"]["winback"]
    assert listed(project) == ["b", "c"]
    assert rules(project) == {"a": "over_capacity"}
    assert result["rows_in"] == 3
    assert result["rows_listed"] == 2
    assert result["excluded"] == {"over_capacity": 1}
    assert result["expected_value_eur"] == pytest.approx((0.9 + 0.5) * 40 - 2 * 4)
    assert result["title"] == "Winback"
    assert result["model_version"] == "3"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        pytest.param({"opted_out": True}, "opted_out", id="opted-out"),
        pytest.param({"opted_out": None}, "opted_out", id="consent-not-known"),
        pytest.param({"do_not_call": True}, "do_not_call", id="do-not-call"),
        pytest.param({"do_not_call": True, "opted_out": True}, "opted_out", id="first"),
        pytest.param({"tariff": "basic"}, "not_matching", id="other-tariff"),
        pytest.param({"tariff": None}, "not_matching", id="tariff-not-known"),
        pytest.param({"customer_id": "z"}, "unknown_customer", id="not-a-customer"),
    ],
)
def test_customer_is_left_out_by_the_first_rule(
    make: Make, row: dict[str, object], rule: str
) -> None:
    people = [customer("a"), customer("b") | row]
    where = "lists.winback.where=\"tariff = 'flex'\""
    project = make({"a": 0.3, "b": 0.9}, people, where)
    build_list(project, "winback")
    assert listed(project) == ["a"]
    assert rules(project) == {"b": rule}


@pytest.mark.parametrize("rule", ["opted_out", "do_not_call"])
def test_refusal_that_stands_only_on_a_row_set_aside_counts(
    make: Make, rule: str
) -> None:
    project = make({"a": 0.3, "b": 0.9}, refusals={"b": {rule: True}})
    build_list(project, "winback")
    assert listed(project) == ["a"]
    assert rules(project) == {"b": rule}


def test_refusal_goes_from_a_quarantined_row_of_the_export_to_the_list(
    make: Make,
) -> None:
    settings = ("valid_from=since", "valid_to=until", "max_bad_share=1")
    project = make(
        {"a": 0.3, "b": 0.9, "c": 0.8, "d": 0.7},
        None,
        *(f"sources.customers.{setting}" for setting in settings),
    )
    (project.folder / "c.csv").write_text(
        "customer_id,since,until,tariff,fee_eur,oo,dnc\n"
        "a,2026-01-01T00:00Z,,flex,30,no,no\n"
        "b,2026-01-01T00:00Z,2026-06-01T00:00Z,flex,30,no,no\n"
        "b,2026-05-01T00:00Z,,flex,30,yes,no\n"  # overlaps
        "c,2026-01-01T00:00Z,,flex,30,no,no\n"
        "c,2026-99-01T00:00Z,,flex,30,no,yes\n"  # no such month
        "d,2026-01-01T00:00Z,,flex,30,no,no\n"
        "d,2026-05-01T00:00Z,,flex,30,no,unclear\n"
    )
    prepare_customers(project)
    kept = project.store.frame("customers")
    assert not kept[["opted_out", "do_not_call"]].any(axis=None)
    build_list(project, "winback")
    assert rules(project) == {"b": "opted_out", "c": "do_not_call", "d": "do_not_call"}
    assert listed(project) == ["a"]


def test_refusal_known_after_the_cutoff_counts(make: Make) -> None:
    later = customer("b", valid_from=LATER, known_at=LATER, opted_out=True)
    project = make({"a": 0.3, "b": 0.9}, [customer("a"), customer("b"), later])
    build_list(project, "winback")
    assert rules(project) == {"b": "opted_out"}


def test_withdrawn_refusal_no_longer_counts(make: Make) -> None:
    later = customer("b", valid_from=LATER, known_at=LATER, tariff="new")
    people = [customer("a"), customer("b", opted_out=True), later]
    project = make({"a": 0.3, "b": 0.9}, people)
    build_list(project, "winback")
    assert listed(project) == ["b", "a"]
    frame = project.store.frame("list__winback").set_index("customer_id")
    assert frame.loc["b", "tariff"] == "new"


def test_customers_not_worth_a_contact_are_left_out(make: Make) -> None:
    project = make({"a": 0.1, "b": 0.1001})  # 0.1 * 0.2 * 200 - 4 = 0
    build_list(project, "winback")
    assert rules(project) == {"a": "not_worth_a_contact"}


def test_without_a_value_nobody_is_weighed_by_it(make: Make) -> None:
    none = "lists.winback.value_per_success_eur=0"
    project = make({"a": 0.01}, None, none)
    result = build_list(project, "winback")["lists"]["winback"]
    assert listed(project) == ["a"]
    assert result["expected_value_eur"] is None
    assert any("value_per_success_eur is 0" in note for note in result["notes"])


def test_customers_below_the_least_probability_are_left_out(make: Make) -> None:
    project = make({"a": 0.4999, "b": 0.5}, None, "lists.winback.min_probability=0.5")
    build_list(project, "winback")
    assert rules(project) == {"a": "below_min_probability"}


def test_reasons_and_attributes_stand_beside_each_row(make: Make) -> None:
    project = make({"a": 0.9})
    build_list(project, "winback")
    row = project.store.frame("list__winback").iloc[0]
    assert row["reason_1"] == "6 calls"
    assert row["reason_2"] == "=1+1"
    assert pd.isna(row["reason_3"])
    assert row["tariff"] == "flex"
    assert row["list_id"] == "winback-20260701-v3"


def test_list_carries_the_local_date_of_its_data(make: Make) -> None:
    project = make({"a": 0.9})
    local_midnight = pd.Timestamp("2026-07-01", tz="Europe/Warsaw").tz_convert("UTC")
    summary = project.store.frame("score_summary__churn")
    summary["cutoff_until"] = pd.Series([local_midnight.as_unit("us")])
    project.store.write(
        "score_summary__churn", Table(summary, ["predictor"], "one"), "local"
    )
    told = build_list(project, "winback")["lists"]["winback"]
    assert local_midnight.day == 30
    assert told["list_id"] == "winback-20260701-v3"


def test_files_show_times_of_the_site(make: Make) -> None:
    since = [pd.Timestamp(f"2026-0{m}-01", tz="Europe/Warsaw") for m in (1, 7)]
    people = [
        customer(c, tariff=t.tz_convert("UTC"), fee_eur=t.tz_convert("UTC") + HALF_DAY)
        for c, t in zip("ab", since, strict=True)
    ]
    people.append(customer("c", tariff=pd.NaT, fee_eur=since[0].tz_convert("UTC")))
    project = make({"a": 0.3, "b": 0.9, "c": 0.2}, people, "lists.winback.capacity=3")
    file = build_list(project, "winback")["lists"]["winback"]["files"][0]
    shown = pd.read_csv(file).set_index("customer_id")
    assert shown.tariff.tolist()[:2] == ["2026-07-01", "2026-01-01"]
    assert pd.isna(shown.tariff["c"])
    assert shown.fee_eur.tolist() == [
        "2026-07-01 12:00:00",
        "2026-01-01 12:00:00",
        "2026-01-01 00:00:00",
    ]


def test_a_success_rate_is_questioned_only_when_nobody_said_it(make: Make) -> None:
    unsaid = CONFIG.replace("    success_rate: 0.2\n", "")
    project = make({"a": 0.3}, config=unsaid)
    notes = build_list(project, "winback")["lists"]["winback"]["notes"]
    assert any(note.startswith("success_rate is not set") for note in notes)
    project = make({"a": 0.3}, None, "lists.winback.success_rate=1.0", config=unsaid)
    notes = build_list(project, "winback")["lists"]["winback"]["notes"]
    assert not any("success_rate" in note for note in notes)


def many(n: int = 400) -> dict[str, float]:
    return {f"c{i:04d}": 0.2 + 0.7 * i / n for i in range(n)}


def test_holdout_is_stable_disjoint_and_of_the_asked_size(make: Make) -> None:
    settings = ("lists.winback.holdout_share=0.25", "lists.winback.capacity=100")
    project = make(many(), None, *settings)
    result = build_list(project, "winback")["lists"]["winback"]
    held = {c for c, rule in rules(project).items() if rule == "held_out"}
    assert result["rows_held_out"] == len(held)
    assert len(held) == pytest.approx(100, abs=3 * np.sqrt(400 * 0.25 * 0.75))
    assert not held & set(listed(project))
    again = make(many(300), None, *settings)
    build_list(again, "winback")
    still = {c for c, rule in rules(again).items() if rule == "held_out"}
    assert still == held & set(many(300))


def test_held_out_customers_above_the_cut_are_marked(make: Make) -> None:
    settings = ("lists.winback.holdout_share=0.25", "lists.winback.capacity=100")
    project = make(many(), None, *settings)
    result = build_list(project, "winback")["lists"]["winback"]
    frame = project.store.frame("exclusions__winback")
    assert frame.loc[frame["rule"] != "held_out", "above_cut"].isna().all()
    lowest = min(listed(project))  # ids rise with the probability
    held = frame[frame["rule"] == "held_out"]
    assert ((held["customer_id"] > lowest) == held["above_cut"]).all()
    assert result["rows_held_out_above_cut"] == int(held["above_cut"].sum())


def test_another_key_holds_others_out(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ("lists.winback.holdout_share=0.25", "lists.winback.capacity=400")
    build_list(make(many(), None, *settings), "winback")
    first = listed(make(many(), None, *settings))
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", "cd" * 32)
    project = make(many(), None, *settings)
    build_list(project, "winback")
    assert set(listed(project)) != set(first)


def test_holdout_without_a_key_is_refused(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make(many(5), None, "lists.winback.holdout_share=0.25")
    monkeypatch.delenv("CCML_PSEUDONYM_KEY")
    with pytest.raises(ConfigError, match="key"):
        build_list(project, "winback")


def test_every_row_is_listed_or_excluded_once(make: Make) -> None:
    people = [
        customer(c, opted_out=i % 7 == 0, do_not_call=i % 5 == 0)
        for i, c in enumerate(many())
        if i % 11
    ]
    settings = ("lists.winback.holdout_share=0.1", "lists.winback.capacity=50")
    project = make(many(), people, *settings)
    result = build_list(project, "winback")["lists"]["winback"]
    assert result["rows_in"] == result["rows_listed"] + sum(result["excluded"].values())
    assert set(listed(project)) | set(rules(project)) == set(many())
    assert not set(listed(project)) & set(rules(project))


def test_nobody_left_makes_an_empty_list(make: Make) -> None:
    project = make({"a": 0.9}, [customer("a", opted_out=True)])
    result = build_list(project, "winback")["lists"]["winback"]
    assert result["rows_listed"] == 0
    assert result["expected_value_eur"] == 0
    assert len(result["files"]) == 2


def test_second_build_changes_nothing_and_says_the_same(make: Make) -> None:
    project = make({"a": 0.3, "b": 0.9})
    first = build_list(project, "winback")
    times = [file_time(f) for f in first["lists"]["winback"]["files"]]
    assert build_list(project, "winback") == first
    assert [file_time(f) for f in first["lists"]["winback"]["files"]] == times
    assert json.loads(json.dumps(first)) == first


def file_time(path: str) -> int:
    from pathlib import Path

    return Path(path).stat().st_mtime_ns


def test_same_list_gives_same_bytes_and_private_files(make: Make) -> None:
    from pathlib import Path

    project = make({"a": 0.3, "b": 0.9})
    files = [
        Path(f) for f in build_list(project, "winback")["lists"]["winback"]["files"]
    ]
    before = [f.read_bytes() for f in files]
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.write_bytes(b"tampered")
    build_list(project, "winback")
    assert [f.read_bytes() for f in files] == before


def test_file_of_a_format_no_longer_asked_for_is_removed(make: Make) -> None:
    project = make({"a": 0.3})
    build_list(project, "winback")
    project = make({"a": 0.3}, None, "lists.winback.export=[csv]")
    files = build_list(project, "winback")["lists"]["winback"]["files"]
    assert [f.rsplit(".", 1)[1] for f in files] == ["csv"]
    assert not (project.workspace / "lists" / "winback.xlsx").exists()


def test_without_customers_no_list_is_made(make: Make) -> None:
    config = CONFIG.replace("monthly: {every: month}", "monthly: {each: contracts}")
    start, end = config.index("  customers:"), config.index("  events:")
    project = make({"a": 0.3}, None, config=config[:start] + config[end:])
    with pytest.raises(ConfigError, match=r"sources\.customers"):
        build_list(project, "winback")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        pytest.param("[tarif]", "Did you mean 'tariff'", id="misspelt"),
        pytest.param("[rank]", "a column of every list already", id="taken"),
    ],
)
def test_unfit_attribute_columns_are_refused(
    make: Make, columns: str, message: str
) -> None:
    config = CONFIG.replace("attributes: [tariff", "attributes: [rank, tariff")
    project = make({"a": 0.3}, None, f"lists.winback.columns={columns}", config=config)
    with pytest.raises(ConfigError, match=message):
        build_list(project, "winback")


def test_missing_refusal_columns_are_named_as_open_questions(make: Make) -> None:
    config = CONFIG.replace(", opted_out: oo, do_not_call: dnc", "")
    project = make({"a": 0.3}, None, config=config)
    notes = build_list(project, "winback")["lists"]["winback"]["notes"]
    assert [n.split(" ")[0] for n in notes] == [
        "sources.customers.opted_out",
        "sources.customers.do_not_call",
        "contact_law",
        "holdout_share",
    ]


def test_ties_are_broken_by_lot_whatever_the_order() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["b", "a", "c"],
            "probability": [0.5, 0.5, 0.5],
            "raw_score": [0.0, 0.0, 0.0],
            "rule": [None, None, None],
        }
    )
    config = ListConfig(predictor="p", capacity=2)
    for order in ([0, 1, 2], [2, 1, 0]):
        decided = decide(frame.iloc[order], config, b"", "c")
        assert list(decided["customer_id"]) == sorted("abc", key=lot)
        assert decided["rule"].tolist() == [None, None, "over_capacity"]


def lot(customer_id: str) -> str:
    return drawn_lots("c", [customer_id])[0]


def test_lots_favour_neither_old_nor_new_customers() -> None:
    lots = pd.Series(drawn_lots("c", many(2000)))
    ranks = lots.rank().to_numpy()
    assert abs(np.corrcoef(ranks, np.arange(2000))[0, 1]) < 3 / np.sqrt(2000)


def test_cover_says_what_the_list_is(make: Make) -> None:
    from openpyxl import load_workbook

    project = make({"a": 0.3, "b": 0.9, "c": 0.5})
    files = build_list(project, "winback")["lists"]["winback"]["files"]
    book = load_workbook(files[1])
    lines = [(a.value, b.value) for a, b in book["About this list"]["A1:B40"]]
    said = {what: value for what, value in lines if what}
    assert lines[0][0] == "Winback"
    assert said["Customers on the list"] == 2
    assert said["Data up to"] == "2026-07-01 02:00 (Europe/Warsaw)"
    assert said["rank behind the last place of the list"] == 1
    assert book.properties.created == dt.datetime(2026, 7, 1)
    sheet = book["List"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:K3"
