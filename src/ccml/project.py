"""One project: its config, engine and workspace; what every pipeline receives."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ccml.config.load import load_config, project_folder
from ccml.config.project import ProjectConfig
from ccml.errors import unknown_name
from ccml.progress import Progress, Silence

if TYPE_CHECKING:
    from ccml.engine.stage import StageRunner
    from ccml.engine.store import Store


@dataclass(frozen=True)
class Project:
    """A config with the places and parts that belong to it."""

    config: ProjectConfig
    folder: Path
    file: Path
    progress: Progress
    force: bool = False
    only: tuple[str, ...] = ()

    @classmethod
    def open(
        cls,
        file: Path,
        overrides: Iterable[str] = (),
        progress: Progress | None = None,
        *,
        force: bool = False,
        only: tuple[str, ...] = (),
    ) -> "Project":
        """Load and check a config; nothing is read or written yet.

        Args:
            file: The YAML file.
            overrides: Assignments such as `features.windows_days=[7]`.
            progress: Who is told what happens; nobody by default.
            force: Run stages that are unchanged, too.
            only: Predictors and lists to work on; all when empty.
        """
        config = load_config(file, overrides)
        named = {*config.predictors, *config.lists}
        for name in only:
            if name not in named:
                raise unknown_name("predictor or list", name, named, "--only")
        folder = project_folder(file)
        return cls(config, folder, file, progress or Silence(), force, only)

    @property
    def predictors(self) -> list[str]:
        """Names of the predictors to work on."""
        return self._chosen(self.config.predictors)

    @property
    def lists(self) -> list[str]:
        """Names of the target lists to work on."""
        return self._chosen(self.config.lists)

    def _chosen(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if not self.only or name in self.only]

    @property
    def workspace(self) -> Path:
        """Folder of all results."""
        return self.folder / self.config.workspace

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the site."""
        return ZoneInfo(self.config.time_zone)

    def path(self, text: str) -> Path:
        """Resolve a path of the config."""
        return self.folder / text

    @cached_property
    def store(self) -> "Store":
        """Tables and folders of the workspace."""
        # The engine takes seconds to import; a config is opened without it.
        from ccml.engine.connection import connect
        from ccml.engine.store import Store

        backend = connect(self.config.engine, self.workspace / "spill")
        return Store(self.workspace / "tables", backend)

    @cached_property
    def stages(self) -> "StageRunner":
        """Runs stages, or skips what stands."""
        from ccml.engine.digest import FileDigests
        from ccml.engine.stage import StageRunner

        digests = FileDigests(self.workspace / "digests.db")
        return StageRunner(self.store, digests, self.progress, self.force)
