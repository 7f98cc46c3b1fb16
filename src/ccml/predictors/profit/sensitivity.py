"""What becomes of the profit when the assumptions are wrong."""

from dataclasses import dataclass
from itertools import product

from ccml.config.payoff import PayoffConfig
from ccml.predictors.profit.decide import decide
from ccml.predictors.profit.offers import Marks, Weights
from ccml.predictors.profit.sample import Sample

FACTORS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Assumed:
    """Assumptions that may be true instead of the configured ones."""

    payoff: PayoffConfig
    value_times: float

    def of(self, sample: Sample) -> Sample:
        """Return a sample under these assumptions."""
        return sample.under(self.payoff, sample.value * self.value_times)


def sensitivity(
    before: Sample, test: Sample, contacts: Marks, weights: Weights, seed: int
) -> list[dict[str, float | int]]:
    """Judge the configured list, and the list one would rather have made, if ... .

    Value, costs and success rate are halved, kept and doubled in every combination; a
    success rate above 1 becomes 1.

    Args:
        before: Rows before the test, on which cuts are chosen.
        test: The test rows.
        contacts: Whom the configured assumptions contact in the test.
        weights: Resamples of the customers of the rows before.
        seed: Seed by which customers are dealt.

    Returns:
        Rows with value_times, cost_times, success_rate, profit (of the configured
        list), contacts and profit_adapted (of the list chosen under these assumptions).
    """
    payoff = test.payoff
    rates = sorted({min(1.0, payoff.success_rate * f) for f in FACTORS})
    found = []
    for value_times, cost_times, rate in product(FACTORS, FACTORS, rates):
        assumed = Assumed(_changed(payoff, cost_times, rate), value_times)
        truth = assumed.of(test)
        adapted = decide(assumed.of(before), weights, seed).contacts_of(truth)
        earned = truth.offers.earned
        found.append(
            {
                "value_times": value_times,
                "cost_times": cost_times,
                "success_rate": rate,
                "profit": float(earned[contacts].sum()),
                "contacts": round(float(truth.weight[adapted].sum())),
                "profit_adapted": float(earned[adapted].sum()),
            }
        )
    return found


def _changed(payoff: PayoffConfig, cost_times: float, rate: float) -> PayoffConfig:
    return payoff.model_copy(
        update={
            "cost_per_contact_eur": payoff.cost_per_contact_eur * cost_times,
            "cost_of_offer_eur": payoff.cost_of_offer_eur * cost_times,
            "success_rate": rate,
        }
    )


def breaks_even_at(test: Sample, contacts: Marks) -> dict[str, float | None]:
    """Return how wrong each assumption may be before these contacts earn nothing.

    Returns:
        success_rate (from which it pays), value_times (the value may fall to this part)
        and cost_per_contact_eur (up to which it pays); None where nothing would help.
    """
    payoff = test.payoff
    hits, value = (test.weight * test.y)[contacts], test.value[contacts]
    profit = float(test.offers.earned[contacts].sum())
    gained = float((hits * (value - payoff.cost_of_offer_eur)).sum())
    worth = payoff.success_rate * float((hits * value).sum())
    number = float(test.weight[contacts].sum())
    rate = _part(payoff.success_rate * gained - profit, gained)
    return {
        "success_rate": rate if rate is None or rate <= 1 else None,
        "value_times": _part(worth - profit, worth),
        "cost_per_contact_eur": (
            payoff.cost_per_contact_eur + profit / number if number else None
        ),
    }


def _part(needed: float, whole: float) -> float | None:
    return needed / whole if whole > 0 else None
