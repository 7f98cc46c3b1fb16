"""Stages: work that is skipped while its config, inputs and code stand still."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ccml.engine.digest import FileDigests, code_version, fingerprint
from ccml.engine.parts import Parts
from ccml.engine.store import Folder, Store, Table
from ccml.errors import ConfigError
from ccml.progress import Progress

Output = Table | Folder | Parts
LIBRARIES = ("duckdb", "ibis-framework", "lightgbm", "numpy", "pandas", "scikit-learn")


@dataclass(frozen=True)
class Stage:
    """What a stage is made of.

    Args:
        name: What the user sees.
        outputs: Names of the tables and folders that it makes, all of them.
        inputs: Names of stored tables and folders that it reads.
        files: Files outside the workspace that it reads.
        settings: The part of the config that it depends on, and the seed.
        code: Packages of ccml that do its work.
        always: It runs each time, as what it reads cannot be known before, such as a
            database; what it makes may still be what stood there.
        once: Several stages ask for it; after the first time in a run it is neither
            forced nor spoken of.
    """

    name: str
    outputs: Sequence[str]
    inputs: Sequence[str] = ()
    files: Sequence[Path] = ()
    settings: Any = None
    code: Sequence[str] = field(default=())
    always: bool = False
    once: bool = False


@contextmanager
def within_memory(what: str) -> Iterator[None]:
    """Say what to change when the engine's memory does not suffice.

    Raises:
        ConfigError: It does not.
    """
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise ConfigError(
            f"engine.memory_limit_gb: {what!r} needs more memory than the engine may "
            f"use; raise it, lower engine.threads, or free disk space for spilling."
        ) from None


@dataclass(frozen=True)
class StageRunner:
    """Runs stages in one workspace, or skips them."""

    store: Store
    digests: FileDigests
    progress: Progress
    force: bool = False
    asked: set[str] = field(default_factory=set)

    def run(self, stage: Stage, build: Callable[[], Mapping[str, Output]]) -> bool:
        """Run a stage unless its outputs stand; tell whether it ran."""
        mark = self.fingerprint(stage)
        fresh = all(self.store.intact(name, mark) for name in stage.outputs)
        if fresh and stage.once and stage.name in self.asked:
            return False
        self.asked.add(stage.name)
        if fresh and not (self.force or stage.always):
            self.progress.note(f"{stage.name}: unchanged, skipped")
            return False
        with self.progress.stage(stage.name), within_memory(stage.name):
            made = build()
            if set(made) != set(stage.outputs):
                raise AssertionError(f"{stage.name} made {sorted(made)}")
            for name in stage.outputs:
                self.store.write(name, made[name], mark)
        return True

    def fingerprint(self, stage: Stage) -> str:
        """Hash all that a stage's result depends on."""
        return fingerprint(
            {
                "stage": stage.name,
                "code": code_version(("engine", *sorted(stage.code))),
                "settings": stage.settings,
                "inputs": {name: self._input(name) for name in stage.inputs},
                "files": self.digests.of(stage.files),
                "python": platform.python_version(),
                "libraries": {name: version(name) for name in LIBRARIES},
            }
        )

    def _input(self, name: str) -> str:
        manifest = self.store.manifest(name)
        return manifest.content if manifest else "missing"
