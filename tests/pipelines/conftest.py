"""One small company, run through every pipeline once for all tests of this folder."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccml.demo.company import write_company

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 2_000
QUICK = (
    "predictors.churn.tune.trials=2",
    "predictors.repeat_call.tune.trials=2",
    "predictors.conversion.tune.trials=2",
    "segments.clusters.bootstraps=5",
    "segments.clusters.max_k=4",
)


@dataclass(frozen=True)
class Run:
    """What a command printed and returned."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Site:
    """A project folder of its own, with its exports."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "configs" / "demo.yaml"

    @property
    def workspace(self) -> Path:
        return self.folder / "data" / "demo"

    def ccml(self, *words: str, quick: bool = True) -> Run:
        sets = [part for item in QUICK if quick for part in ("--set", item)]
        return ccml(*words, *sets, cwd=self.folder)


def ccml(*words: str, cwd: Path, env: dict[str, str] | None = None) -> Run:
    command = [sys.executable, "-m", "ccml", *words]
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def make_site(folder: Path, customers: int = CUSTOMERS) -> Site:
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(ROOT / "pipelines", folder / "pipelines")
    write_company(folder / "data" / "raw" / "demo", customers, seed=11)
    site = Site(folder)
    made = site.ccml("init", str(site.config), "--json")
    assert made.code == 0, made.stderr
    return site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def cycle(site: Site) -> Run:
    return site.ccml("run", "cycle", str(site.config), "--json")
