"""One run per workspace, by a lock that the operating system drops with the process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ccml.errors import RefusedError


@contextmanager
def run_lock(workspace: Path) -> Iterator[None]:
    """Hold the workspace; a second run is refused at once.

    Raises:
        RefusedError: Another process is at work in this workspace.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    owner = workspace / "run.owner"
    lock = FileLock(workspace / "run.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        who = (
            owner.read_text(encoding="utf-8").strip() if owner.is_file() else "unknown"
        )
        raise RefusedError(
            f"{workspace}: another run (process {who}) is at work here; wait for it, or "
            f"give this one another `workspace`."
        ) from error
    try:
        owner.write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()
