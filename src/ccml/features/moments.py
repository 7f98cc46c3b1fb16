"""What the clock at the site shows at an instant."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.features.listing import DAY_PARTS
from ccml.features.walks import Ints

SATURDAY = 5
HOURS_PER_PART = 6


def local_hour(instants: Ints, zone: str) -> pa.Array:
    """Give the hour of the day, 0 to 23, of instants in microseconds."""
    return pc.hour(_local(instants, zone))


def local_weekday(instants: Ints, zone: str) -> pa.Array:
    """Give the weekday, Monday 0, of instants in microseconds."""
    return pc.day_of_week(_local(instants, zone))


def day_part(instants: Ints, zone: str) -> pa.Array:
    """Name the part of the day in which instants lie."""
    parts = pc.divide(local_hour(instants, zone), HOURS_PER_PART)
    return pa.DictionaryArray.from_arrays(pc.cast(parts, pa.int32()), list(DAY_PARTS))


def is_weekend(instants: Ints, zone: str) -> Any:
    """Tell whether instants lie on a Saturday or Sunday."""
    return pc.greater_equal(local_weekday(instants, zone), SATURDAY)


def _local(instants: Ints, zone: str) -> pa.Array:
    return pa.array(np.asarray(instants), pa.timestamp("us", zone))
