"""Horizons, gaps and the embargo between training and test."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Horizon:
    """The half-open window [cutoff + gap, cutoff + gap + horizon) of a label, in days.

    `settle_days` is how long late rows may take to arrive: a label is only known, and a
    row only used, when cutoff + gap + horizon + settle lies inside the data.
    """

    horizon_days: float
    gap_days: float = 0
    settle_days: float = 0

    @property
    def starts_after(self) -> timedelta:
        """Time from the cutoff to the window's start."""
        return timedelta(days=self.gap_days)

    @property
    def ends_after(self) -> timedelta:
        """Time from the cutoff to the window's end."""
        return timedelta(days=self.gap_days + self.horizon_days)

    @property
    def known_after(self) -> timedelta:
        """Time from the cutoff until the label is known; also the least embargo."""
        return self.ends_after + timedelta(days=self.settle_days)
