"""A `features` section that asks for every statistic of the catalogue."""

import numpy as np
import pandas as pd
import yaml

from ccml.features.own import feature

TEXT = """
windows_days: [1, 7, 31]
attributes: [tariff, fee_eur, joined_on]
ages: [tariff, fee_eur]
exposure: true
top_values: 2
own:
  wait_per_call: "calls_wait_s_sum_31d / nullif(calls_31d, 0)"
  is_restless: "case when calls_7d > 2 or not calls_none_before then 1 else 0 end"
  was_bill: "calls_last_reason in ('bill', 'fault') and calls_answered_streak > 0"
  fee_or_wait: "greatest(coalesce(fee_eur, 0.5), least(abs(wait_per_call), 9e5))"
functions: ["every_feature:log_calls", "every_feature:latest_word"]
tables:
  calls:
    measures: [wait_s, csat]
    statistics: [sum, mean, min, max, std]
    flags: [answered, is_long]
    categories: [reason]
    recency: [reason]
    last: [reason, csat, answered]
    shares: [answered, reason]
    distinct: [reason]
    switches: [reason]
    streaks: [answered, is_long]
    pauses: true
    chain_days: 2.5
    profile: true
    rates: true
    trends: true
    none_before: true
    after: {bills: 7}
    columns: {is_long: "wait_s > 300 or csat is null"}
    where: "direction = 'inbound'"
  bills:
    measures: [amount_eur, per_day]
    flags: [corrected]
    categories: [kind]
    values: {kind: [regular, "final (end)"]}
    last: [late_days]
    recency: [kind]
    columns: {per_day: "round(amount_eur / 30.0)"}
    after: {calls: 1}
"""
EVERY_FEATURE = yaml.safe_load(TEXT)


@feature("log_calls", "log of calls", "logarithm of one more than the calls")
def log_calls(features: pd.DataFrame) -> pd.Series:
    return np.log1p(features.calls_31d)


@feature("latest_word", "text", "reason of the last call and tariff", kind="text")
def latest_word(features: pd.DataFrame) -> pd.Series:
    return features.calls_last_reason + " then " + features.tariff
