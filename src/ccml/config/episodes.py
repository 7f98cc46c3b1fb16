"""Episodes: calls of one customer about one matter."""

from pydantic import Field

from ccml.config.strict import StrictConfig


class EpisodesConfig(StrictConfig):
    """When a further call belongs to the episode of the one before."""

    window_days: float = Field(
        default=7.0,
        gt=0,
        description="A call belongs to the episode when it starts this soon after the "
        "call before it.",
    )
    same_family: bool = Field(
        default=False,
        description="Only calls of the same reason family continue an episode.",
    )
    redial_minutes: float = Field(
        default=10.0,
        ge=0,
        description="A call this soon after one that was given up is a redial: the same "
        "attempt, no repeat.",
    )
    solved: list[str] = Field(
        default=["resolved", "solved", "settled", "info"],
        description="Dispositions of answered calls that settled the matter.",
    )
    unsolved: list[str] = Field(
        default=["unresolved", "follow_up", "escalated", "callback"],
        description="Dispositions of those that did not; one in neither list tells "
        "nothing.",
    )
