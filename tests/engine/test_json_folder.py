import json
from pathlib import Path

import numpy as np
import pytest

from ccml.engine.json_folder import json_folder, read_json
from ccml.engine.store import Store
from ccml.errors import DataError


@pytest.fixture
def store(tmp_path, shared_backend):
    return Store(tmp_path, shared_backend)


def test_what_was_stored_is_read_back(store):
    files = {"summary.json": {"b": [1.5, None], "a": np.int64(3)}, "laws.json": [True]}
    store.write("told", json_folder("what was told", files), "0" * 16)
    assert read_json(store, "told") == {"a": 3, "b": [1.5, None]}
    assert read_json(store, "told", "laws.json") == [True]


def test_the_same_values_give_the_same_bytes(store):
    for name, value in (("one", {"a": 1, "b": 2}), ("two", {"b": 2, "a": 1})):
        store.write(name, json_folder("x", {"summary.json": value}), "0" * 16)
    first, second = (
        (store.folder(name) / "summary.json").read_bytes() for name in ("one", "two")
    )
    assert first == second
    assert json.loads(first) == {"a": 1, "b": 2}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused(tmp_path, value):
    folder = json_folder("x", {"summary.json": {"a": value}})
    with pytest.raises(ValueError, match="Out of range float"):
        folder.fill(tmp_path)


def test_objects_are_refused(tmp_path):
    folder = json_folder("x", {"summary.json": {"a": Path("b")}})
    with pytest.raises(TypeError, match="is no plain value"):
        folder.fill(tmp_path)


def test_a_missing_folder_is_named(store):
    with pytest.raises(DataError, match="told"):
        read_json(store, "told")
