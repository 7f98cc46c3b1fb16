"""What the exports for spreadsheets and BI tools may hold beside aggregates."""

from pydantic import Field, model_validator

from ccml.config.strict import StrictConfig


class ExportsConfig(StrictConfig):
    """Aggregates are always exported; rows of single calls and people only if asked."""

    with_calls: bool = Field(
        default=False, description="Also write one row per call, without any caller."
    )
    with_customers: bool = Field(
        default=False,
        description="Write call_id and customer_id beside each call; needs with_calls.",
    )
    with_agents: bool = Field(
        default=False, description="Also write figures of agents, under pseudonyms."
    )

    @model_validator(mode="after")
    def _customers_need_calls(self) -> "ExportsConfig":
        if self.with_customers and not self.with_calls:
            raise ValueError(
                "with_customers names the customer of each call, but with_calls is "
                "false; set with_calls: true, or leave both out"
            )
        return self
