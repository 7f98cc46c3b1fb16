"""What calls are about: the family of their reason, else their queue."""

from collections.abc import Mapping, Sequence

import ibis


def about(calls: ibis.Table, families: Mapping[str, Sequence[str]]) -> ibis.Value:
    """Tell each call's matter; null where neither reason nor queue is reported.

    Args:
        calls: Calls with reason, and queue where the source has one.
        families: Reasons by the name of their family; a reason in none is its own.
    """
    family = {reason: name for name, reasons in families.items() for reason in reasons}
    told = calls.reason
    if family:
        told = told.substitute(family, else_=told)
    return told.fill_null(calls.queue) if "queue" in calls.columns else told
