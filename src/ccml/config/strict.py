"""The base of every config section."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NAME = r"^[a-z][a-z0-9_]{0,40}$"
Name = Annotated[str, Field(pattern=NAME)]
"""A name of the config that tables, files and models are called by."""


class StrictConfig(BaseModel):
    """A frozen section in which an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )
