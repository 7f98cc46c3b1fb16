"""How duplicates among the customers of a CRM are found."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ccml.config.strict import StrictConfig

PersonColumn = Literal[
    "first_name", "last_name", "email", "birth_date", "postcode", "phone"
]


class DuplicatesConfig(StrictConfig):
    """Two customers that are one person; values are compared and never stored."""

    columns: dict[PersonColumn, str] = Field(
        description="What to compare: column of the customers' export."
    )
    method: Literal["exact", "splink"] = Field(
        default="splink",
        description="`exact`: the same e-mail and the same phone; `splink`: also "
        "probable pairs, which needs `pip install ccml[splink]`.",
    )
    threshold: float = Field(
        default=0.95,
        gt=0.5,
        lt=1,
        description="Least probability of a pair that counts as one person.",
    )
    most_pairs: int = Field(
        default=1_000_000,
        gt=0,
        description="Random pairs from which the chance of equal values is learnt.",
    )

    @model_validator(mode="after")
    def _enough_columns(self) -> Self:
        if self.method == "exact" and not {"email", "phone"} <= set(self.columns):
            raise ValueError("columns: the method exact compares email and phone")
        if len(self.columns) < 3 and self.method == "splink":
            raise ValueError(
                f"columns: splink learns from at least three columns, not "
                f"{len(self.columns)}; name more, or set method: exact"
            )
        return self
