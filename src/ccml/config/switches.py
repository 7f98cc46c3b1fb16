"""What no source confirms about exports: switches, each with a default per reader."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ccml.config.strict import StrictConfig
from ccml.errors import did_you_mean

ATTRIBUTE_COLUMNS = (
    "customer_key",
    "reason",
    "disposition",
    "region",
    "csat",
    "nps",
    "ces",
    "quality_score",
    "source",
    "medium",
    "campaign",
    "keyword",
    "click_id",
)
"""What a flow or an agent may have put into attributes of a call."""


def _attribute_column(name: str) -> str:
    if name not in ATTRIBUTE_COLUMNS:
        raise ValueError(
            f"no column {name!r} is read from attributes."
            f"{did_you_mean(name, ATTRIBUTE_COLUMNS)} Known: {sorted(ATTRIBUTE_COLUMNS)}"
        )
    return name


AttributeColumn = Annotated[str, AfterValidator(_attribute_column)]


class Switches(StrictConfig):
    """Facts about an export that the reader cannot know for sure.

    Without a value the reader takes its own default and says so in the summary.
    """

    talk_includes_hold: bool | None = Field(
        default=None,
        description="The talk time contains the hold time, which is taken off it then.",
    )
    talk_metric: Literal["spells", "complete"] | None = Field(
        default=None,
        description="Genesys: add the tTalk of all spells, or take tTalkComplete.",
    )
    duration_unit: Literal["auto", "ms", "s", "days", "clock"] | None = Field(
        default=None, description="Unit of the durations in the file."
    )
    missed_is_abandoned: bool | None = Field(
        default=None,
        description="Talkdesk: a caller who hung up while an agent's phone rang abandoned.",
    )
    finished_includes_wrap: bool | None = Field(
        default=None,
        description="Talkdesk contacts: Finished At is the end of the after-call work.",
    )
    epoch_is_local: bool | None = Field(
        default=None,
        description="Avaya: SEGSTART and SEGSTOP count from local midnight, not UTC.",
    )
    phantom_abandon_s: float | None = Field(
        default=None,
        ge=0,
        description="Avaya: calls talked shorter than this were counted as abandoned.",
    )
    external_min_digits: int | None = Field(
        default=None,
        ge=1,
        description="Avaya, Asterisk: numbers with at least so many digits are outside.",
    )
    answered_needs_peer: bool | None = Field(
        default=None,
        description="Asterisk CDR: a row names the other channel once somebody answered; "
        "without one a menu or a queue took the call.",
    )
    answered_by_child: bool | None = Field(
        default=None,
        description="Twilio: a call that came in was answered when a leg to somebody "
        "was, not when a flow took it.",
    )
    short_missed_s: float | None = Field(
        default=None,
        ge=0,
        description="CallRail: missed calls shorter than this were short abandons.",
    )
    ring_includes_routing: bool | None = Field(
        default=None,
        description="CXone: routingTime is the time in which the agent's phone rang.",
    )
    disposition_names: dict[str, str] | None = Field(
        default=None,
        description="CXone: name of each disposition by its number in the export.",
    )
    outbound_skills: list[str] | None = Field(
        default=None,
        description="CXone downloads: skills whose contacts the company dialled.",
    )
    attributes: dict[AttributeColumn, str] | None = Field(
        default=None,
        description="Genesys, Connect, Five9: canonical column: attribute of the call, "
        "or column of the log, with it.",
    )
