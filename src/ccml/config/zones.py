"""Names of time zones."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone such as Europe/Warsaw") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
"""The name of a time zone that is known, such as Europe/Warsaw."""
