"""Tables of the service manager's report as their stages store them, in small."""

from callers_calls import callers_summary, match_quality, repeat_callers
from callers_episodes import anomalies, early_warnings, next_issues, repeat_matrix
from callers_history import history_summary, membership, segment_migration
from callers_segments import (
    segment_figures,
    segment_outlook,
    segment_profiles,
    segment_summary,
)
from callers_strategies import action_effects, strategies, strategies_summary

FRAMES = {
    "repeat_matrix": (repeat_matrix, ["reason", "queue"]),
    "next_issues": (next_issues, ["reason", "next_reason"]),
    "segment_profiles": (segment_profiles, ["segment_id", "trait"]),
    "segment_figures": (segment_figures, ["segment_id", "figure"]),
    "segment_migration": (
        segment_migration,
        ["from_cutoff_at", "to_cutoff_at", "from_segment", "to_segment"],
    ),
    "membership": (membership, ["cutoff_at", "group"]),
    "strategies": (strategies, ["segment_id", "rank"]),
    "segment_outlook": (segment_outlook, ["segment_id", "predictor"]),
    "early_warnings": (early_warnings, ["customer_id"]),
    "anomalies": (anomalies, ["kind", "value", "day"]),
    "action_effects": (action_effects, ["action"]),
    "match_quality": (match_quality, ["month", "queue"]),
    "repeat_callers": (repeat_callers, ["customer_id", "cutoff_at"]),
}
FOLDERS = {
    "callers_summary": callers_summary,
    "segment_summary": segment_summary,
    "history_summary": history_summary,
    "strategies_summary": strategies_summary,
}
