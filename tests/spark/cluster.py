"""A Spark of one master and two workers on loopback, ended by the ids of its processes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = "127.0.0.1"
WORKERS = 2
PATIENCE_S = 300.0
TESTS = Path(__file__).parent.parent


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Start a master and its workers; give the master's address."""
    port = _free_port()
    address = f"spark://{HERE}:{port}"
    with ExitStack() as stack:
        place = ["--host", HERE, "--port", str(port), "--webui-port", "0"]
        log = _start(stack, folder / "master", "master.Master", *place)
        _wait_for(log, "New state: ALIVE")
        logs = []
        for number in range(WORKERS):
            home = folder / f"worker{number}"
            part = ["--host", HERE, "--cores", "1", "--memory", "1g"]
            part += ["--webui-port", "0", "--work-dir", str(home / "work"), address]
            logs.append(_start(stack, home, "worker.Worker", *part))
        for log in logs:
            _wait_for(log, "Successfully registered with master")
        yield address


def _start(stack: ExitStack, home: Path, kind: str, *options: str) -> Path:
    import pyspark

    home.mkdir(parents=True)
    spark = Path(pyspark.__file__).parent
    command = [
        spark / "bin" / "spark-class",
        f"org.apache.spark.deploy.{kind}",
        *options,
    ]
    surroundings = {
        **os.environ,
        "SPARK_HOME": str(spark),
        "SPARK_LOCAL_IP": HERE,
        "SPARK_LOCAL_DIRS": str(home / "local"),
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
        # Workers find the features of one's own that the tests define.
        "PYTHONPATH": str(TESTS),
    }
    log = home / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=surroundings)
    stack.callback(_end, process)
    return log


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


def _wait_for(log: Path, words: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while words not in log.read_text(errors="replace"):
        if time.monotonic() > until:
            raise TimeoutError(f"{log} does not say {words!r}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HERE, 0))
        return int(found.getsockname()[1])
