import os
import time

import pytest
from builders import config_file, config_values

from ccml.config.document import read_document
from ccml.config.load import load_config, project_folder
from ccml.errors import ConfigError


@pytest.fixture
def read(tmp_path):
    def read(text, **others):
        for name, content in others.items():
            (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
        file = tmp_path / "main.yaml"
        file.write_text(text, encoding="utf-8")
        return read_document(file)

    return read


def test_own_keys_win_over_included_ones_and_later_over_earlier(read):
    document = read(
        "include: [low, high]\nown: {a: 1}\n".replace("low", "low.yaml").replace(
            "high", "high.yaml"
        ),
        low="own: {a: 3, b: 3, c: 3}\nlist: [1, 2]\n",
        high="own: {a: 2, b: 2}\nlist: [3]\n",
    )
    assert document.values == {"own": {"a": 1, "b": 2, "c": 3}, "list": [3]}
    assert str(document.place(("own", "b"))).endswith("high.yaml:1")
    assert str(document.place(("own", "a"))).endswith("main.yaml:2")


def test_a_file_may_be_included_twice_but_not_in_itself(read, tmp_path):
    both = read(
        "include: [one.yaml, two.yaml]",
        one="include: base.yaml\na: 1",
        two="include: base.yaml\nb: 2",
        base="c: 3",
    )
    assert both.values == {"a": 1, "b": 2, "c": 3}
    (tmp_path / "base.yaml").write_text("include: main.yaml")
    with pytest.raises(ConfigError, match=r"main\.yaml: includes itself"):
        read_document(tmp_path / "main.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\ninclude: gone.yaml", r"yaml:2: included file 'gone\.yaml' does not"),
        ("include: 5", r"yaml:1: include: got 5; give a file or a list"),
        ("include: [a.yaml, 5]", "include: got"),
        ("include: {a: b}", "include: got"),
        ("a: 1\nb: {c: 1,\n  c: 2}", r"yaml:3: the key 'c' stands twice"),
        ("a: 1\nb: &x 2\nc: *x", r"yaml:3: YAML aliases are not allowed"),
        ("a: !!python/name:os.system", r"yaml:1: the tag .*os\.system' is not allowed"),
        ("a: !!set {b}", "the tag .* is not allowed"),
        ("a:\n - !mine x", r"yaml:2: the tag '!mine' is not allowed"),
        ("first: 2025-02-30", "'2025-02-30' is no valid timestamp"),
        ("a: !!int many", "'many' is no valid int"),
        ("a: !!bool maybe", "'maybe' is no valid bool"),
        ("? [a, b]\n: 1", "a key must be a plain text"),
        ("- a", "a config is a mapping of keys to values"),
        ("a: [1, 2", r"yaml:\d: .*; mend the YAML"),
        ("a: 1\n---\nb: 2", "another document; mend the YAML"),
        ("a: " + "[" * 5000 + "]" * 5000, r"yaml:1: nested deeper than 40"),
        ("a: '" + "x" * 1_000_001 + "'", "larger than 1,000,000 bytes; split it"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(read, text, message):
    with pytest.raises(ConfigError, match=message):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['touch {marker}']",
        "!!python/object/apply:os.system ['touch {marker}']: 1",
        "a: !!python/object/new:subprocess.Popen [['touch', '{marker}']]",
    ],
)
def test_python_tags_are_refused_and_never_executed(read, tmp_path, text):
    marker = tmp_path / "marker"
    with pytest.raises(ConfigError, match=r"not allowed|plain text"):
        read(text.format(marker=marker))
    assert not marker.exists()


def test_billion_laughs_are_refused_fast(read):
    lines = ["a: &a0 [lol, lol, lol]"]
    lines += [f"b{i}: &a{i} [" + f"*a{i - 1}," * 9 + "]" for i in range(1, 12)]
    begin = time.monotonic()
    with pytest.raises(ConfigError, match="aliases are not allowed"):
        read("\n".join(lines))
    assert time.monotonic() - begin < 1


def test_files_that_are_no_texts_are_refused(tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff\xfe")
    for name, message in [
        ("gone.yaml", "does not exist"),
        ("latin.yaml", "not a UTF-8 text file"),
        ("", "cannot be read"),
    ]:
        with pytest.raises(ConfigError, match=message):
            read_document(tmp_path / name)


def test_a_byte_order_mark_and_an_empty_file_do_no_harm(read):
    assert read("\ufeffa: 1").values == {"a": 1}
    assert read("").values == {}


def test_set_changes_nested_keys_lists_and_adds_keys(tmp_path):
    config = load_config(
        config_file(tmp_path),
        [
            "features.windows_days=[3, 14]",
            "features.tables.bills.measures=[late_days]",
            "predictors.again.tune={trials: 2}",
            "title=a=b",
            "spines.monthly.last=",
        ],
    )
    assert config.features.windows_days == [3, 14]
    assert config.features.tables["bills"].measures == ["late_days"]
    assert config.predictors["again"].tune.trials == 2
    assert config.title == "a=b"
    assert config.spines["monthly"].last is None


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("title", r"--set 'title': write key\.sub=value"),
        ("=5", "write key.sub=value"),
        ("title=[1", r"--set title: the value is not YAML"),
        ("title=!!python/name:os.system", "--set title: the tag"),
        ("notes=[&a x, *a]", "--set notes: YAML aliases"),
        (
            "features.window_days=[7]",
            r"--set features\.window_days: .*'windows_days'\?",
        ),
        (
            "features.windows_days=[0]",
            r"--set features\.windows_days: .*greater than 0",
        ),
        ("seed.sub=1", r"seed: got \{'sub': 1\}"),
    ],
)
def test_bad_assignments_are_refused(tmp_path, assignment, message):
    with pytest.raises(ConfigError, match=message):
        load_config(config_file(tmp_path), [assignment])


def test_the_environment_fills_in_and_may_be_missing(tmp_path, monkeypatch):
    file = config_file(tmp_path, title="${env:CCML_ONE} and ${env:CCML_TWO}")
    monkeypatch.setenv("CCML_ONE", "one")
    monkeypatch.delenv("CCML_TWO", raising=False)
    with pytest.raises(ConfigError, match=r"yaml:\d+: title: .* CCML_TWO is not set"):
        load_config(file)
    monkeypatch.setenv("CCML_TWO", "${env:HOME}")
    assert load_config(file).title == "one and ${env:HOME}"


def test_a_value_from_the_environment_is_not_shown_in_errors(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "CCML_SECRET", "S3CR3T-CANARY")
    file = config_file(
        tmp_path, seed="${env:CCML_SECRET}", notes=["${env:CCML_SECRET}"]
    )
    with pytest.raises(
        ConfigError, match=r"seed: got '\$\{env:CCML_SECRET\}'"
    ) as error:
        load_config(file)
    assert "CANARY" not in str(error.value)


def test_paths_are_relative_to_the_folder_that_holds_configs(tmp_path):
    inside = tmp_path / "configs" / "sub" / "a.yaml"
    assert project_folder(inside) == tmp_path
    assert project_folder(tmp_path / "a.yaml") == tmp_path


def test_the_small_config_of_the_tests_is_valid(tmp_path):
    values = config_values()
    assert set(load_config(config_file(tmp_path)).spines) == set(values["spines"])
