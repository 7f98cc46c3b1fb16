"""Names of columns as an error may show them."""

import re
from collections.abc import Collection

VALUE = re.compile(
    r"""\s*(
    \+?[\d\s()./:-]{6,}           # a number that could be a phone number
    | \d{4}-\d\d-\d\d.*           # a date or time
    | [^@\s]+@[^@\s]+\.[^@\s]+    # an e-mail address
    )\s*""",
    re.VERBOSE,
)
MOST = 60
NOT_SHOWN = "(not shown: the first line looks like values, not like a header)"


def shown_names(names: Collection[str]) -> str:
    """List columns; a first line of values, read as the header, is not repeated."""
    if any(VALUE.fullmatch(name) for name in names):
        return NOT_SHOWN
    shown = sorted(names)[:MOST]
    more = len(names) - len(shown)
    return f"{shown}" + (f" and {more} more" if more else "")
