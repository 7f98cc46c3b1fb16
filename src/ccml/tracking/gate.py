"""The gate: whether a new model may score customers, and why not.

It has two kinds of objections. A *fault* forbids the model for good: an error finding,
such as a suspected leak, or a failed audit. A *doubt* only stops the automatic change; a
person may overrule it by `ccml promote`, and the history keeps what was overruled.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ccml.config.promotion import PromotionConfig
from ccml.predictors.resampling import Measure
from ccml.tracking.compare import Shadow

PASSED = "passed"
FAILED = "failed"


@dataclass(frozen=True)
class Evidence:
    """What the gate judges by.

    Attributes:
        evaluation: The new model's evaluation.
        champion: Version of the present champion; None without one that can score.
        broken: Why the present champion cannot score the present features, if so.
        log_loss_gain: Champion's minus challenger's log loss on the same later rows.
        profit_gain: Challenger's minus champion's profit per row there, where known.
        compared_rows: How many rows that was measured on.
        not_comparable: Why champion and challenger share no such rows.
        shadow: What the change would do to the newest rows.
        ece_noise: Calibration error of true probabilities on the test rows.
        not_finite: Newest rows to which the challenger gives no finite score.
        rolled_back: When this very version was rolled back.
        dirty: Whether it was trained from files with uncommitted changes.
    """

    evaluation: Mapping[str, Any]
    champion: str | None = None
    broken: str | None = None
    log_loss_gain: Measure | None = None
    profit_gain: Measure | None = None
    compared_rows: int = 0
    not_comparable: str | None = None
    shadow: Shadow | None = None
    ece_noise: float | None = None
    not_finite: int = 0
    rolled_back: str | None = None
    dirty: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the gate says: faults nobody may overrule, doubts a person may, figures."""

    faults: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def promote(self) -> bool:
        """Tell whether the model may become champion by itself."""
        return not self.faults and not self.doubts

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return all objections, the gravest first."""
        return (*self.faults, *self.doubts)

    def to_text(self) -> str:
        """Return the verdict as JSON, for the registry."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> "Verdict":
        """Read what `to_text` wrote."""
        values = json.loads(text)
        return cls(
            tuple(values["faults"]), tuple(values["doubts"]), dict(values["figures"])
        )


def judge(evidence: Evidence, config: PromotionConfig) -> Verdict:
    """Judge a new model against the rules and, where there is one, the champion."""
    doubts = [*_calibration(evidence, config), *_conduct(evidence, config)]
    if evidence.champion is not None:
        doubts += [*_comparison(evidence, config), *_shadow(evidence, config)]
    return Verdict(
        faults=tuple(_faults(evidence)),
        doubts=tuple(doubts),
        figures=_figures(evidence),
    )


def _faults(evidence: Evidence) -> Iterator[str]:
    for finding in evidence.evaluation.get("findings", []):
        if finding.get("severity") == "error":
            yield str(finding.get("sentence") or finding.get("check"))
    if evidence.evaluation.get("audit", {}).get("result") == FAILED:
        yield "The audit of its features failed (`ccml show audit`)."
    if evidence.not_finite:
        yield f"{evidence.not_finite:,} of the newest rows get no finite score."


def _conduct(evidence: Evidence, config: PromotionConfig) -> Iterator[str]:
    audit = evidence.evaluation.get("audit", {}).get("result")
    if not config.accept_unaudited and audit not in {PASSED, FAILED}:
        yield "Its features were not audited as they are now; `ccml run audit` does that."
    if evidence.rolled_back:
        yield f"It was rolled back on {evidence.rolled_back}."
    if evidence.dirty and evidence.champion is not None and not config.allow_dirty:
        yield "It was trained from files with uncommitted changes."
    if not config.automatic:
        yield "promotion.automatic is false."


def _calibration(evidence: Evidence, config: PromotionConfig) -> Iterator[str]:
    metrics = evidence.evaluation.get("metrics", {})
    ece = _value(metrics, "ece")
    if ece is not None and evidence.ece_noise is not None and ece <= evidence.ece_noise:
        return
    most = config.max_calibration_ratio
    slope = metrics.get("calibration_slope")
    if _outside(slope, most):
        yield (
            f"Its calibration slope on the test period is {slope['value']:.2f}, allowed "
            f"is {1 / most:.2f} to {most:.2f}."
        )
    ratio = _mean_ratio(metrics)
    if _outside(ratio, most):
        yield (
            f"Its mean probability is {ratio['value']:.2f} times the share of positives "
            f"of the test period, allowed is {1 / most:.2f} to {most:.2f}."
        )


def _value(metrics: Mapping[str, Any], name: str) -> float | None:
    value = metrics.get(name, {}).get("value")
    return None if value is None else float(value)


def _mean_ratio(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    mean, base = _value(metrics, "mean_probability"), metrics.get("base_rate", {})
    found = {key: base.get(key) for key in ("value", "low", "high")}
    if mean is None or not all(found.values()):
        return {"value": None, "low": None, "high": None}
    return {
        "value": mean / found["value"],
        "low": mean / found["high"],
        "high": mean / found["low"],
    }


def _outside(figure: Any, most: float) -> bool:
    """Tell whether a ratio lies outside, even at the near end of its interval."""
    if not figure or figure.get("value") is None:
        return False
    value = figure["value"]
    low, high = (
        value if figure.get(key) is None else figure[key] for key in ("low", "high")
    )
    return bool(high < 1 / most or low > most)


def _comparison(evidence: Evidence, config: PromotionConfig) -> Iterator[str]:
    if evidence.log_loss_gain is None:
        yield (
            f"It cannot be compared with version {evidence.champion}: "
            f"{evidence.not_comparable}."
        )
        return
    wanted = "better beyond noise" if config.rule == "better" else "as good"
    for what, gain in (
        ("log loss", evidence.log_loss_gain),
        ("profit", evidence.profit_gain),
    ):
        if gain is not None and not _enough(gain, config):
            yield (
                f"On {evidence.compared_rows:,} later rows its {what} is not {wanted} "
                f"against version {evidence.champion} (gain {_shown(gain)})."
            )


def _enough(gain: Measure, config: PromotionConfig) -> bool:
    least = gain["low"] if config.rule == "better" else gain["value"]
    if least is None:
        return False
    return least > 0 if config.rule == "better" else least >= 0


def _shown(gain: Measure) -> str:
    parts = [gain[key] for key in ("value", "low", "high")]
    told = ["?" if part is None else f"{part:+.4f}" for part in parts]
    return f"{told[0]}, interval {told[1]} to {told[2]}"


def _shadow(evidence: Evidence, config: PromotionConfig) -> Iterator[str]:
    seen = evidence.shadow
    if seen is None:
        if evidence.log_loss_gain is not None:
            yield "There were no newest rows to score in its shadow."
        return
    agreement = seen.rank_agreement
    if agreement is not None and agreement < config.min_rank_agreement:
        yield (
            f"On the newest rows its ranking agrees too little with that of version "
            f"{evidence.champion} ({agreement:.2f}, at least "
            f"{config.min_rank_agreement:.2f})."
        )
    if seen.score_psi is not None and seen.score_psi > config.max_score_psi:
        yield (
            f"On the newest rows its scores lie elsewhere than those of version "
            f"{evidence.champion} (PSI {seen.score_psi:.2f}, at most "
            f"{config.max_score_psi:.2f})."
        )


def _figures(evidence: Evidence) -> dict[str, Any]:
    found = {
        "champion": evidence.champion,
        "champion_broken": evidence.broken,
        "compared_rows": evidence.compared_rows,
        "log_loss_gain": evidence.log_loss_gain,
        "profit_gain": evidence.profit_gain,
        "shadow": None if evidence.shadow is None else asdict(evidence.shadow),
        "ece_noise": evidence.ece_noise,
        "uncommitted_changes": evidence.dirty,
    }
    return {key: value for key, value in found.items() if value is not None}
