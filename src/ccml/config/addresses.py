"""Addresses of databases: what they say, and that no password stands in them openly."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from ccml.config.document import ENVIRONMENT, Document, KeyPath

Kind = Literal["duckdb", "mysql", "postgresql", "sqlite"]
SCHEMES: dict[str, Kind] = {
    "duckdb": "duckdb",
    "mariadb": "mysql",
    "mysql": "mysql",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "sqlite": "sqlite",
}
OPTIONS: dict[Kind, frozenset[str]] = {
    "duckdb": frozenset(),
    "mysql": frozenset(["ssl_ca", "ssl_cert", "ssl_key", "unix_socket"]),
    "postgresql": frozenset(
        ["channel_binding", "host", "sslcert", "sslkey", "sslmode", "sslrootcert"]
    ),
    "sqlite": frozenset(),
}
"""What may stand behind the question mark; nothing that reads or runs other files."""
FORM = re.compile(
    r"(?P<scheme>[A-Za-z0-9]+)(\+\w+)?://((?P<login>.*)@)?(?P<place>[^@?]*)"
    r"(\?(?P<options>[^@]*))?",
    re.DOTALL,
)
PLACE = re.compile(r"(?P<host>\[[^\]/]*\]|[^:/]*)(:(?P<port>\d{1,5}))?(/(?P<name>.*))?")
SECRET_KEYS = frozenset(["url", "password"])
HIDDEN = "a value that is not shown"


@dataclass(frozen=True)
class Address:
    """Where a database is, and who logs in."""

    kind: Kind
    name: str
    host: str = ""
    port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


def parse_address(url: str) -> Address:
    """Take an address apart; the last `@` ends the login, so that a password may hold one.

    Raises:
        ValueError: It is none; the message shows nothing of it.
    """
    whole = FORM.fullmatch(url.strip())
    kind = SCHEMES.get(whole["scheme"].lower()) if whole else None
    if whole is None or kind is None:
        raise ValueError(
            f"the url must be an address such as postgresql://user@host/database; its "
            f"first word is one of {sorted(SCHEMES)}"
        )
    options = dict(parse_qsl(whole["options"] or "", keep_blank_values=True))
    if unknown := sorted(set(options) - OPTIONS[kind]):
        raise ValueError(
            f"the url has {len(unknown)} options that {kind} is not given here; allowed "
            f"behind the ? are {sorted(OPTIONS[kind])}"
        )
    if kind in {"sqlite", "duckdb"}:
        return _file_address(kind, whole)
    place = PLACE.fullmatch(whole["place"])
    name = unquote(place["name"] or "") if place else ""
    if place is None or not name:
        raise ValueError("the url must end with /database behind the host")
    user, _, password = (whole["login"] or "").partition(":")
    return Address(
        kind=kind,
        name=name,
        host=unquote(place["host"]).strip("[]"),
        port=int(place["port"]) if place["port"] else None,
        user=unquote(user),
        password=unquote(password),
        options=options,
    )


def _file_address(kind: Kind, whole: re.Match[str]) -> Address:
    name = unquote(whole["place"]).removeprefix("/")
    if not name or whole["login"] is not None or not whole["place"].startswith("/"):
        raise ValueError(
            f"the url of a file is {kind}:///folder/file, relative to the project "
            f"folder, or {kind}:////folder/file"
        )
    return Address(kind, name)


def open_secrets(document: Document) -> Iterator[tuple[KeyPath, str]]:
    """Find passwords that stand in the config itself instead of in the environment."""
    yield from _open_secrets(document.written or document.values, ())


def _open_secrets(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            here = (*path, key)
            if path[-1:] == ("database",) and key in SECRET_KEYS:
                if is_open(key, inner):
                    yield here, _advice(key)
            else:
                yield from _open_secrets(inner, here)


def is_open(key: str, written: Any) -> bool:
    """Tell whether a url or password, as it was written, shows a secret."""
    text = str(written)
    if key == "password":
        return written is not None and not ENVIRONMENT.fullmatch(text)
    whole = FORM.fullmatch(ENVIRONMENT.sub("", text.strip()))
    if whole is None:
        return "@" in text
    return bool((whole["login"] or "").partition(":")[2])


def _advice(key: str) -> str:
    form = "url: ${env:CRM_URL}" if key == "url" else "password: ${env:CRM_PASSWORD}"
    return (
        f"a password stands here for all to read; put it into an environment variable, "
        f"write `{form}`, and change the password, for it has been shown."
    )


def is_secret(path: KeyPath, value: Any) -> bool:
    """Tell whether a value must not be shown in an error."""
    below_database = "database" in path[:-1] and path[-1] in SECRET_KEYS
    return below_database or path[-1:] == ("database",) or "://" in str(value)
