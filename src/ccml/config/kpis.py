"""Variants and thresholds of the operation's key figures."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from ccml.config.benchmarks import BenchmarksConfig
from ccml.config.kpi_tables import (
    AgentStatesConfig,
    ComplaintsConfig,
    ConversionConfig,
    RosterConfig,
)
from ccml.config.strict import StrictConfig

GroupKind = Literal[
    "queue", "reason", "agent", "source", "medium", "campaign", "platform",
    "last_queue", "skill", "region",
]  # fmt: skip


class SatisfactionConfig(StrictConfig):
    """How answers of callers are read; each scale is printed with its figure."""

    csat_top_from: float = Field(
        default=4.0, description="Lowest answer of the top two boxes."
    )
    csat_above: float = Field(
        default=3.0, description="Answers above this one are counted as satisfied."
    )
    ces_scale: str = Field(
        default="1 to 7, 7 = easy", description="The scale of effort, in words."
    )
    ces_above: float = Field(
        default=4.0, description="Answers beyond this one called it easy."
    )
    ces_low_is_easy: bool = Field(
        default=False, description="The older scale, on which a low answer is good."
    )


class KpisConfig(StrictConfig):
    """Which variant of each key figure is shown; the variant is printed beside it."""

    groups: list[GroupKind] = Field(
        default=["queue", "reason"],
        description="Columns of calls by which every figure is told apart.",
    )
    repeat_windows_days: list[int] = Field(
        default=[1, 3, 7, 14, 30], description="Windows of the repeat-call rate."
    )
    main_window_days: int = Field(
        default=7, gt=0, description="The window shown first and in the trend."
    )
    repeat_base: Literal["answered", "all"] = Field(
        default="answered",
        description="Calls that can be repeated: answered inbound calls, or all inbound.",
    )
    answered_only: bool = Field(
        default=False, description="Only an answered call counts as a repeat."
    )
    merge_redials_minutes: float = Field(
        default=0.0,
        ge=0,
        description="Merge a call with the same customer's call this soon after it.",
    )
    repeat_same: Literal["reason", "queue"] | None = Field(
        default="reason",
        description="Net FCR beside gross: only a repeat with the same one counts.",
    )
    repeat_days: Literal["calendar", "business"] = Field(
        default="calendar", description="Days of the repeat windows."
    )
    weekend: list[int] = Field(
        default=[5, 6], description="Weekdays off, 0 = Monday, for business days."
    )
    holidays: list[date] = Field(
        default_factory=list, description="Further days off, for business days."
    )
    service_level_s: float = Field(
        default=20.0, gt=0, description="Answer within so many seconds."
    )
    service_level_inclusive: bool = Field(
        default=True, description="A wait of exactly that long counts as within."
    )
    service_level_without_short: bool = Field(
        default=False,
        description="Short abandons are no service-level events: SL1 to SL4 leave them "
        "out.",
    )
    menu_s: float = Field(
        default=10.0,
        ge=0,
        description="Who hangs up in the voice menu sooner than this was not served.",
    )
    callback_asked_outcomes: list[str] = Field(
        default=["callback", "callback requested", "callback_requested"],
        description="Values of system_outcome of a call that asked to be called back.",
    )
    right_party_dispositions: list[str] = Field(
        default_factory=list,
        description="Dispositions of outbound calls that reached the right person.",
    )
    satisfaction: SatisfactionConfig = Field(
        default=SatisfactionConfig(), description="Scales of the answers."
    )
    cost_per_agent_hour_eur: float = Field(
        default=30.0, ge=0, description="What an hour of an agent costs."
    )
    self_service_max_handle_s: float = Field(
        default=120.0,
        gt=0,
        description="A call no longer than this, without hold, transfer and repeat, is "
        "simple enough to serve itself; a default of the project.",
    )
    agent_min_calls: int = Field(
        default=30,
        ge=1,
        description="Below so many calls of a type nothing is said about an agent.",
    )
    agent_states: AgentStatesConfig | None = Field(
        default=None, description="Seconds of agents by state: occupancy."
    )
    roster: RosterConfig | None = Field(
        default=None, description="Who worked when: agent attrition."
    )
    conversion: ConversionConfig | None = Field(
        default=None, description="Events that a call may lead to."
    )
    complaints: ComplaintsConfig | None = Field(
        default=None, description="Complaints of customers."
    )
    benchmarks: BenchmarksConfig = Field(
        default=BenchmarksConfig(), description="Thresholds of bands and alerts."
    )

    @model_validator(mode="after")
    def _base_fits(self) -> Self:
        if self.answered_only and self.repeat_base == "all":
            raise ValueError(
                "answered_only needs repeat_base: answered; change one of them"
            )
        if len(set(self.weekend) | set(range(7))) > 7 or len(set(self.weekend)) == 7:
            raise ValueError(
                "weekend holds days 0 (Monday) to 6, and leaves one to work"
            )
        if not all(days > 0 for days in self.repeat_windows_days):
            raise ValueError("repeat_windows_days: a window is one day or more")
        return self

    @property
    def kinds(self) -> list[str]:
        """All kinds of groups; conversion is told by source and campaign too."""
        more = ["source", "campaign"] if self.conversion else []
        return list(dict.fromkeys([*self.groups, *more]))

    @property
    def windows(self) -> list[int]:
        """All windows of the repeat-call rate, the shortest first."""
        return sorted({*self.repeat_windows_days, self.main_window_days})
