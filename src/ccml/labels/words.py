"""What a label means, in words."""

from ccml.config.labels import EventLabelConfig, RepeatsConfig
from ccml.project import Project


def label_rule(project: Project, name: str) -> str:
    """Say in words what the label of a predictor means."""
    label = project.config.predictors[name].label
    if not isinstance(label, EventLabelConfig):
        return f"{label.column} is {label.positive}"
    start = f"{label.gap_days} days after" if label.gap_days else "right after"
    when = f"within {label.horizon_days} days, counted from {start} the cutoff"
    told = f"{_happening(label)} {when}"
    if label.repeats:
        told += _merging(label.repeats)
    return f"{told}; rows where {label.eligible}" if label.eligible else told


def _happening(label: EventLabelConfig) -> str:
    one, many = _names(label)
    where = f" where {label.where}" if label.where else ""
    if label.is_number:
        return f"the number of {many}{where} that happen"
    if label.kind == "inactivity":
        return f"no {one}{where} happens"
    if (label.at_least or 1) > 1:
        return f"{label.at_least} {many}{where} or more happen"
    article = "a" if label.repeats else "an"
    return f"{article} {one}{where} happens"


def _names(label: EventLabelConfig) -> tuple[str, str]:
    """Name one event, and several."""
    if label.repeats is None:
        return f"event of {label.table}", f"events of {label.table}"
    kind = "answered" if label.repeats.answered_only else "inbound"
    same = label.repeats.same
    family = f"{same} family" if label.repeats.families else str(same)
    ending = f" with the same {family}" if same else ""
    call = f"further {kind} call"
    return f"{call} of the customer{ending}", f"{call}s of the customer{ending}"


def _merging(repeats: RepeatsConfig) -> str:
    minutes = repeats.merge_redials_minutes
    merged = f"; calls within {minutes:g} min count once" if minutes else ""
    return f"{merged}; callbacks and continued transfers do not count"
