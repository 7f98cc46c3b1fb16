"""Tools that make predictors: their environments, and runs in processes of their own."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features_process import Taken

import ccml

PEERS = Path(__file__).parent / "peers"
POLL_S = 0.2
LIMIT_S = 600
LIMIT_BUDGETS = 3
"""A run may take so many budgets and LIMIT_S more; then it is ended."""


OWN_CODE = sorted((Path(str(ccml.__file__)).parent / "predictors").rglob("*.py"))


class NotRunError(Exception):
    """A tool gave no result; the text says why."""


@dataclass(frozen=True)
class Tool:
    """One way of making a predictor.

    Attributes:
        name: Its name in results.
        script: Its runner in `peers`.
        requirements: File of pinned packages in `peers`; nothing means the environment
            that this script runs in.
        has_budget: Whether it takes what time it is given; others run once.
        settings: What its runner is told beside the common settings.
    """

    name: str
    script: str
    requirements: str | None = None
    has_budget: bool = True
    settings: dict[str, Any] = field(default_factory=dict)

    def code(self) -> str:
        """Digest what its results depend on: runner, packages, ccml's code for ccml."""
        files = [PEERS / self.script, PEERS / "predicting.py"]
        files += [PEERS / self.requirements] if self.requirements else OWN_CODE
        return digest([file.read_text(encoding="utf-8") for file in files])


CCML = "ccml"
TOOLS = {
    tool.name: tool
    for tool in (
        Tool(CCML, "ccml_predictor.py"),
        Tool("autogluon", "autogluon_predictor.py", "autogluon.txt"),
        Tool(
            "autogluon_best",
            "autogluon_predictor.py",
            "autogluon.txt",
            settings={"preset": "best"},
        ),
        Tool("flaml", "flaml_predictor.py", "flaml.txt"),
        Tool("h2o", "h2o_predictor.py", "h2o.txt"),
        Tool("mljar", "mljar_predictor.py", "mljar.txt"),
        Tool("lightgbm", "lightgbm_predictor.py", "lightgbm.txt", has_budget=False),
        Tool("logistic", "logistic_predictor.py", "logistic.txt", has_budget=False),
    )
}


def digest(value: Any) -> str:
    """Return a short digest of plain values."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def cache() -> Path:
    """Return the folder of the user's cache that benchmarks write into."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ccml-benchmarks"


def interpreter(tool: Tool, environments: Path) -> str:
    """Find the Python of a tool; its environment is made when it is missing.

    Raises:
        NotRunError: The packages cannot be installed.
    """
    if tool.requirements is None:
        return sys.executable
    packages = PEERS / tool.requirements
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    mark = digest([version, packages.read_text(encoding="utf-8")])[:12]
    home = environments / f"{packages.stem}-predictor-{mark}"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (home / "ready").is_file():
        _make_environment(home, python, packages)
        (home / "ready").touch()
    return str(python)


def _make_environment(home: Path, python: Path, packages: Path) -> None:
    """Make it with uv where there is one, else with venv and pip.

    The files name every package, so nothing else is resolved. XGBoost's library for
    several graphics cards, which it takes along on Linux, is left out on purpose.
    """
    own = PEERS.parents[1] / ".uv" / "bin" / "uv"
    uv = str(own) if own.is_file() else shutil.which("uv")
    shutil.rmtree(home, ignore_errors=True)
    listed = ["--quiet", "--no-deps", "-r", str(packages)]
    if uv:
        commands = [
            [uv, "venv", "--quiet", "--python", sys.executable, str(home)],
            [uv, "pip", "install", "--python", str(python), *listed],
        ]
    else:
        commands = [
            [sys.executable, "-m", "venv", str(home)],
            [str(python), "-m", "pip", "install", *listed],
        ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NotRunError(f"cannot be installed: {_last_words(done.stderr)}")


def run(tool: Tool, asked: dict[str, Any], environments: Path) -> dict[str, Any]:
    """Run a tool once in a process of its own.

    Args:
        tool: What to run.
        asked: What its runner is told, `folder` and `budget_s` among it; the folder is
            emptied first.
        environments: Where environments are kept.

    Returns:
        What its runner wrote into result.json, and peak_rss_mb.

    Raises:
        NotRunError: It cannot be installed, fails, or takes far too long.
    """
    folder = Path(asked["folder"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = folder / "asked.json"
    settings.write_text(json.dumps(asked | tool.settings, indent=2), encoding="utf-8")
    command = [interpreter(tool, environments), str(PEERS / tool.script), str(settings)]
    limit_s = LIMIT_S + LIMIT_BUDGETS * asked["budget_s"]
    peak_bytes = _watched(command, folder, limit_s, asked["threads"])
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return result | {"peak_rss_mb": round(peak_bytes / 2**20)}


def _watched(command: list[str], folder: Path, limit_s: float, threads: int) -> int:
    """Run a command with its words going to log.txt, and return its peak memory."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
    }
    log = folder / "log.txt"
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(  # noqa: S603
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        taken, done = Taken(process.pid, known={process.pid}), threading.Event()
        watcher = threading.Thread(target=_watch, args=(taken, done))
        watcher.start()
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise NotRunError(f"was ended after {limit_s:g} s") from None
        finally:
            done.set()
            watcher.join()
            _end(taken)
    if code:
        raise NotRunError(
            _last_words(log.read_text(encoding="utf-8", errors="replace"))
        )
    return taken.peak_bytes


def _watch(taken: Taken, done: threading.Event) -> None:
    while not done.wait(POLL_S):
        taken.find()
        taken.look()


def _end(taken: Taken) -> None:
    """End what a run left behind, by the ids of the processes that it started."""
    taken.find()
    for process in taken.known:
        try:
            os.kill(process, 9)
        except ProcessLookupError:
            continue


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no word why"
