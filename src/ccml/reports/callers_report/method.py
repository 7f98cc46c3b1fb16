"""The last section: what the words mean, which data, and what was left out."""

from ccml.reports.blocks import Section
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.headline import unknown_share
from ccml.reports.callers_report.windows import cutoff_day, last_day, window
from ccml.reports.numbers import day, percent, period, price

KEEPING = (
    "No customer, number or agent is in this report. Numbers of fewer than 5 customers are "
    "not told."
)


def method_section(data: CallersData) -> Section:
    """Build the section."""
    parts = {
        "facts": [fact for fact in (*definitions(data), *_data(data)) if fact[1]],
        "notes": [KEEPING],
    }
    return Section("method", "What the words mean, and which data", "", parts)


def definitions(data: CallersData) -> list[tuple[str, str]]:
    """Say what the words of the report mean."""
    return [
        (
            "Repeat call",
            f"An answered inbound call that is followed by a further inbound call of the "
            f"same customer within {data.repeat_days} days. Calls whose {data.repeat_days} "
            f"days are not over take no part in a rate.",
        ),
        (
            "Chance alone",
            "What one would see if all customers had the same call rate and differed by "
            "luck only; for who leaves a group: if nobody's call rate changed.",
        ),
        (
            "Persistent caller",
            "A customer who, allowing for luck, surely calls more than the threshold.",
        ),
        (
            "Segment",
            "Customers who call alike. Groups are kept only when they come back in other "
            "samples of the customers; else the report says that there are none.",
        ),
        (
            "In brackets after a number",
            "The range in which the true number lies with 95 % confidence. Customers, not "
            "calls, are taken as drawn independently, except in plain counts of calls.",
        ),
        ("A month", "30 days, unless a calendar month is named."),
        (
            "Hours and money",
            f"Handle time of answered calls (talk, hold and work after the call; talk time "
            f"where no handle time is reported) at {price(data.cost_per_hour_eur)} per "
            f"agent's hour.",
        ),
    ]


def _data(data: CallersData) -> list[tuple[str, str]]:
    judged, unknown = window(data), unknown_share(data)
    cutoff = cutoff_day(data)
    return [
        ("Calls on record", period(*data.calls_period) if data.calls_period else ""),
        (
            "Data complete to",
            day(last_day(data.until)) if data.until is not None else "",
        ),
        (
            "Customers described as of",
            day(last_day(cutoff)) if cutoff is not None else "",
        ),
        ("Calls they are judged by", period(*judged) if judged else ""),
        (
            "Left out",
            ""
            if unknown is None
            else f"{percent(unknown)} of the inbound calls, as they belong to no known "
            "customer; outbound calls.",
        ),
        ("Time zone", f"{data.zone}: months, weeks and hours are those of the site."),
        ("To make it again", f"ccml run cycle configs/{data.config_name}"),
        ("Fingerprint of config, inputs and code", data.fingerprint[:16]),
    ]
