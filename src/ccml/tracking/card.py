"""The model card: what a person must know of a model before using its scores."""

from collections.abc import Iterator, Mapping
from typing import Any

from ccml.project import Project
from ccml.tracking.register import Registration
from ccml.tracking.registry import model_name
from ccml.tracking.store import TrackingStore, quiet_mlflow

CARD = "model_card.md"
MOST_DESCRIPTION = 4_000
METRICS = {
    "roc_auc": "AUC",
    "pr_auc": "average precision",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "calibration error (ECE)",
    "calibration_slope": "calibration slope",
    "lift_at_1pct": "lift, top 1 %",
    "lift_at_5pct": "lift, top 5 %",
    "lift_at_10pct": "lift, top 10 %",
    "base_rate": "share of positives",
    "mean_probability": "mean probability",
}
Evaluation = Mapping[str, Any]


def model_card(
    project: Project,
    name: str,
    evaluation: Evaluation,
    registration: Registration,
    tags: Mapping[str, str],
) -> str:
    """Write the card of a model as Markdown; it holds no row and no customer.

    Args:
        project: The project.
        name: The predictor.
        evaluation: Its evaluation.
        registration: What the registry and the gate made of it.
        tags: Tags of its run: config fingerprint, commit, periods.
    """
    title = project.config.predictors[name].title or name
    parts = [
        f"# {title}, version {registration.version}\n\n{registration.sentence}",
        "## What it tells\n\n" + "\n".join(_meaning(evaluation)),
        "## Data\n\n" + "\n".join(_data(project, name, evaluation)),
        "## Measured on the test period\n\n"
        + "\n".join(_metrics(evaluation, registration)),
        "## What was promised before, and what was kept\n\n" + _claim(evaluation),
        "## Limits\n\n" + "\n".join(_limits(project, evaluation)),
        "## Gate\n\n" + "\n".join(_gate(registration)),
        "## Origin\n\n" + "\n".join(_origin(evaluation, tags, registration)),
    ]
    return "\n\n".join(parts) + "\n"


def _meaning(evaluation: Evaluation) -> Iterator[str]:
    yield f"- A label of 1 means: {evaluation.get('label_rule') or 'not recorded'}."
    yield (
        "- `probability` is the chance of that; `raw_score` is in log-odds, before "
        "calibration."
    )
    recommended = evaluation.get("recommended")
    if recommended:
        sentence = evaluation.get("recommendation", {}).get("sentence", "")
        yield f"- Kind of model: {recommended}. {sentence}".rstrip()
    yield "- It tells who is likely to, not why, and not what a call would change."


def _data(project: Project, name: str, evaluation: Evaluation) -> Iterator[str]:
    config, split = project.config.predictors[name], evaluation.get("split", {})
    source = f"spine `{config.spine}`" if config.spine else f"table `{config.table}`"
    yield f"- Learnt from: {source} of project `{project.config.project}`."
    kind = split.get("name") or split.get("kind")
    if kind:
        yield f"- Validation: {kind}."
    for part in ("train", "test"):
        period = split.get(f"{part}_period")
        if period:
            rows = split.get(f"{part}_rows")
            told = "" if rows is None else f", {rows:,} rows"
            yield f"- {part.capitalize()}: {period['from']} to {period['until']}{told}."
    if split.get("embargo_days"):
        yield f"- Left out between them: {split['embargo_days']:g} days (embargo)."
    times = evaluation.get("test_use", {}).get("times")
    if times is not None:
        yield f"- Uses of this test period for this predictor: {times}."


def _metrics(evaluation: Evaluation, registration: Registration) -> Iterator[str]:
    noise = registration.gate.get("figures", {}).get("ece_noise")
    yield "| figure | value | 95 % interval |"
    yield "|---|---|---|"
    for key, words in METRICS.items():
        figure = evaluation.get("metrics", {}).get(key)
        if figure and figure.get("value") is not None:
            ends = [figure.get("low"), figure.get("high")]
            known = None not in ends
            interval = f"{ends[0]:.4f} to {ends[1]:.4f}" if known else "not known"
            if key == "ece" and noise is not None:
                # A resampled ECE is biased upwards, so its interval misleads.
                interval = f"chance alone gives up to {noise:.4f}"
            yield f"| {words} | {figure['value']:.4f} | {interval} |"


def _claim(evaluation: Evaluation) -> str:
    return str(evaluation.get("claim", {}).get("sentence") or "Nothing was promised.")


def _limits(project: Project, evaluation: Evaluation) -> Iterator[str]:
    audit = evaluation.get("audit", {}).get("result", "not audited")
    yield f"- Audit of its features: {audit}."
    for finding in evaluation.get("findings", []):
        said = finding.get("sentence") or finding.get("check")
        yield f"- {str(finding.get('severity', 'note')).capitalize()}: {said}"
    small = [k for k, v in evaluation.get("slices", {}).items() if v.get("too_small")]
    if small:
        yield f"- Too few rows to judge: {', '.join(sorted(small))}."
    for note in project.config.notes:
        yield f"- {note}"


def _gate(registration: Registration) -> Iterator[str]:
    found = registration.gate
    reasons = [*found.get("faults", []), *found.get("doubts", [])]
    yield from (f"- {reason}" for reason in reasons)
    if not reasons:
        yield "- No objection."
    figures = found.get("figures", {})
    gain = figures.get("log_loss_gain")
    if gain:
        yield (
            f"- Log loss lower than that of version {figures['champion']} by "
            f"{gain['value']:.4f} ({gain['low']:.4f} to {gain['high']:.4f}) on "
            f"{figures['compared_rows']:,} rows."
        )
    seen = figures.get("shadow")
    if seen:
        told = {
            "rank correlation": seen["rank_agreement"],
            "PSI of the scores": seen["score_psi"],
            "share of the list kept": seen["top_overlap"],
        }
        parts = [f"{k} {v:.2f}" for k, v in told.items() if v is not None]
        yield f"- On {seen['rows']:,} newest rows: {', '.join(parts)}."


def _origin(
    evaluation: Evaluation, tags: Mapping[str, str], registration: Registration
) -> Iterator[str]:
    from importlib.metadata import version

    yield f"- Run: `{registration.run_id}`."
    yield f"- Config: `{tags.get('ccml.config_fingerprint', 'not known')}`."
    commit = tags.get("mlflow.source.git.commit")
    dirty = tags.get("ccml.uncommitted_changes") == str(True)
    if commit:
        yield f"- Commit: `{commit}`{', with uncommitted changes' if dirty else ''}."
    libraries = ("ccml", "lightgbm", "scikit-learn", "pandas", "numpy")
    yield f"- Made with {', '.join(f'{one} {version(one)}' for one in libraries)}."
    trials = evaluation.get("tuning", {}).get("trials")
    if trials is not None:
        yield f"- Settings tried: {trials}."


def describe(
    project: Project,
    store: TrackingStore,
    name: str,
    registration: Registration,
    card: str,
) -> None:
    """Show the card's text as the description of the version in the registry."""
    full = model_name(project, name)
    with quiet_mlflow():
        store.client.update_model_version(
            full, registration.version, card[:MOST_DESCRIPTION]
        )
