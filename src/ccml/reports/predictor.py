"""One block per predictor: verdict, claim, pictures, comparison, findings, method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ccml.config.labels import EventLabelConfig
from ccml.config.predictors import PredictorConfig
from ccml.reports.blocks import FigureBlock, Section, TableBlock, figure, slug, table
from ccml.reports.figures_profit import assumption_words
from ccml.reports.figures_survival import survival_words
from ccml.reports.figures_windows import label_rows, label_window
from ccml.reports.folds import at_site, ends_of
from ccml.reports.numbers import as_day, count, is_known, period, plain
from ccml.reports.predictor_figures import predictor_figures
from ccml.reports.predictor_tables import comparison, figure_table, measures
from ccml.reports.slice_tables import slices_table, too_small_words, weakest_words
from ccml.reports.stored import PredictorData, ReportData
from ccml.reports.verdict import (
    base_rate_words,
    claim_sentence,
    promises,
    verdict_line,
)

NEEDED = (
    "Needed for this section: a `predictors` section in the config, trained by "
    "`ccml run train CONFIG`."
)
NOTES = {
    "skill_over_time": "Each dot is a period that the model had not seen.",
    "calibration": "Thin lines are 95 % intervals; dots on the dashed line came as "
    "promised.",
    "beeswarm": "One dot per sampled row; to the right means a higher score. It tells "
    "what the model goes by, not what causes the outcome.",
    "dependence": "Figures of 20 rows or more each. It tells what the model goes by, not "
    "what causes the outcome.",
    "typical_scores": "Means over rows with like scores; behind a feature stands the "
    "usual value of these rows.",
    "slices": "Thin lines are 95 % intervals; all figures stand in Part by part, below.",
    "months": "Thin lines are 95 % intervals. The first fold made no promise.",
    "profit": "The band is the 95 % interval over customers. Whether the offer works is "
    "assumed, not learnt: a holdout measures it.",
    "staleness": "Models of earlier periods on the rows of later ones, against the model "
    "of that period; thin lines are 95 % intervals. An orange line is the age to train "
    "again at: it leaves out what models of as few rows lose without being old.",
    "drift": "Over the tenths of the training rows. Orange: moved far and counts in the "
    "model; dashed: the usual limit.",
    "learning_curve": "Judged on the latest fold, never on the test; thin lines are 95 % "
    "intervals.",
    "learning_history": "Judged on the latest fold, never on the test; thin lines are "
    "95 % intervals.",
    "ablation": "Thin lines are intervals that hold for all families together (95 %). A "
    "family may be idle because another one tells the same.",
    "fairness": "Thin lines are 95 % intervals; dashed: four fifths (29 CFR 1607.4 D). The "
    "groups are never learnt from.",
    "profit_sensitivity": "The same list, if one assumption is half or double; where "
    "nobody should be contacted, the list one would make if that were known.",
    "survival": "Dots and coloured lines were promised; thin dark steps are what came, by "
    "Kaplan-Meier.",
}
SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class PredictorBlock:
    """All that is said of one predictor."""

    anchor: str
    name: str
    verdict: str
    claim: str
    holds: bool
    facts: tuple[tuple[str, str], ...]
    figures: tuple[FigureBlock, ...]
    comparison: TableBlock
    measures: TableBlock
    parts: TableBlock
    findings: tuple[tuple[str, str, str], ...]


def predictors_section(data: ReportData) -> Section:
    """Build the section with one block per trained predictor."""
    if not data.predictors:
        return Section("predictors", "Predictors", "", missing=NEEDED)
    blocks = [
        _block(name, found, data.config.predictors.get(name), data.config.time_zone)
        for name, found in data.predictors.items()
    ]
    untrained = [
        predictor_title(name, config)
        for name, config in data.config.predictors.items()
        if name not in data.predictors
    ]
    lead = (
        "Each was judged on a period that it had not seen, against simpler ways of "
        "doing the same."
    )
    if untrained:
        lead += f" Not trained yet: {', '.join(untrained)}."
    return Section("predictors", "Predictors", lead, {"blocks": blocks})


def _block(
    name: str, found: PredictorData, config: PredictorConfig | None, zone: str
) -> PredictorBlock:
    evaluation = at_site(found.evaluation, zone)
    anchor = slug("predictor", name)
    figures = [
        figure(
            f"{anchor}-{slug(key)}",
            chart,
            figure_table(key, evaluation, found.shap_sample),
            NOTES.get(key, ""),
        )
        for key, chart in predictor_figures(evaluation, found.shap_sample).items()
    ]
    if config is not None and isinstance(config.label, EventLabelConfig):
        figures.insert(2, _label_figure(anchor, config.label))
    return PredictorBlock(
        anchor=anchor,
        name=predictor_title(name, config),
        verdict=verdict_line(evaluation),
        claim=claim_sentence(evaluation),
        holds=promises(evaluation),
        facts=tuple(_facts(evaluation)),
        figures=tuple(figures),
        comparison=comparison(evaluation),
        measures=measures(evaluation),
        parts=slices_table(evaluation),
        findings=tuple(_findings(evaluation)),
    )


def predictor_title(name: str, config: PredictorConfig | None) -> str:
    """Name a predictor for people."""
    title = getattr(config, "title", None)
    return str(title) if title else name.replace("_", " ").capitalize()


def _label_figure(anchor: str, label: EventLabelConfig) -> FigureBlock:
    days = (label.gap_days, label.horizon_days, label.settle_days)
    rows = [
        (
            row["name"],
            (plain(row["from"]), row["from"]),
            (plain(row["until"]), row["until"]),
        )
        for row in label_rows(*days)
    ]
    return figure(
        f"{anchor}-label-window",
        label_window(*days),
        table("Days from the cutoff", ("part", "from day", "until day"), rows),
        "The past reaches further back than is drawn.",
    )


def _facts(evaluation: Mapping[str, Any]) -> list[tuple[str, str]]:
    split = evaluation.get("split") or {}
    facts = [
        ("What is predicted", str(evaluation.get("label_rule") or "")),
        ("Why this candidate", _sentence(evaluation.get("recommendation"))),
        ("How often it happens", base_rate_words(evaluation)),
        ("What it earns", _sentence(evaluation.get("profit"))),
        ("Assumed of money, not measured", assumption_words(evaluation)),
        ("By when it happens", survival_words(evaluation)),
        ("Weakest part of the test", weakest_words(evaluation)),
        ("Parts too small to judge", too_small_words(evaluation)),
        ("Learned from", _part(split, "train")),
        ("Judged on", _part(split, "test")),
        ("Left out between them", _rows(split.get("dropped_rows"))),
        ("Split", _split_words(str(split.get("kind", "")))),
        ("Search", _tuning(evaluation.get("tuning") or {})),
    ]
    return [(label, words) for label, words in facts if words]


def _sentence(found: Any) -> str:
    if isinstance(found, Mapping):
        return str(found.get("sentence") or found.get("why") or "")
    return str(found or "")


def _rows(number: Any) -> str:
    return f"{count(number)} rows" if is_known(number) else ""


def _part(split: Mapping[str, Any], name: str) -> str:
    start, end = ends_of(split.get(f"{name}_period"))
    rows = _rows(split.get(f"{name}_rows"))
    if as_day(start) is not None and as_day(end) is not None:
        return f"{rows}, cutoffs from {period(start, end)}"
    return rows


def _split_words(kind: str) -> str:
    return {
        "time": "by time: learned from earlier cutoffs, judged on later ones",
        "ordered": "by row order, which is time: learned from earlier rows",
        "random": "at random: figures are optimistic for use on later data",
    }.get(kind, kind)


def _tuning(tuning: Mapping[str, Any]) -> str:
    if not tuning.get("trials"):
        return ""
    kept = (
        "the default was kept"
        if tuning.get("kept_default")
        else "a better one was taken"
    )
    return f"{count(tuning['trials'])} settings tried; {kept}"


def _findings(evaluation: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    found = [
        (
            str(finding.get("severity", "note")),
            str(finding.get("check", "")).replace("_", " "),
            str(finding.get("sentence", "")),
        )
        for finding in evaluation.get("findings") or []
        # The claim has its own box.
        if finding.get("sentence") != claim_sentence(evaluation)
    ]
    return sorted(
        found, key=lambda f: SEVERITIES.index(f[0]) if f[0] in SEVERITIES else 9
    )
