"""How callers become customers."""

from typing import Literal

from pydantic import Field

from ccml.config.duplicates import DuplicatesConfig
from ccml.config.strict import StrictConfig


class IdentityConfig(StrictConfig):
    """Pseudonyms, rules of linking, channel switches and duplicates."""

    key_variable: str = Field(
        default="CCML_PSEUDONYM_KEY",
        description="Environment variable with the pseudonym key (hex, 256 bits).",
    )
    key_file: str = Field(
        default=".ccml/pseudonym.key",
        description="File with the key when the variable is not set; `init` makes it.",
    )
    phone_region: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country whose dialling rules hold for numbers without a prefix.",
    )
    internal_digits: int = Field(
        default=5, ge=0, description="Numbers of at most so many digits are internal."
    )
    shared_by_at_most: int = Field(
        default=5,
        ge=1,
        description="Numbers of more customers than this (switchboards) link no call.",
    )
    ambiguous: Literal["leave", "most_recent_contact"] = Field(
        default="leave",
        description="A number shared at the call's start: no customer, or the one of "
        "them whose own call came last.",
    )
    phone_waits_hours: float = Field(
        default=0.0,
        ge=0,
        description="Hours after a call in which a record that names its customer may "
        "still come, before its number decides.",
    )
    callers_without_crm: Literal["none", "phone"] = Field(
        default="none",
        description="Where no customers are known: nobody, or each number is a customer.",
    )
    switch_within_hours: int = Field(
        default=24,
        gt=0,
        le=24 * 30,
        description="A contact so soon after a failed one on another channel is a "
        "channel switch.",
    )
    duplicates: DuplicatesConfig | None = Field(
        default=None, description="Find customers that are one person; off by default."
    )
