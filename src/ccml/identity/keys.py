"""The secret key of all pseudonyms: where it is, and that nobody else can read it."""

import hashlib
import hmac
import os
import secrets
import stat
import uuid
from pathlib import Path

from ccml.config.identity import IdentityConfig
from ccml.engine.atomic import sync_file, sync_folder
from ccml.errors import ConfigError, RefusedError

KEY_BYTES = 32
OWNER_ONLY = 0o600
NO_KEY = b"check"
"""Stands for the key where rows are only looked at and nothing is stored."""


def create_key(path: Path) -> bool:
    """Write a new random key, readable by its owner only, as 64 hex digits.

    Returns:
        False when a key stood there already; it is never overwritten, since all
        pseudonyms made with it would be lost.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.parent / f".tmp-{uuid.uuid4().hex}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_hex(KEY_BYTES) + "\n")
        sync_file(temporary)
        try:
            # A hard link, unlike a rename, fails when the target exists.
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
        sync_folder(path.parent)
        return True
    finally:
        temporary.unlink(missing_ok=True)


def ensure_key(config: IdentityConfig, folder: Path) -> str:
    """Make the key file unless there is a key; say in words where the key is."""
    if config.key_variable in os.environ:
        load_key(config, folder)
        return f"from the environment variable {config.key_variable}"
    made = create_key(folder / config.key_file)
    load_key(config, folder)
    new = "new; keep it and back it up, without it no pseudonym can be made again"
    return f"{config.key_file} ({new if made else 'it stood there already'})"


def load_key(config: IdentityConfig, folder: Path) -> bytes:
    """Load the key from the environment variable, else from the key file.

    Args:
        config: The `identity` section.
        folder: The project folder, to which the key file is relative.

    Raises:
        ConfigError: There is no key, or it is no hex text of at least 256 bits.
        RefusedError: Others may read the key file.
    """
    text = os.environ.get(config.key_variable)
    if text is not None:
        return _parsed(text, f"environment variable {config.key_variable}")
    file = folder / config.key_file
    if not file.is_file():
        raise ConfigError(
            f"identity.key_file: no pseudonym key at {config.key_file!r} and "
            f"{config.key_variable} is not set; run `ccml init` once to make a key, or "
            f"set the variable to the key of your other runs."
        )
    _refuse_readable(file, config)
    return _parsed(file.read_text(encoding="utf-8"), f"file {config.key_file!r}")


def key_fingerprint(key: bytes) -> str:
    """Tell keys apart without telling the key."""
    return hmac.digest(key, b"ccml key fingerprint", hashlib.sha256).hex()[:16]


def _parsed(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise ConfigError(
            f"identity: the pseudonym key in the {where} must be at least "
            f"{KEY_BYTES * 2} hex digits (256 bits); put the key of your other runs back, "
            f"or take this one away and run `ccml init` for a new one, with which all "
            f"pseudonyms change."
        )
    return key


def _refuse_readable(file: Path, config: IdentityConfig) -> None:
    mode = stat.S_IMODE(file.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise RefusedError(
            f"identity.key_file: {config.key_file!r} may be read by others (mode "
            f"{mode:03o}); run `chmod 600` on it."
        )
