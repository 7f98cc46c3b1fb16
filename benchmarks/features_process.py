"""Environments of the peers, and runs in processes of their own."""

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
POLL_S = 0.05
FIND_EVERY = 20


@dataclass(frozen=True)
class Engine:
    """One way of making the features: its script, and the packages that it needs.

    No packages means the environment that this script runs in.
    """

    name: str
    script: str
    ways: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


_PANDAS = ("pandas==3.1.1", "pyarrow==25.0.1", "numpy==2.4.6")
_PEERS = ("pandas==2.2.3", "pyarrow==19.0.1")
ENGINES = {
    engine.name: engine
    for engine in (
        Engine("ccml", "ccml_features.py", ("whole",)),
        Engine("pandas", "pandas_features.py", ("rings",), _PANDAS),
        Engine("pandas_windows", "pandas_features.py", ("windows",), _PANDAS),
        Engine("numpy", "numpy_features.py", (), _PANDAS),
        Engine(
            "featuretools",
            "featuretools_features.py",
            (),
            ("featuretools==1.31.0", "numpy==1.26.4", "setuptools==78.1.1", *_PEERS),
        ),
        Engine(
            "getml", "getml_features.py", (), ("getml==1.5.1", "numpy==2.2.6", *_PEERS)
        ),
    )
}


def interpreter(engine: Engine) -> str:
    """Find the Python of an engine; its environment is made when it is missing."""
    if not engine.packages:
        return sys.executable
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    text = "\n".join([version, *engine.packages])
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    home = _cache() / f"{engine.script.partition('_')[0]}-{mark}"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (home / "ready").is_file():
        _make_environment(home, python, engine.packages)
        (home / "ready").touch()
    return str(python)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ccml-benchmarks"


def _make_environment(home: Path, python: Path, packages: Sequence[str]) -> None:
    """Make it with uv where there is one, else with venv and pip."""
    own = HERE.parent / ".uv" / "bin" / "uv"
    uv = str(own) if own.is_file() else shutil.which("uv")
    shutil.rmtree(home, ignore_errors=True)
    if uv:
        commands = [
            [uv, "venv", "--quiet", "--python", sys.executable, str(home)],
            [uv, "pip", "install", "--quiet", "--python", str(python), *packages],
        ]
    else:
        commands = [
            [sys.executable, "-m", "venv", str(home)],
            [str(python), "-m", "pip", "install", "--quiet", *packages],
        ]
    for command in commands:
        subprocess.run(command, check=True)  # noqa: S603


@dataclass
class Taken:
    """What a process and all it started took: memory at one time, processors (Linux)."""

    session: int
    peak_bytes: int = 0
    known: set[int] = field(default_factory=set)
    ticks: dict[int, int] = field(default_factory=dict)

    @property
    def cpu_s(self) -> float:
        """Seconds of processors, start-up included."""
        return sum(self.ticks.values()) / os.sysconf("SC_CLK_TCK")

    def find(self) -> None:
        """Look for processes that were started since; some leave their parents."""
        for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
            with suppress(OSError, ValueError, IndexError):
                stat = _stat(int(name))
                if int(stat[3]) == self.session or int(stat[1]) in self.known:
                    self.known.add(int(name))

    def look(self) -> None:
        """Add up what the processes hold now."""
        total = 0
        for number in self.known:
            with suppress(OSError, ValueError, IndexError):
                pages = Path(f"/proc/{number}/statm").read_text().split()[1]
                total += int(pages) * os.sysconf("SC_PAGE_SIZE")
                self.ticks[number] = sum(map(int, _stat(number)[11:13]))
        self.peak_bytes = max(self.peak_bytes, total)


def run(
    engine: Engine,
    folder: Path,
    limit_s: float | None = None,
    ways: Sequence[str] | None = None,
) -> dict[str, Any] | None:
    """Run an engine once; nothing when it needs longer than it may, or fails.

    Returns:
        What its script tells (seconds, files, features), peak_rss_mb, and cpu_s with
        start-up.
    """
    script = str(HERE / "peers" / engine.script)
    out = [] if engine.name == "ccml" else [str(folder / f"{engine.name}.parquet")]
    last = engine.ways if ways is None else ways
    command = [interpreter(engine), script, str(folder), *out, *last]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with subprocess.Popen(  # noqa: S603
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:
        taken, done = Taken(process.pid, known={process.pid}), threading.Event()
        watcher = threading.Thread(target=_watch, args=(taken, done))
        watcher.start()
        try:
            told, errors = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            _end(taken)
            return None
        finally:
            done.set()
            watcher.join()
    if process.returncode:
        print(errors, file=sys.stderr)
        return None
    lines = [line for line in told.splitlines() if line.startswith("{")]
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    peak = round(taken.peak_bytes / 2**20, 1)
    return found | {"peak_rss_mb": peak, "cpu_s": round(taken.cpu_s, 1)}


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _watch(taken: Taken, done: threading.Event) -> None:
    for turn in itertools.count():
        if turn % FIND_EVERY == 0:
            taken.find()
        taken.look()
        if done.wait(POLL_S):
            return


def _end(taken: Taken) -> None:
    """End the processes that a run started, by their ids."""
    taken.find()
    for process in taken.known:
        with suppress(ProcessLookupError):
            os.kill(process, 9)
