"""In which time zones a person may be: by address first, by phone number otherwise."""

from functools import cache

import phonenumbers
from phonenumbers import timezone

UNKNOWN = "Etc/Unknown"


@cache
def zones_of_number(number: str) -> tuple[str, ...]:
    """List the zones that a number may belong to; none when that is not known.

    A number is kept when somebody moves, and some numbers belong to a whole country: an
    address tells more.

    Args:
        number: As E.164, such as +12125551234.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    zones = timezone.time_zones_for_number(parsed)
    return () if UNKNOWN in zones else tuple(sorted(zones))
