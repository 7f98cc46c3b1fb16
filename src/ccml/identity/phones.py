"""Phone numbers as E.164, and why some calls have none."""

import re
from typing import Literal

import phonenumbers

PhoneStatus = Literal["ok", "anonymous", "internal", "sip", "invalid", "unknown"]

ANONYMOUS_WORDS = frozenset(
    [
        "",
        "0",
        "anonymous",
        "blocked",
        "private",
        "restricted",
        "unavailable",
        "unknown",
        "withheld",
    ]
)
ANONYMOUS_DIGITS = frozenset(["266696687", "0", "00", "000"])
"""+266696687 spells ANONYMOUS."""
NOT_DIGITS = re.compile(r"\D+")
WORD = re.compile(r"[a-z]+")


def normalise_phone(
    raw: str | None, region: str, internal_digits: int
) -> tuple[PhoneStatus, str | None]:
    """Turn a number as any platform writes it into E.164.

    Args:
        raw: The text of the export.
        region: Country of numbers without a prefix, such as PL.
        internal_digits: Numbers of at most so many digits are internal.

    Returns:
        The status, and the number when the status is `ok`.
    """
    text = (raw or "").strip().lower().removeprefix("tel:")
    if text.startswith(("sip:", "sips:")) or "@" in text:
        return "sip", None
    text = text.split(";")[0]
    digits = NOT_DIGITS.sub("", text)
    if _is_anonymous(text, digits):
        return "anonymous", None
    if 0 < len(digits) <= internal_digits and not text.startswith("+"):
        return "internal", None
    number = _valid(text, region) or _valid(f"+{digits}", region)
    return ("ok", number) if number else ("invalid", None)


def _is_anonymous(text: str, digits: str) -> bool:
    words = WORD.findall(text)
    has_word = bool(words) and words[0] in ANONYMOUS_WORDS
    return text in ANONYMOUS_WORDS or has_word or digits in ANONYMOUS_DIGITS


def _valid(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    number.extension = None
    form = phonenumbers.PhoneNumberFormat.E164
    return str(phonenumbers.format_number(number, form))
