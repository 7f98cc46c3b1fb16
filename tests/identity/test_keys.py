"""The pseudonym key: made once, kept closed, never told."""

import stat

import pytest

from ccml.config.identity import IdentityConfig
from ccml.errors import ConfigError, RefusedError
from ccml.identity.pseudonyms import create_key, key_fingerprint, load_key

CONFIG = IdentityConfig(key_variable="CCML_TEST_KEY", key_file="safe/key")


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv("CCML_TEST_KEY", raising=False)


def test_a_new_key_has_256_bits_and_only_its_owner_reads_it(tmp_path):
    file = tmp_path / "safe/key"
    assert create_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(load_key(CONFIG, tmp_path)) == 32
    assert list(file.parent.iterdir()) == [file]


def test_a_key_is_never_overwritten(tmp_path):
    file = tmp_path / "safe/key"
    create_key(file)
    before = file.read_bytes()
    assert not create_key(file)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_the_variable_wins_over_the_file(tmp_path, monkeypatch):
    create_key(tmp_path / "safe/key")
    monkeypatch.setenv("CCML_TEST_KEY", "ab" * 32)
    assert load_key(CONFIG, tmp_path) == b"\xab" * 32


def test_a_missing_key_tells_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="ccml init"):
        load_key(CONFIG, tmp_path)


@pytest.mark.parametrize("text", ["", "abcd", "zz" * 32, "ab" * 31])
def test_a_weak_key_is_refused_without_showing_it(tmp_path, monkeypatch, text):
    monkeypatch.setenv("CCML_TEST_KEY", text)
    with pytest.raises(ConfigError, match="64 hex digits") as told:
        load_key(CONFIG, tmp_path)
    assert not text or text not in str(told.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    create_key(tmp_path / "safe/key")
    (tmp_path / "safe/key").chmod(mode)
    with pytest.raises(RefusedError, match="chmod 600"):
        load_key(CONFIG, tmp_path)


def test_a_fingerprint_tells_keys_apart_and_does_not_hold_them():
    one, other = key_fingerprint(b"a" * 32), key_fingerprint(b"b" * 32)
    assert one != other
    assert one not in (b"a" * 32).hex()
