"""Counts how often a test period was used to judge a predictor.

Each look at the same rows makes the figures on them a little less honest, since what was
seen is acted on. The count is a tag of the registered model, so it outlives workspaces.
"""

from ccml.project import Project
from ccml.tracking.registry import ensure_model, model_name
from ccml.tracking.store import open_store, quiet_mlflow

USES = "ccml.test_use."
KEPT_SIGNS = 32


def touch(project: Project, name: str, test_id: str) -> int:
    """Count one use of a test period, before it is looked at.

    Args:
        project: The project.
        name: The predictor.
        test_id: What tells this test period from others.

    Returns:
        How often it was used, this time included.
    """
    store, full = open_store(project), model_name(project, name)
    key = f"{USES}{test_id[:KEPT_SIGNS]}"
    with quiet_mlflow():
        ensure_model(store, full)
        before = store.client.get_registered_model(full).tags.get(key, "0")
        times = int(before) + 1
        store.client.set_registered_model_tag(full, key, str(times))
    return times
