"""What is told of a predictor's use over time, of its features and of groups of customers.

A key is absent where it was not asked for or cannot be told: `learning_curve` and
`ablation` fit the model again and again, so they need `judge.effort: full`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ccml.predictors.judgement.ablation import ablation
from ccml.predictors.judgement.drift import drift
from ccml.predictors.judgement.fairness import LIST_SHARE, fairness
from ccml.predictors.judgement.learning import learning_curve
from ccml.predictors.judgement.parts import Judged
from ccml.predictors.judgement.staleness import staleness

if TYPE_CHECKING:
    from ccml.predictors.evaluate import Case


def further(
    case: "Case",
    judged: Judged,
    importance: Sequence[Mapping[str, Any]],
    profit: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Judge the recommended candidate beyond its measures on the test.

    Args:
        case: The trained predictor.
        judged: The test rows, scored by the recommended candidate.
        importance: feature and mean_abs_shap.
        profit: What it earns, if there is a payoff.

    Returns:
        Those of staleness, drift, fairness, learning_curve and ablation that could be
        computed.
    """
    config, chosen, settings = case.config, case.recommended, case.tuning.settings
    encoder = case.part.encoder
    found = {
        "staleness": staleness(
            case.data, case.split, case.seen, chosen, config, settings
        ),
        "drift": drift(case.data, case.split, encoder, importance, config.seed),
        "fairness": fairness(
            case.test.groups,
            judged,
            config.judge,
            seed=config.seed,
            share=_list_share(profit),
        ),
    }
    if config.judge.effort == "full":
        found["learning_curve"] = learning_curve(
            case.data, case.split, chosen, config, settings, encoder.place
        )
        families = case.data.families
        found["ablation"] = ablation(case.seen, families, chosen, config, settings)
    return {name: section for name, section in found.items() if section is not None}


def _list_share(profit: Mapping[str, Any] | None) -> float:
    """Return the share of rows that the advice contacts, or a tenth without advice."""
    share = float(profit["decision"]["share"] or 0.0) if profit else 0.0
    return share if share > 0 else LIST_SHARE
