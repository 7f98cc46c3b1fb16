"""One small company, run through every pipeline once for all tests of this folder."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_site import Run, ccml

from ccml.demo.company import write_company

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 1_000
PREDICTORS = ("churn", "repeat_call", "conversion")
QUICK = (
    "features.windows_days=[30, 90]",
    *(f"predictors.{name}.tune.trials=2" for name in PREDICTORS),
    *(f"predictors.{name}.model.n_estimators=80" for name in PREDICTORS),
    "segments.clusters.bootstraps=5",
    "segments.clusters.max_k=4",
)


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

    def ccml(self, verb: str, *words: str) -> Run:
        """Run a command on the site in this process."""
        return ccml(verb, *words, *_quick())

    def apart(self, verb: str, *words: str) -> Run:
        """Run a command on the site in a process of its own, as a shell does."""
        done = subprocess.run(
            [sys.executable, "-m", "ccml", verb, *words, *_quick()],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        return Run(done.returncode, done.stdout, done.stderr)


def _quick() -> list[str]:
    return [part for item in QUICK for part in ("--set", item)]


def make_site(folder: Path) -> Site:
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(ROOT / "pipelines", folder / "pipelines")
    write_company(folder / "data" / "raw" / "demo", CUSTOMERS, seed=11)
    site = Site(folder)
    made = site.ccml("init", str(site.config), "--json")
    assert made.code == 0, made.stderr
    return site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def cycle(site: Site) -> Run:
    return site.apart("run", "cycle", str(site.config), "--json")
