"""A small company trained and scored by the command, and its model as MLflow serves it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import lightgbm as lgb
import pandas as pd
from conftest_tracking import Trained
from small_site import FIRST_NUMBER, SmallSite, write_csv, write_site

from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.labels.build import build_labels
from ccml.predictors.calibrate import Calibrator
from ccml.predictors.encode import fit_encoder
from ccml.predictors.models import BoosterModel
from ccml.predictors.scorer import Scorer
from ccml.predictors.training_table import training_set
from ccml.project import Project
from ccml.tracking.register import Registration
from ccml.tracking.registry import champion
from ccml.tracking.runs import log_predictor
from ccml.tracking.store import ENVIRONMENT, as_current, open_store

JANUARY = date(2025, 1, 2)
WEEKS = range(0, 50, 9)
SINCE = "2024-01-01T00:00:00Z"
HERE = "127.0.0.1"
PATIENCE_S = 240.0


@dataclass(frozen=True)
class Served:
    """A champion: what `ccml run score` stored, the raw features, and the model's place.

    Attributes:
        scores: raw_score and probability by customer, as stored.
        frame: Raw features of the same customers, in the same order.
        model: Folder of the MLflow model.
        project: The project.
    """

    scores: pd.DataFrame
    frame: pd.DataFrame
    model: Path
    project: Project


def build(folder: Path) -> Served:
    """Register a champion for the small company, and score by the command."""
    write_site(folder)
    site = SmallSite(folder)
    for name, rows in company().items():
        write_csv(site.raw(name), rows)
    project = Project.open(site.config, only=("churn",))
    register_champion(project)
    done = site.run("score", "--only", "churn")
    if done.code:
        raise AssertionError(done.stderr)
    scores = project.store.frame("scores__churn").sort_values("customer_id")
    features = project.store.frame("features__monthly")
    newest = features[features["cutoff_at"] == scores["cutoff_at"].max()]
    newest = newest[newest["customer_id"].isin(scores["customer_id"])]
    frame = newest.sort_values("customer_id").reset_index(drop=True)
    return Served(
        scores[["raw_score", "probability"]].reset_index(drop=True),
        frame.drop(columns=["customer_id", "cutoff_at"]),
        champion(project, "churn").folder.parent.parent,
        project,
    )


def register_champion(project: Project, trees: int = 25) -> Registration:
    """Fit a booster on the company's features and hand it to the registry."""
    prepare_missing(project)
    build_features(project, "monthly")
    build_labels(project, "churn")
    data = training_set(project, "churn")
    encoder = fit_encoder(data.features, data.y, "predictors.churn")
    table = lgb.Dataset(encoder.transform(data.features), data.y)
    options = {"objective": "binary", "verbose": -1, "num_threads": 1,
               "learning_rate": 0.1, "deterministic": True}  # fmt: skip
    text = lgb.train(options, table, trees).model_to_string()
    model = BoosterModel.from_text(text)
    scorer = Scorer("churn", encoder, model, Calibrator("sigmoid", 0.9, -0.1))
    return log_predictor(project, "churn", Trained(scorer, {}), {}, {})


def company(customers: int = 300) -> dict[str, list[dict[str, object]]]:
    """Make up a year in which many of those who leave call again and again before.

    Others call as often without leaving, so that nothing tells the future by itself.
    """
    people = range(customers)
    leaves = {
        i: date(2025, 3, 10) + timedelta(days=i) for i in people[: customers - 15]
    }
    usual = [
        (i, JANUARY + timedelta(days=7 * k + i % 7)) for i in people for k in WEEKS
    ]
    before = {i: day for i, day in leaves.items() if i % 3}
    other = {i: JANUARY + timedelta(days=40 + 37 * i % 300) for i in people}
    bursts = [
        (i, day - timedelta(days=d))
        for some in (before, other)
        for i, day in some.items()
        for d in range(3, 38, 7)
    ]
    calls = [*usual, *bursts]
    tables: dict[str, list[dict[str, object]]] = {
        "calls.csv": [_call(number, *call) for number, call in enumerate(calls)],
        "customers.csv": [
            {"customer_id": f"C{i:03d}", "since": SINCE, "tariff": "AB"[i % 2]}
            for i in people
        ],
        "phones.csv": [
            {"customer_id": f"C{i:03d}", "phone": FIRST_NUMBER + i} for i in people
        ],
        "contracts.csv": [
            {
                "change_id": f"e{i}",
                "customer_id": f"C{i:03d}",
                "changed_at": f"{day}T08:00:00Z",
                "event": "cancelled",
            }
            for i, day in leaves.items()
        ],
    }
    return tables


def _call(number: int, customer: int, day: date) -> dict[str, object]:
    return {
        "id": f"k{number}",
        "start": f"{day}T09:{number % 60:02d}:00+00:00",
        "end": f"{day}T10:{number % 60:02d}:00+00:00",
        "phone": FIRST_NUMBER + customer,
        "direction": "inbound",
        "wait": number % 60,
    }


def loaded(served: Served) -> pd.DataFrame:
    """Score by `mlflow.pyfunc.load_model`, pickles forbidden."""
    with as_current(open_store(served.project)):
        import mlflow

        model = mlflow.pyfunc.load_model("models:/small.churn@champion")
        return model.predict(served.frame)


@contextmanager
def server(served: Served, log: Path) -> Iterator[str]:
    """Run `mlflow models serve` on loopback; end it by the ids of its own group."""
    with socket.socket() as free:
        free.bind((HERE, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri",
               str(served.model), "--host", HERE, "--port", str(port),
               "--env-manager", "local", "--workers", "1"]  # fmt: skip
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            env=os.environ | ENVIRONMENT | {"PATH": path},
            start_new_session=True,
        )
        try:
            address = f"http://{HERE}:{port}"
            _wait_for(address, process, log)
            yield address
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(f"{address}/ping", timeout=5):  # noqa: S310 - loopback
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")


def asked(address: str, frame: pd.DataFrame, **params: bool) -> tuple[int, str]:
    """Send a frame as JSON; return the status and the answer's text."""
    split = json.loads(frame.to_json(orient="split", double_precision=15, index=False))
    body: dict[str, object] = {"dataframe_split": split}
    if params:
        body["params"] = params
    request = Request(  # noqa: S310 - loopback
        f"{address}/invocations",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
