"""The `profit` key of an evaluation: what a predictor earns under its payoff.

Keys:
    assumptions: The configured payoff; value_mean: mean value of the test's customers.
    nobody: Whether the advice contacts nobody in the test.
    threshold: expected_profit and probability from which somebody is contacted (the
        latter only where all are worth the same); break_even_probability: from which
        probability a contact pays on average.
    promised: rows, contacts, profit and per_1000 on the rows before the test, by cuts
        that were chosen on other customers.
    decision: rows, periods, contacts, share, positives, profit, per_1000 of the advice
        on the test (zeros for nobody).
    cut: The same for the cut, whether advised or not, and fitted: whether it was read
        from the rows before instead of standing at break-even.
    everybody: The same for all whom the capacity reaches.
    curve: contacts, share, profit, low, high; see `curve`.
    candidates: Per candidate nobody, contacts, profit and difference (recommended
        minus this, paired), each by its own cut.
    mpc, empc: value (per customer) and share; see `empc`.
    breaks_even_at, sensitivity: See `sensitivity`.
    figures: The most important ones, flat: measure -> {value, low, high} or number.
    sentence: The advice in words.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ccml.config.payoff import PayoffConfig
from ccml.predictors.base_rate import corrected, real_weights
from ccml.predictors.candidates import calibrator_before, latest_folds
from ccml.predictors.fit import Part
from ccml.predictors.metrics import Scored
from ccml.predictors.profit.curve import profit_curve
from ccml.predictors.profit.decide import Decision, decide
from ccml.predictors.profit.empc import maximum_profit
from ccml.predictors.profit.offers import (
    BREAK_EVEN,
    Marks,
    Weights,
    contacted,
    total,
)
from ccml.predictors.profit.payoff import (
    break_even_probability,
    probability_of,
)
from ccml.predictors.profit.sample import Sample, sample_of
from ccml.predictors.profit.sensitivity import breaks_even_at, sensitivity
from ccml.predictors.profit.words import advice
from ccml.predictors.resampling import Measure

if TYPE_CHECKING:
    from ccml.predictors.evaluate import Case


def profit_section(case: "Case", scored: Mapping[str, Scored]) -> dict[str, Any] | None:
    """Judge in money; None where the config has no payoff."""
    payoff = case.config.profit
    if payoff is None:
        return None
    seed, chosen = case.config.seed, case.recommended
    befores = {name: _before(case, name, payoff) for name in scored}
    before = befores[chosen]
    drawn = before.resamples(seed) if before else np.empty((0, 0), dtype=np.int8)
    decisions = {name: decide(one, drawn, seed) for name, one in befores.items()}
    weight = real_weights(case.test.y, *_rates(case, case.part))
    tests = {
        name: sample_of(case.test, one, payoff, _place(case), weight)
        for name, one in scored.items()
    }
    decision, test = decisions[chosen], tests[chosen]
    weights, advised = test.resamples(seed), decision.contacts_of(test)
    section = _judged(decision, test, weights)
    section["candidates"] = _candidates(decisions, tests, chosen, weights)
    section["sensitivity"] = (
        sensitivity(before, test, advised, drawn, seed) if before else []
    )
    return section | {"sentence": advice(section)}


def _place(case: "Case") -> str:
    return f"predictors.{case.name}.profit.value_column"


def _rates(case: "Case", part: Part) -> tuple[float, float | None]:
    """Return the share of positives a model learnt from, and that of reality."""
    return float(part.y.mean()), case.config.calibration.real_base_rate


def _before(case: "Case", name: str, payoff: PayoffConfig) -> Sample | None:
    """Return the rows before the test, scored and calibrated by what was known then."""
    seen = case.seen
    if not seen.folds:
        return None
    used = list(seen.calibrated_folds(case.config))
    if case.split.kind != "random":
        used = [i for i in latest_folds(seen.folds) if i in used]
    rates = [_rates(case, seen.folds[i].part) for i in used]
    learnt = [
        corrected(calibrator_before(i, name, seen, case.config)[0], *rate)
        for i, rate in zip(used, rates, strict=True)
    ]
    raws = [seen.raw[name][i] for i in used]
    found = [one.apply(raw) for one, raw in zip(learnt, raws, strict=True)]
    weights = [
        real_weights(seen.folds[i].y, *rate)
        for i, rate in zip(used, rates, strict=True)
    ]
    known = [one for one in weights if one is not None]
    weight = np.concatenate(known) if known else None
    scored = Scored(np.concatenate(raws), np.concatenate(found))
    positions = np.concatenate([case.split.folds[i].valid for i in used])
    rows = case.data.take(positions)
    return sample_of(rows, scored, payoff, _place(case), weight)


def _judged(decision: Decision, test: Sample, weights: Weights) -> dict[str, Any]:
    """Judge the recommended candidate's advice on the test."""
    payoff, mean = test.payoff, float(test.value.mean())
    advised = decision.contacts_of(test)
    cut = contacted(test.offers, decision.cut.threshold)
    told = _told(test, advised, weights)
    maximum = _maximum(test, mean)
    return {
        "assumptions": payoff.model_dump(mode="json"),
        "value_mean": mean,
        "nobody": not advised.any(),
        "threshold": _threshold(payoff, decision),
        "break_even_probability": break_even_probability(payoff, mean),
        "promised": _promised(decision),
        "decision": told,
        "cut": _told(test, cut, weights) | {"fitted": decision.fitted},
        "everybody": _told(test, test.offers.within, weights),
        "curve": profit_curve(test.offers, test.clusters, weights),
        **maximum,
        "breaks_even_at": breaks_even_at(test, cut),
        "figures": {
            "expected": told["profit"],
            "per_1000": told["per_1000"],
            "contacts": told["contacts"],
            "mpc": maximum["mpc"]["value"],
            "empc": maximum["empc"]["value"],
        },
    }


def _told(test: Sample, contacts: Marks, weights: Weights) -> dict[str, Any]:
    rows, number = float(test.weight.sum()), float(test.weight[contacts].sum())
    profit = total(test.offers.earned * contacts, test.clusters, weights)
    return {
        "rows": round(rows),
        "periods": int(test.periods.max()) + 1,
        "contacts": round(number),
        "share": number / rows,
        "positives": round(float((test.weight * test.y)[contacts].sum())),
        "profit": profit,
        "per_1000": _per_1000(profit, rows),
    }


def _maximum(test: Sample, mean: float) -> dict[str, dict[str, float | None]]:
    """Return mpc and empc; unknown for oversampled rows, which they cannot weigh."""
    if np.ptp(test.weight) > 0:
        none: dict[str, float | None] = {"value": None, "share": None}
        return {"mpc": none, "empc": none}
    p = test.scored.probability
    return dict(maximum_profit(test.y, p, test.payoff, mean))


def _per_1000(profit: Measure, rows: float) -> Measure:
    return {
        key: None if value is None else 1000 * value / rows
        for key, value in profit.items()
    }


def _promised(decision: Decision) -> dict[str, Any] | None:
    if decision.promised is None:
        return None
    return {
        "rows": round(decision.rows),
        "contacts": decision.contacts,
        "profit": decision.promised,
        "per_1000": _per_1000(decision.promised, decision.rows),
    }


def _threshold(payoff: PayoffConfig, decision: Decision) -> dict[str, float | None]:
    """Tell from where somebody is contacted, as money and as a probability."""
    at = decision.threshold
    if not np.isfinite(at):
        return {"expected_profit": None, "probability": None}
    alike = payoff.value_column is None
    return {
        "expected_profit": 0.0 if at == BREAK_EVEN.threshold else at,
        "probability": probability_of(at, payoff, payoff.value_eur) if alike else None,
    }


def _candidates(
    decisions: Mapping[str, Decision],
    tests: Mapping[str, Sample],
    chosen: str,
    weights: Weights,
) -> dict[str, dict[str, Any]]:
    """Judge every candidate by its own advice, on the same resamples."""
    advised = {name: decisions[name].contacts_of(test) for name, test in tests.items()}
    earned = {name: tests[name].offers.earned * who for name, who in advised.items()}
    clusters = tests[chosen].clusters
    return {
        name: {
            "nobody": not who.any(),
            "contacts": round(float(tests[name].weight[who].sum())),
            "profit": total(earned[name], clusters, weights),
            "difference": total(earned[chosen] - earned[name], clusters, weights),
        }
        for name, who in advised.items()
    }
