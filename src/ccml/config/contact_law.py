"""Profiles of contact law: when, how often and on which ground people may be called.

A profile is settings, not legal advice: counsel has to check it before it is used.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ccml.config.strict import Name, StrictConfig
from ccml.config.zones import Zone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def _clock(text: str) -> str:
    if not CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is no time of day such as 08:00; 24:00 ends a day")
    return text


Clock = Annotated[str, AfterValidator(_clock)]
"""A time of day, "08:00"; 24:00 is the end of a day. Quote it: YAML reads 08:00 as a
number otherwise."""


def minute_of_day(clock: str) -> int:
    """Turn 08:30 into 510."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class CallingHours(StrictConfig):
    """Hours of some weekdays, by the clock of the person called; the end is excluded."""

    days: list[Weekday] = Field(min_length=1, description="Weekdays, such as mon.")
    begin: Clock = Field(description="First minute in which a call may begin.")
    end: Clock = Field(description="First minute in which none may begin any more.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if minute_of_day(self.begin) >= minute_of_day(self.end):
            raise ValueError(
                f"begin {self.begin} is not before end {self.end}; hours beyond midnight "
                f"are two entries"
            )
        return self


class AttemptCap(StrictConfig):
    """At most so many contacts of one person within a time, over all campaigns."""

    at_most: int = Field(ge=1, description="Most attempts, the planned one included.")
    within_days: float = Field(
        gt=0, description="In so many days, each reckoned as 24 hours."
    )


class RegisterRule(StrictConfig):
    """A register of refusals that must have been compared lately."""

    max_age_days: int = Field(
        ge=0,
        description="Oldest register that may be used: days between the day it stands "
        "for and the day of the list or export, by the calendar.",
    )
    title: str = Field(description="The register's name that people read.")


class RegionRules(StrictConfig):
    """What a state or land adds to the profile; it can only forbid more."""

    title: str = Field(description="Name that people read.")
    calling_hours: list[CallingHours] = Field(
        default_factory=list,
        description="Hours in which calls are allowed here, within the profile's own.",
    )
    attempts: list[AttemptCap] = Field(
        default_factory=list, description="Caps beside the profile's own."
    )


class ContactLawConfig(StrictConfig):
    """One profile."""

    title: str = Field(description="Country, law and kind of contact, for people.")
    country: str = Field(
        pattern="^[A-Z]{2}$", description="ISO code of the country, for its holidays."
    )
    zones: list[Zone] = Field(
        min_length=1,
        description="Zones a person may live in whose own zone is not known; a call "
        "must be allowed in all of them.",
    )
    consent: Literal["opt_in", "opt_out"] = Field(
        description="opt_in: only those whose consent is known; opt_out: all who have "
        "not refused.",
    )
    consent_max_age_days: int | None = Field(
        default=None,
        ge=1,
        description="A consent older than so many days no longer counts.",
    )
    calling_hours: list[CallingHours] = Field(
        min_length=1, description="When calls may begin, by the called person's clock."
    )
    on_holidays: bool = Field(
        default=False, description="Whether calls are allowed on public holidays."
    )
    attempts: list[AttemptCap] = Field(
        default_factory=list, description="Most attempts, over all campaigns."
    )
    pause_after_refusal_days: float = Field(
        default=0.0, ge=0, description="Nobody who refused is called for so long."
    )
    registers: dict[Name, RegisterRule] = Field(
        default_factory=dict,
        description="Registers of refusals that must be compared.",
    )
    regions: dict[str, RegionRules] = Field(
        default_factory=dict,
        description="Stricter rules by the code of a state or land, such as FL.",
    )
    dialler: list[str] = Field(
        default_factory=list,
        description="What the dialler must see to, since a list cannot.",
    )
    sources: list[str] = Field(
        min_length=1, description="Where each rule comes from, and how sure that is."
    )
