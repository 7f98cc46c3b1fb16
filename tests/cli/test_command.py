"""What every verb prints, where, and with which exit code it ends."""

import ast
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from small_site import SmallSite, ccml, exports, write_csv, write_site

import ccml as package
from ccml.engine.lock import run_lock

HEAVY = ("pandas", "ibis", "mlflow", "duckdb", "lightgbm", "sklearn", "shap", "optuna")
VERBS = ("init", "check", "demo", "schema", "run", "show", "explain")
CANARY = "600700800 canary@example.com"


def every_file(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_help_lists_the_verbs_and_loads_no_heavy_library():
    script = (
        "import sys\n"
        "from ccml.cli.main import main\n"
        "sys.argv = ['ccml', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    code = end.code\n"
        f"found = sorted(set({HEAVY!r}) & set(sys.modules))\n"
        "print(repr((code, found)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert [verb for verb in VERBS if f"  {verb} " in done.stdout] == list(VERBS)
    assert ast.literal_eval(done.stderr) == (0, [])


def test_module_and_version():
    done = subprocess.run(
        [sys.executable, "-m", "ccml", "--version"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == package.__version__
    assert done.stderr == ""


def test_no_verb_shows_help():
    run = ccml()
    assert run.code == 2
    assert "schema" in run.stdout + run.stderr


def test_an_unknown_verb_or_option_is_refused(site):
    assert ccml("prepare").code == 2
    run = site.ccml("check", "--fast")
    assert run.code == 2
    assert "--fast" in run.stderr


def test_schema_describes_every_key(tmp_path):
    run = ccml("schema")
    assert (run.code, run.stderr) == (0, "")
    sections = run.json["$defs"]
    # A key that says the same as its section leaves the saying to it.
    keys = [
        (name, {**sections.get(key.get("$ref", "").rpartition("/")[2], {}), **key})
        for part in (run.json, *sections.values())
        for name, key in part["properties"].items()
    ]
    assert len(keys) > 100
    assert not [name for name, key in keys if not key.get("description")]
    file = tmp_path / "schema.json"
    assert ccml("schema", str(file)).code == 0
    assert json.loads(file.read_text()) == run.json


def test_check_of_a_sound_project_says_so(site):
    run = site.ccml("check")
    assert run.code == 0
    assert run.stdout == f"{site.config}: config and sources are in order.\n"
    assert site.ccml("check", "--json").json == {"faults": []}
    assert not site.workspace.exists()


def test_check_tells_all_faults_at_once_and_as_json(site):
    site.raw("survey.csv").unlink()
    site.configure({"sources.calls.columns.wait_s": "waits"})
    run = site.ccml("check", "--json")
    # What is wrong with the config and its paths has to be mended first.
    assert run.code == 2
    assert len(run.json["faults"]) == 2
    assert run.stderr.splitlines()[1:] == sorted(run.json["faults"], reverse=True)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("prepair", "Did you mean 'prepare'?"), ("xyz", "Known: ['audit'")],
)
def test_an_unknown_pipeline_gets_a_suggestion(site, wrong, meant):
    run = site.run(wrong)
    assert run.code == 2
    assert f"no pipeline named {wrong!r}" in run.stderr
    assert meant in run.stderr


def test_a_pipeline_of_the_project_itself_comes_first(site):
    folder = site.folder / "pipelines"
    folder.mkdir()
    (folder / "mine.py").write_text("def run(project):\n    return {'own': 1}\n")
    (folder / "empty.py").write_text("")
    assert site.run("mine", "--json").json == {"own": 1}
    run = site.run("empty")
    assert run.code == 2
    assert "no function `run(project)`" in run.stderr


def test_only_takes_known_names(site):
    run = site.run("train", "--only", "chrun")
    assert run.code == 2
    assert "--only: no predictor or list named 'chrun'" in run.stderr
    assert "Did you mean 'churn'?" in run.stderr


def test_dry_run_writes_nothing(site):
    before = every_file(site.folder)
    run = site.run("cycle", "--dry-run")
    assert run.code == 0
    assert f"read  calls: {site.raw('calls.csv')}" in run.stdout
    assert f"write {site.workspace}" in run.stdout
    plan = site.run("cycle", "--dry-run", "--json").json
    assert set(plan["reads"]) == {
        "calls", "customers", "customer_phones", "contracts", "survey",
    }  # fmt: skip
    assert plan["writes"] == str(site.workspace)
    assert every_file(site.folder) == before


def test_set_changes_a_key_and_its_fault_names_the_option(site):
    run = site.run("cycle", "--dry-run", "--json", "--set", "workspace=elsewhere")
    assert run.json["writes"] == str(site.folder / "elsewhere")
    run = site.run("prepare", "--set", "predictors.churn.tune.trials=many")
    assert run.code == 2
    assert "--set predictors.churn.tune.trials: " in run.stderr
    assert "got 'many'" in run.stderr
    run = site.run("prepare", "--set", "seed")
    assert run.code == 2
    assert "write key.sub=value" in run.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2025-06-01", "'2025-06-01' has no zone; write it with its zone, as in 20"),
        ("2025-06-01T00:00:00", "has no zone"),
        ("yesterday", "'yesterday' is no instant; write it with its zone, as in 20"),
    ],
)
def test_a_cutoff_needs_a_zone(site, text, sentence):
    run = site.run("prepare", "--cutoff", text)
    assert run.code == 2
    assert "--cutoff: " in run.stderr
    assert sentence in run.stderr
    assert site.run("cycle", "--dry-run", "--cutoff", "2025-06-01T00:00Z").code == 0


def test_a_busy_workspace_is_refused_at_once(site):
    with run_lock(site.workspace):
        run = site.run("prepare", "--json")
    assert run.code == 4
    assert run.stdout == ""
    assert run.stderr.startswith("Refused\n")
    assert "another run (process " in run.stderr
    assert "wait for it" in run.stderr
    assert not (site.workspace / "tables").exists()


def test_an_unexpected_error_keeps_its_message_to_itself(site, monkeypatch):
    def fail(_project):
        raise ValueError(CANARY)

    monkeypatch.setattr("ccml.identity.check.check_sources", fail)
    run = site.ccml("check")
    assert run.code == 1
    assert run.stdout == ""
    assert run.stderr.startswith("This is a bug in ccml\nValueError at ")
    assert "CCML_TRACEBACK=1" in run.stderr
    assert "600700800" not in run.stderr
    assert "canary" not in run.stderr
    monkeypatch.setenv("CCML_TRACEBACK", "1")
    with pytest.raises(ValueError, match="canary"):
        site.ccml("check")


def test_a_workspace_that_is_a_file_is_told_without_blaming_ccml(site):
    site.workspace.write_text("in the way")
    run = site.run("prepare")
    assert run.code == 1
    assert run.stderr.startswith("The system said no\n")
    assert f"{site.workspace}: file exists" in run.stderr.lower()


@pytest.mark.slow  # MLflow makes its store
def test_init_makes_a_key_for_its_owner_only_and_keeps_it(site):
    key = site.folder / ".ccml" / "pseudonym.key"
    key.unlink()
    made = site.ccml("init", "--json").json
    first = key.read_bytes()
    assert len(bytes.fromhex(first.decode().strip())) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "new; keep it" in made["key"]
    run = site.ccml("init")
    assert (run.code, run.stderr) == (0, "")
    assert key.read_bytes() == first
    assert "it stood there already" in run.stdout
    assert first.decode().strip() not in run.stdout + json.dumps(made)


def test_demo_twice_makes_the_same_files(site):
    words = ("--customers", "100", "--seed", "3")
    run = site.ccml("demo", *words, "--json")
    assert run.code == 0, run.stderr
    assert run.json["customers"] == 100
    folder = site.folder / "data" / "raw" / "small"
    before = every_file(folder)
    assert len(before) > 10
    again = site.ccml("demo", *words)
    assert again.code == 0
    assert f"100 customers and {run.json['calls']:,} calls stand in" in again.stdout
    assert every_file(folder) == before


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A workspace on which `run prepare` has ended well, one of its rows being bad."""
    folder = tmp_path_factory.mktemp("prepared")
    write_site(folder)
    site = SmallSite(folder)
    calls = exports()["calls"]
    bad = {**calls[0], "id": "kx", "start": CANARY, "phone": CANARY}
    write_csv(site.raw("calls.csv"), [*calls, bad])
    return site, site.run("prepare", "--json")


def test_json_is_all_that_stands_on_stdout(prepared):
    _, run = prepared
    assert run.code == 0
    assert run.json["sources"]["calls"]["set_aside"] == {"unparsable started_at": 1}
    assert "done read calls" in run.stderr


def test_values_of_a_bad_row_are_shown_nowhere(prepared):
    site, run = prepared
    for text in (run.stdout, run.stderr):
        assert "600700800" not in text
        assert "canary" not in text
    files = every_file(site.workspace)
    assert not [name for name, data in files.items() if b"canary" in data]


def test_a_second_run_tells_the_same_in_words(prepared):
    site, _ = prepared
    run = site.run("prepare")
    assert run.code == 0
    assert "calls: 401 rows in, 400 kept, 1 set aside (unparsable" in run.stdout
    assert f"Look at: {site.workspace}\n" in run.stdout
    assert "read calls: unchanged, skipped" in run.stderr
    assert "done" not in run.stderr


@pytest.mark.parametrize("what", ["tables", "kpis", "sources", "matches"])
def test_show_prints_tables_and_json_without_nan(prepared, what):
    site, _ = prepared
    run = ccml("show", what, str(site.config), "--rows", "5", "--json")
    assert run.code == 0, run.stderr
    assert all(run.json.values())
    words = ccml("show", what, str(site.config))
    assert words.code == 0
    assert next(iter(run.json)) in words.stdout


def test_show_kpis_begins_with_headlines_and_gives_the_rest_when_asked(prepared):
    site, _ = prepared
    first = ccml("show", "kpis", str(site.config), "--json").json
    assert list(first) == ["kpis", "how they are counted", "more"]
    asked = ("show", "kpis", str(site.config), "--rows", "9999", "--json", "--only")
    figure = ccml(*asked, "repeat_rate").json["kpis"]
    assert {row["kpi"] for row in figure} == {"repeat_rate"}
    group = ccml(*asked, "queue").json["kpis"]
    assert {row["group_kind"] for row in group} == {"queue"}
    everything = ccml(*asked, "all").json["kpis"]
    assert len(everything) > len(figure) + len(group)
    assert everything[0]["period"] == everything[0]["group_kind"] == "all"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("kpis", "--only", "repeat_rat"), 2, "Did you mean 'repeat_rate'?"),
        (("metrics",), 3, "'model__churn' has been made yet"),
        (("metrics", "--only", "chrun"), 2, "--only: no predictor named 'chrun'"),
        (("scores", "--only", "happi"), 2, "Did you mean 'happy'?"),
        (("scores", "--only", "churn"), 3, "`ccml show tables`"),
        (("lists",), 3, "'list__winback' has been made yet"),
        (("segments",), 3, "Run the pipeline that makes it first"),
        (("weather",), 2, "'weather' is not one of"),
    ],
)
def test_show_of_what_is_not_there(prepared, words, code, sentence):
    site, _ = prepared
    what, *options = words
    run = ccml("show", what, str(site.config), *options)
    assert run.code == code
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
