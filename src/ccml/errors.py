"""The errors a user can meet, each with the exit code that the command line returns.

CcmlError
├── ConfigError      2  the config or an option is wrong; no data was read
├── DataError        3  the data break a contract or cannot answer the question
└── RefusedError     4  a safety rule said no

Every message is one sentence that names the place, the value, what is allowed and what
to change. It never shows a customer's data: counts and column names only.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class CcmlError(Exception):
    """Any error that a user can mend."""

    exit_code: ClassVar[int] = 1


class ConfigError(CcmlError):
    """The config, an option or the environment is wrong."""

    exit_code = 2


class DataError(CcmlError):
    """The data break their contract or cannot answer the question."""

    exit_code = 3


class RefusedError(CcmlError):
    """A safety rule forbids what was asked."""

    exit_code = 4


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name, as a sentence with a leading blank, or nothing."""
    near = get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def unknown_name(kind: str, name: str, known: Iterable[str], where: str) -> ConfigError:
    """Build the error for a name that is not registered."""
    allowed = sorted(known)
    hint = did_you_mean(name, allowed)
    return ConfigError(f"{where}: no {kind} named {name!r}.{hint} Known: {allowed}.")
