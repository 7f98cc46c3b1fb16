"""The whole way, from exports to lists and report, on a small company."""

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

NUMBER = re.compile(rb"(?<![\d.])(?:\+?48|0048)?\d{9}(?!\d)")
MAIL = re.compile(rb"[\w.+-]+@[\w.-]+\w")


def test_cycle_ends_well_and_prints_one_json_object(cycle):
    assert cycle.code == 0, cycle.stderr
    assert set(cycle.json) >= {
        "sources", "identity", "repeat_callers", "segments", "verdict", "predictors",
        "scores", "lists", "effects", "report",
    }  # fmt: skip


def test_campaigns_with_too_few_held_out_customers_tell_no_effect(cycle):
    effects = cycle.json["effects"].values()
    assert {found["state"] for found in effects} == {"observational"}
    assert all(0 < found["held_out"] < 30 for found in effects)
    assert not any(found["measures"] for found in effects)


def test_rows_in_are_rows_kept_plus_rows_set_aside(cycle):
    for name, source in cycle.json["sources"].items():
        aside = sum(source["set_aside"].values())
        assert source["rows_in"] == source["rows_kept"] + aside, name
    assert cycle.json["sources"]["calls"]["set_aside"]


def test_every_predictor_reports_figures_with_intervals(cycle):
    for name, found in cycle.json["predictors"].items():
        auc = found["metrics"]["roc_auc"]
        assert auc["low"] <= auc["value"] <= auc["high"], name
        assert {"prior", "rule", "logistic"} <= set(found["baselines"])
        assert found["claim"]["sentence"]


def test_what_cannot_be_scored_is_named_and_the_rest_goes_on(cycle):
    found = cycle.json
    assert {*found["scores"], *found["not_scored"]} == set(found["predictors"])
    assert {*found["lists"], *found["not_made"]} == {"winback", "upgrade"}
    assert all(found["not_scored"].values())


def test_lists_account_for_every_customer(cycle):
    for name, found in cycle.json["lists"].items():
        excluded = sum(found["excluded"].values())
        assert found["rows_in"] == found["rows_listed"] + excluded, name


def test_listed_customers_match_the_file(cycle):
    found = cycle.json["lists"]["winback"]
    file = next(Path(f) for f in found["files"] if f.endswith(".csv"))
    with file.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == found["rows_listed"] > 0
    assert file.stat().st_mode & 0o077 == 0


def test_second_run_skips_every_stage_and_changes_no_byte(site, cycle):
    assert cycle.code == 0, cycle.stderr
    before = _bytes(site.workspace)
    again = site.ccml("run", "cycle", str(site.config), "--json")
    assert again.code == 0, again.stderr
    assert "done" not in again.stderr
    assert again.stderr.count("unchanged, skipped") >= 20
    assert again.json == cycle.json
    assert _bytes(site.workspace) == before


def test_no_personal_value_leaves_the_raw_exports(site, cycle):
    assert cycle.code == 0, cycle.stderr
    raw = site.folder / "data" / "raw" / "demo"
    phones = _column(raw / "customer_phones", "phone")
    numbers = {re.sub(r"\D", "", phone)[-9:].encode() for phone in phones}
    mails = {mail.encode() for mail in _column(raw / "customers", "email")}
    customers = set(_column(raw / "customers", "customer_id"))
    assert min(len(numbers), len(mails)) > len(customers) / 2 > 100
    files = [f for f in site.workspace.rglob("*") if f.is_file()]
    assert len(files) > 100
    texts = {f.name: _searchable(f) for f in files}
    texts["output"] = (cycle.stdout + cycle.stderr).encode()
    for name, text in texts.items():
        found = {number[-9:] for number in NUMBER.findall(text)}
        assert not found & numbers, f"{len(found & numbers)} phone numbers in {name}"
        written = set(MAIL.findall(text))
        assert not written & mails, f"{len(written & mails)} e-mails in {name}"


def test_key_is_in_no_artifact(site, cycle):
    assert cycle.code == 0, cycle.stderr
    key = (site.folder / ".ccml" / "pseudonym.key").read_bytes().strip()
    files = [f for f in site.workspace.rglob("*") if f.is_file()]
    assert not [f.name for f in files if key in f.read_bytes()]


def test_no_pickle_among_the_models(site, cycle):
    assert cycle.code == 0, cycle.stderr
    endings = {f.suffix for f in (site.workspace / "mlflow").rglob("*")}
    assert not endings & {".pkl", ".pickle", ".joblib", ".skops"}


def test_show_prints_every_kind_of_table(site, cycle):
    assert cycle.code == 0, cycle.stderr
    kinds = (
        "tables", "kpis", "segments", "metrics", "features", "scores", "lists",
        "exclusions", "sources", "matches",
    )  # fmt: skip
    for kind in kinds:
        shown = site.ccml("show", kind, str(site.config), "--json")
        assert shown.code == 0, shown.stderr
        tables = shown.json
        assert tables, kind
        assert all(tables.values()), kind


def test_explain_adds_up_to_the_stored_score(site, cycle):
    assert cycle.code == 0, cycle.stderr
    scores = site.ccml("show", "scores", str(site.config), "--only", "churn", "--json")
    row = scores.json["scores__churn"][0]
    told = site.ccml(
        "explain", str(site.config), "--customer", row["customer_id"],
        "--predictor", "churn", "--json",
    )  # fmt: skip
    assert told.code == 0, told.stderr
    found = told.json["predictors"]["churn"]
    assert found["probability"] == pytest.approx(row["probability"], abs=1e-12)
    assert found["contribution_sum"] == pytest.approx(found["raw_score"], abs=1e-9)
    assert found["events"]["calls"] >= 0


def test_explain_names_an_unknown_customer_kindly(site, cycle):
    assert cycle.code == 0, cycle.stderr
    told = site.ccml("explain", str(site.config), "--customer", "nobody")
    assert told.code == 3
    assert "nobody" not in told.stderr
    assert "--customer" in told.stderr


def _bytes(folder: Path) -> dict[str, bytes]:
    wanted = [*folder.glob("lists/*"), folder / "report.html"]
    wanted += folder.glob("tables/*/*")
    return {str(f): f.read_bytes() for f in wanted if f.is_file()}


def _column(folder: Path, name: str) -> list[str]:
    frame = pd.concat(pd.read_csv(f, dtype=str) for f in sorted(folder.iterdir()))
    return list(frame[name].dropna())


def _searchable(file: Path) -> bytes:
    """Bytes of a file; of a Parquet file, which is compressed, its texts."""
    if file.suffix != ".parquet":
        return file.read_bytes()
    texts = pd.read_parquet(file).select_dtypes(["object", "string"])
    return json.dumps(
        {c: sorted(set(texts[c].dropna().map(str))) for c in texts}
    ).encode()
