"""The fault of a name in a config that points at nothing."""

from collections.abc import Iterable, Iterator

from ccml.config.document import KeyPath
from ccml.errors import did_you_mean

Fault = tuple[KeyPath, str]
"""Where in the config something is wrong, and what, in one sentence."""


def missing(
    path: KeyPath, kind: str, name: str, known: Iterable[str], hint: str = ""
) -> Iterator[Fault]:
    """Give the fault of a name that is not known; nothing when it is.

    Args:
        path: Where the name stands.
        kind: What it names, such as `event table`.
        name: The name.
        known: What it may be.
        hint: What to do beside choosing a known name.
    """
    allowed = sorted(known)
    if name not in allowed:
        near = did_you_mean(name, allowed)
        more = f" {hint}" if hint else ""
        yield path, f"no {kind} named {name!r}.{near} Known: {allowed}.{more}"
