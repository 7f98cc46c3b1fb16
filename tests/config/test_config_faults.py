import pytest
import yaml
from builders import config_file, config_values

from ccml.config.load import load_config
from ccml.errors import ConfigError, did_you_mean, unknown_name


def faults(folder, **changes):
    file = config_file(folder, **changes)
    with pytest.raises(ConfigError, match=r"project\.yaml") as error:
        load_config(file)
    return str(error.value).splitlines()


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("time_zon", "time_zone"),
        ("features__window_days", "windows_days"),
        ("features__tables__calls__measure", "measures"),
        ("sources__cals", "calls"),
        ("sources__calls__pat", "path"),
        ("sources__events__bills__measurs", "measures"),
        ("spines__monthly__wher", "where"),
        ("predictors__billed__label__horizon_dayz", "horizon_days"),
        ("predictors__billed__tune__trails", "trials"),
        ("engine__thread", "threads"),
    ],
)
def test_unknown_keys_get_a_suggestion_at_every_depth(tmp_path, path, meant):
    (fault,) = faults(tmp_path, **{path: 1})
    line = int(fault.split("project.yaml:")[1].split(":")[0])
    written = (tmp_path / "project.yaml").read_text().splitlines()[line - 1]
    assert path.split("__")[-1] in written
    assert f"{path.replace('__', '.')}: unknown key. Did you mean {meant!r}?" in fault


def test_a_label_by_column_is_told_its_own_keys(tmp_path):
    (fault,) = faults(
        tmp_path,
        sources__flat={"bank": {"path": "x.csv"}},
        predictors={
            "yes": {
                "table": "bank",
                "split": {"kind": "random"},
                "label": {"column": "y", "positiv": "1"},
            }
        },
    )
    assert "label.positiv: unknown key. Did you mean 'positive'?" in fault
    assert "Allowed: ['column', 'positive']" in fault


def test_all_faults_are_told_at_once_each_with_its_line(tmp_path):
    found = faults(
        tmp_path,
        version=2,
        project="Not a name",
        time_zone="Mars/Base",
        data_until="2025-06-01T00:00:00",
        features__windows_days=[7, -1],
        features__top_values=float("inf"),
        sources__events__bills__categories=5,
    )
    lines = [fault.split(": ")[0] for fault in found]
    assert all(line.rpartition(":")[2].isdigit() for line in lines)
    told = "\n".join(found)
    for part in [
        "version: got 2",
        "project: got 'Not a name'",
        "'Mars/Base' is no time zone such as Europe/Warsaw",
        "has no zone; write 2026-07-01T00:00:00Z",
        "features.windows_days.1: got -1",
        "features.top_values: got inf",
        "sources.events.bills.categories: got 5; this takes keys of its own",
    ]:
        assert part in told
    assert "dict[" not in told
    assert ".." not in told


def test_a_missing_key_is_named(tmp_path):
    (fault,) = faults(tmp_path, predictors__billed__label={"table": "bills"})
    assert (
        "predictors.billed.label.horizon_days: this key is required (days obs" in fault
    )


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_numbers_are_finite(tmp_path, value):
    (fault,) = faults(tmp_path, engine__memory_limit_gb=value)
    assert "engine.memory_limit_gb: got" in fault


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"spines__monthly__each": "calls"}, "give either `every` (month, week) or"),
        ({"spines__monthly__own": ["tariff"]}, "`own` belongs to spines with `each`"),
        ({"features__windows_days": []}, "at least 1 item"),
        ({"spines__basic__where": "tariff ="}, "this is no condition such as"),
        ({"predictors__again__label__where": "1; drop"}, "one condition, without any"),
        (
            {"predictors__again__slices": {"a": "lower(x) = 'a'"}},
            "is not allowed; a condition compares",
        ),
        (
            {"predictors__again__table": "bank"},
            "give exactly one of `spine` and `table`",
        ),
        ({"predictors__again__label": {"column": "y"}}, "a spine needs a label with"),
        ({"predictors__again__split": {"kind": "random"}}, "needs split.kind 'time'"),
    ],
)
def test_sections_that_contradict_themselves_are_refused(tmp_path, changes, sentence):
    assert sentence in "\n".join(faults(tmp_path, **changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"spines__after_call__each": "call"},
            "no event table named 'call'. Did you me",
        ),
        ({"features__tables": {"sales": {}}}, "features.tables.sales: no event table"),
        ({"features__attributes": ["tarif"]}, "Did you mean 'tariff'?"),
        ({"predictors__again__spine": "afer_call"}, "Did you mean 'after_call'?"),
        (
            {"predictors__again__scoring": {"spine": "x"}},
            "again.scoring.spine: no spine",
        ),
        (
            {"predictors__again__label__table": "sales"},
            "again.label.table: no event tab",
        ),
        (
            {"lists": {"a": {"predictor": "b", "capacity": 1}}},
            "lists.a.predictor: no pre",
        ),
        ({"segments": {"spine": "yearly"}}, "segments.spine: no spine named 'yearly'"),
        ({"sources__customers": None}, "regular cutoffs need sources.customers"),
        ({"sources__customers__current_only": True}, "would leak the future"),
    ],
)
def test_names_that_point_at_nothing_are_told_with_line(tmp_path, changes, sentence):
    found = faults(tmp_path, **changes)
    assert sentence in "\n".join(found)
    assert all(".yaml:" in fault for fault in found)


def test_a_flat_predictor_needs_its_table(tmp_path):
    flat = {"table": "bank", "split": {"kind": "random"}, "label": {"column": "y"}}
    found = faults(tmp_path, predictors__flat=flat)
    assert "predictors.flat.table: no flat source named 'bank'" in "\n".join(found)


def test_several_broken_references_are_told_together(tmp_path):
    assert len(faults(tmp_path, features__attributes=["a", "b"])) == 2


def test_leaking_attributes_may_be_wanted(tmp_path):
    wanted = {
        "path": "c.csv",
        "attributes": ["tariff", "fee_eur", "joined_on"],
        "current_only": True,
        "i_know_this_leaks": True,
    }
    config = load_config(config_file(tmp_path, sources__customers=wanted))
    assert config.sources.customers.i_know_this_leaks


SECTIONS = {
    "spines": {"every": "month"},
    "predictors": {"spine": "monthly", "label": {"table": "bills", "horizon_days": 9}},
    "lists": {"predictor": "billed", "capacity": 1},
    "sources__events": {"path": "e.csv", "id": "i", "event_at": "t"},
    "sources__flat": {"path": "f.csv"},
}


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("name", ["../up", "Big", "1st", "a b", "_a", "ż", "a" * 42])
def test_names_that_are_unfit_for_tables_and_files_are_refused(tmp_path, section, name):
    (fault,) = faults(tmp_path, **{f"{section}__{name}": SECTIONS[section]})
    line = int(fault.split("project.yaml:")[1].split(":")[0])
    written = (tmp_path / "project.yaml").read_text().splitlines()[line - 1]
    assert yaml.safe_load(written.strip()) == {name: None}
    assert f"{name!r} becomes a name of tables and files" in fault


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("name", ["a", "z9_", "a" * 41])
def test_names_of_small_letters_digits_and_underscores_are_fine(
    tmp_path, section, name
):
    changes = {f"{section}__{name}": SECTIONS[section]}
    config = load_config(config_file(tmp_path, **changes))
    for key in section.split("__"):
        config = getattr(config, key)
    assert name in config


@pytest.mark.parametrize("name", ["segments", "refusals", "scores__churn", "flat__a"])
def test_an_event_table_may_not_overwrite_another(tmp_path, name):
    values = config_values()
    values["sources"]["events"][name] = SECTIONS["sources__events"]
    found = faults(tmp_path, sources=values["sources"])
    assert f"sources.events.{name}: {name!r} may be the name of another" in found[0]


def test_an_unknown_name_says_what_is_known():
    error = unknown_name("table", "cals", ["visits", "calls"], "here")
    assert str(error) == (
        "here: no table named 'cals'. Did you mean 'calls'? Known: ['calls', 'visits']."
    )
    assert did_you_mean("zzz", ["calls"]) == ""
