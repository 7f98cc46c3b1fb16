"""H2O AutoML on a server of its own on this machine, which is not timed to start."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

import h2o
import pandas as pd
from h2o.automl import H2OAutoML
from predicting import LABEL, Asked, Fitted, run

METRICS = {"log_loss": "logloss", "roc_auc": "AUC"}
MEMORY = "6G"


def fit(asked: Asked) -> Fitted:
    """Let it fit its models until the budget ends; the leader predicts."""
    names = [str(c) for c in asked.X]
    kinds = {c: "enum" if c in asked.categories else "numeric" for c in names}
    train = _frame(asked.X, kinds)
    train[LABEL] = h2o.H2OFrame(asked.y.to_frame()).asfactor()
    automl = H2OAutoML(
        max_runtime_secs=int(asked.budget_s),
        seed=asked.seed,
        sort_metric=METRICS[asked.metric],
    )
    automl.train(x=names, y=LABEL, training_frame=train)
    leader = automl.leader
    if leader is None:
        raise SystemExit(f"no model within {asked.budget_s:g} s")

    def predict(X: pd.DataFrame) -> Any:
        return leader.predict(_frame(X, kinds))["p1"].as_data_frame()["p1"].to_numpy()

    def save(folder: Path) -> None:
        # Its exports for other runtimes are not part of the open edition.
        h2o.save_model(leader, path=str(folder), force=True)

    return Fitted(predict, save, {"model": leader.model_id})


def _frame(X: pd.DataFrame, kinds: dict[str, str]) -> h2o.H2OFrame:
    return h2o.H2OFrame(X, column_types=kinds)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Start the server, run, and stop it."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # With a port of its own it never joins, or ends, another run's server.
    h2o.init(
        port=_free_port(),
        nthreads=settings["threads"],
        max_mem_size=MEMORY,
        bind_to_localhost=True,
    )
    h2o.no_progress()
    try:
        run("h2o", fit)
    finally:
        h2o.cluster().shutdown()


if __name__ == "__main__":
    main()
