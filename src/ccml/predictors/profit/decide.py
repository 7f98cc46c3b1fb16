"""Whom to contact: a cut settled before the test, or nobody."""

from dataclasses import dataclass

from ccml.predictors.profit.offers import (
    BREAK_EVEN,
    Cut,
    Marks,
    Weights,
    best_cut,
    contacted,
    contacted_by_others_cut,
    total,
)
from ccml.predictors.profit.sample import Sample
from ccml.predictors.resampling import Measure


@dataclass(frozen=True)
class Decision:
    """Whom to contact, decided on rows before the test.

    Attributes:
        cut: From which expected profit on.
        promised: What it earned there; None without such rows.
        rows: How many rows decided.
        contacts: How many of them were contacted.
        fitted: Whether the cut was read from those rows instead of break-even.
    """

    cut: Cut
    promised: Measure | None = None
    rows: float = 0.0
    contacts: int = 0
    fitted: bool = False

    @property
    def nobody(self) -> bool:
        """Tell whether contacting is not surely better than contacting nobody."""
        if self.promised is None:
            return False
        low = self.promised["low"]
        return low is None or low <= 0

    @property
    def threshold(self) -> float:
        """Return the expected profit from which somebody is contacted."""
        return float("inf") if self.nobody else self.cut.threshold

    def contacts_of(self, test: Sample) -> Marks:
        """Tell whom it contacts among other rows."""
        return contacted(test.offers, self.threshold)


def decide(before: Sample | None, weights: Weights, seed: int) -> Decision:
    """Choose the cut on the rows before the test.

    True probabilities are best cut where the expected profit is 0. The cut that earned
    most on the rows before takes its place only where it earned clearly more, told by
    cuts that were each chosen on other customers.

    Args:
        before: The rows; without any, the cut is break-even and nothing is promised.
        weights: Resamples of their customers.
        seed: Seed by which customers are dealt.
    """
    if before is None:
        return Decision(BREAK_EVEN)
    offers, clusters = before.offers, before.clusters
    plain = contacted(offers, BREAK_EVEN.threshold)
    fitted = contacted_by_others_cut(offers, seed)
    gain = total(offers.earned * (1.0 * fitted - plain), clusters, weights)
    better = gain["low"] is not None and gain["low"] > 0
    chosen = fitted if better else plain
    return Decision(
        cut=best_cut(offers) if better else BREAK_EVEN,
        promised=total(offers.earned * chosen, clusters, weights),
        rows=float(before.weight.sum()),
        contacts=round(float(before.weight[chosen].sum())),
        fitted=better,
    )
