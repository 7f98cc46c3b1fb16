"""The base of every config section."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def _fit_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} becomes a name of tables and files; begin it with a small "
            f"letter, and use small letters, digits and _ only, 41 at most"
        )
    return name


Name = Annotated[str, AfterValidator(_fit_name)]
"""A name of the config that tables, files and models are called by."""


class StrictConfig(BaseModel):
    """A frozen section in which an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )
