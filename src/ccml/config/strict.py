"""The base of every config section."""

from pydantic import BaseModel, ConfigDict


class StrictConfig(BaseModel):
    """A frozen section in which an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )
