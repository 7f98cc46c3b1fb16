"""What the notebooks share: a project that has data, and pictures with their titles."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import altair as alt

from ccml.demo.company import MANIFEST, write_company
from ccml.identity.keys import ensure_key
from ccml.project import Project
from ccml.reports.render import PNG_SCALE, png, title_of

CONFIG_VARIABLE = "CCML_NOTEBOOK_CONFIG"
DEFAULT_CONFIG = "../configs/demo.yaml"
DEMO = "demo"
CUSTOMERS, SEED = 1_500, 1
PNG_WIDTH = slice(16, 20)  # where a PNG file says how wide it is, in pixels


def open_project(*only: str) -> Project:
    """Open the project of the notebooks and see to it that it can be worked with.

    The environment variable CCML_NOTEBOOK_CONFIG names the config; without it the demo
    is opened. The demo gets a small company unless its raw data stand there already; a
    project of one's own gets no data. Both get a pseudonym key unless they have one.

    Args:
        only: Predictors and lists to work on; all when none is named.
    """
    # Progress bars of libraries ask for a widget package that nothing here needs.
    warnings.filterwarnings("ignore", "IProgress not found")
    file = Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG))
    project = Project.open(file, only=only)
    raw = project.folder / "data" / "raw" / DEMO
    if project.config.project == DEMO and not (raw / MANIFEST).is_file():
        write_company(raw, CUSTOMERS, SEED)
    ensure_key(project.config.identity, project.folder)
    return project


@dataclass(frozen=True)
class Picture:
    """A chart as a notebook shows it: the drawing, and its title where only text can be."""

    title: str
    data: bytes

    def __repr__(self) -> str:
        return self.title

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width = int.from_bytes(self.data[PNG_WIDTH], "big")
        return self.data, {"width": round(width / PNG_SCALE)}


def picture(chart: alt.TopLevelMixin) -> Picture:
    """Draw a chart as the report does, without network or scripts."""
    return Picture(title_of(chart), png(chart))
