"""Who may call as often as a persistent repeat caller next month, by call rates."""

import numpy as np
import pandas as pd

from ccml.segments.callers.judge import MONTH_DAYS
from ccml.segments.callers.people import watched
from ccml.segments.history.law import at_most, todays_law
from ccml.segments.material import Source

FEW_CALLS = 2  # so many in a month are no repeat caller yet, however rare calls are


def next_month(source: Source, cutoff: pd.Timestamp) -> tuple[pd.DataFrame, int]:
    """Compute each customer's probability of many calls in the next 30 days.

    Many are more than somebody makes whose rate is just that of a persistent caller, and
    three at least.

    Returns:
        customer_id and probability, and the number of calls to be exceeded; nobody where
        customers do not differ by more than chance.
    """
    rule = source.config.repeat_callers
    found = watched(source, cutoff, rule)
    law = todays_law(source.store, rule)
    ids = found.people.customers["customer_id"]
    usual = max(int(np.floor(law.threshold_per_day * MONTH_DAYS)), FEW_CALLS)
    if not law.laws.fit.is_overdispersed:
        return pd.DataFrame({"customer_id": [], "probability": []}), usual
    belief = law.coming(found.seen, 0.0)
    few = at_most(belief, usual, MONTH_DAYS, law.clumps)
    return pd.DataFrame({"customer_id": ids, "probability": 1 - few}), usual
