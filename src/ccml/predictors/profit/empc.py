"""Maximum profit and its expectation (MPC, EMPC), by empulse.

Verbraken, Verbeke, Baesens (2013): the profit per customer at the best cut. EMPC averages
over what the success rate may be, with a Beta distribution; with `accepted_by_others: 1`
both are that paper's measures. They compare models: the best cut is read from the very
rows that judge, so they say more than a cut chosen before would earn.
"""

from functools import cache
from typing import Any

from ccml.config.payoff import PayoffConfig
from ccml.predictors.dataset import Floats


def maximum_profit(
    y: Floats, probability: Floats, payoff: PayoffConfig, value: float
) -> dict[str, dict[str, float | None]]:
    """Return mpc and empc: value per customer in euros, and the share to contact.

    Args:
        y: Outcomes.
        probability: Probabilities; only their order counts.
        payoff: The assumptions.
        value: What a customer is worth; these measures know one value for all.
    """
    sure = {"success": payoff.success_rate}
    seen = payoff.success_seen_on
    spread = {
        "alpha": payoff.success_rate * seen,
        "beta": (1 - payoff.success_rate) * seen,
    }
    known = {
        "value": value,
        "offer": payoff.cost_of_offer_eur,
        "contact": payoff.cost_per_contact_eur,
        "others": payoff.accepted_by_others,
    }
    mpc = _measured(y, probability, known | sure, uncertain=False)
    # A success rate of 1 leaves nothing to average over.
    if payoff.success_rate == 1:
        return {"mpc": mpc, "empc": mpc}
    return {
        "mpc": mpc,
        "empc": _measured(y, probability, known | spread, uncertain=True),
    }


def _measured(
    y: Floats, probability: Floats, numbers: dict[str, float], *, uncertain: bool
) -> dict[str, float | None]:
    metric = _metric(uncertain=uncertain)
    return {
        "value": float(metric(y, probability, **numbers)),
        "share": float(metric.optimal_rate(y, probability, **numbers)),
    }


@cache
def _metric(*, uncertain: bool) -> Any:
    """Build the measure, once in a process: importing and solving it take seconds."""
    import sympy
    import sympy.stats
    from empulse.metrics import CostMatrix, MaxProfit, Metric

    value, offer, contact, others = sympy.symbols("value offer contact others")
    if uncertain:
        success = sympy.stats.Beta("success", *sympy.symbols("alpha beta"))
    else:
        success = sympy.Symbol("success")
    matrix = CostMatrix().add_tp_benefit(success * (value - offer) - contact)
    return Metric(matrix.add_fp_cost(others * offer + contact), MaxProfit())
