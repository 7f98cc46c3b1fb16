"""Stored tables beside the calls that some key figures need."""

from pydantic import Field

from ccml.config.strict import StrictConfig

TABLE = "A table of sources.events, or of sources.flat."


class AgentStatesConfig(StrictConfig):
    """Seconds that agents spent in each state; one row per agent and stretch of time.

    In an event table the agent is the column `customer_id`, since that is its key.
    """

    table: str = Field(description=TABLE)
    agent: str = Field(default="customer_id", description="Column of the agent.")
    state: str = Field(description="Column with the name of the state.")
    seconds: str = Field(description="Column with the seconds in that state.")
    idle_states: list[str] = Field(
        min_length=1, description="States of an agent who waits for a call."
    )
    handling_states: list[str] = Field(
        default_factory=list,
        description="States of an agent at work on a call; when none is given, the "
        "handle time of the calls is taken.",
    )


class RosterConfig(StrictConfig):
    """Who worked from when to when; one row per agent and stay."""

    table: str = Field(description=TABLE)
    started: str = Field(description="Column with the first day.")
    left: str = Field(description="Column with the last day; empty = still there.")
    why: str | None = Field(
        default=None, description="Column that says why the agent left."
    )
    moves: list[str] = Field(
        default_factory=list,
        description="Values of `why` that are moves inside the company: told apart.",
    )


class ConversionConfig(StrictConfig):
    """Events of customers that a call may lead to, such as sales."""

    table: str = Field(description="A table of sources.events.")
    where: str | None = Field(
        default=None, description="Condition on its rows, such as `value_eur > 0`."
    )
    window_days: int = Field(
        default=30, gt=0, description="An event counts within so many days of the call."
    )


class ComplaintsConfig(StrictConfig):
    """Complaints of customers, to be counted after calls."""

    table: str = Field(description="A table of sources.events.")
    where: str | None = Field(
        default=None,
        description="Condition on its rows, such as `event = 'complaint'`.",
    )
    window_days: int = Field(
        default=7, gt=0, description="A complaint counts within so many days of a call."
    )
