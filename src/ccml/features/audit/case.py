"""What all checks of one spine begin with."""

from dataclasses import dataclass

from ccml.features.audit.described import Described
from ccml.features.audit.planted import Planted
from ccml.features.audit.sample import Sample
from ccml.features.plan import Plan
from ccml.project import Project


@dataclass(frozen=True)
class Case:
    """Drawn customers of one spine, as the engine describes them.

    Args:
        project: The project, whose features and labels stand.
        plan: All features of the spine.
        sample: The drawn customers' tables.
        base: Their rows and features, made anew.
        planted: Their tables with events at the edges of windows.
    """

    project: Project
    plan: Plan
    sample: Sample
    base: Described
    planted: Planted
