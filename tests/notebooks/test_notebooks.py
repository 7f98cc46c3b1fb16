"""Every notebook, run from its first to its last cell on a small company of its own."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from ccml.demo import notebook as demo_notebook
from ccml.demo.notebook import CONFIG_VARIABLE, CUSTOMERS, open_project
from ccml.project import Project
from ccml.reports.numbers import count
from ccml.segments.build import read_summary
from ccml.targets.summary import list_summary
from ccml.tracking.registry import champion

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ORDER = ("explore_traffic", "train_a_predictor", "read_segments")
CELL_TIMEOUT_S = 300
QUICK = """\
version: 1
include: demo.yaml
features: {windows_days: [30, 90]}
predictors:
  churn: {tune: {trials: 2}}
segments:
  clusters: {bootstraps: 5, max_k: 3}
"""


@dataclass(frozen=True)
class Ran:
    """The cells of a notebook after it ran, and what each of them shows."""

    cells: list[Any]

    def shown(self, cell_id: str) -> str:
        """Everything that a cell shows as text, without no-break spaces."""
        cell = next(cell for cell in self.cells if cell.id == cell_id)
        text = "\n".join(_texts(cell))
        return text.replace("\u00a0", " ")

    def pictures(self) -> list[str]:
        """Ids of the cells that show a drawing."""
        return [
            cell.id
            for cell in self.code
            if any("image/png" in output.get("data", {}) for output in cell.outputs)
        ]

    @property
    def code(self) -> list[Any]:
        return [cell for cell in self.cells if cell.cell_type == "code"]


def _texts(cell: Any) -> Iterator[str]:
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        for kind, value in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield value


def run(name: str, config: Path, home: Path) -> Ran:
    """Run a stored notebook in its own folder, as somebody who opens it does."""
    book = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    client = NotebookClient(
        book,
        timeout=CELL_TIMEOUT_S,
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    )
    with _environment(home):
        client.execute(env={**os.environ, CONFIG_VARIABLE: str(config)})
    return Ran(book.cells)


@contextmanager
def _environment(home: Path) -> Iterator[None]:
    """Keep what Jupyter writes about its kernels out of the user's home."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
            place = home / variable.lower()
            place.mkdir(parents=True, exist_ok=True)
            patch.setenv(variable, str(place))
        yield


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder without any data yet."""
    folder = tmp_path_factory.mktemp("notebooks")
    for name in ("configs", "pipelines"):
        shutil.copytree(ROOT / name, folder / name)
    file = folder / "configs" / "quick.yaml"
    file.write_text(QUICK, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def books(config: Path) -> dict[str, Ran]:
    """All notebooks, run one after the other in one workspace."""
    home = config.parents[1] / "jupyter"
    return {name: run(name, config, home) for name in ORDER}


@pytest.fixture(scope="module")
def project(config: Path, books: dict[str, Ran]) -> Project:
    """The project as the notebooks left it."""
    assert set(books) == set(ORDER)
    return Project.open(config)


def test_every_notebook_is_run_here():
    assert {file.stem for file in NOTEBOOKS} == set(ORDER)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_stored_notebook_is_valid_and_holds_no_outputs(file):
    book = nbformat.read(file, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is None, cell.id
            assert cell.outputs == [], cell.id


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_stored_notebook_says_first_for_whom_and_what_it_answers(file):
    first = nbformat.read(file, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    for word in ("# ", "**For** the", "**Answers**", "**Needs**"):
        assert word in first.source, word


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_stored_notebook_names_no_place_of_one_machine(file):
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|Users|tmp|work|root)/", text)


@pytest.mark.slow
@pytest.mark.parametrize("name", ORDER)
def test_every_cell_runs_without_an_error_or_a_warning(books, name):
    for cell in books[name].code:
        assert cell.execution_count is not None, cell.id
        kinds = [(output.output_type, output.get("name")) for output in cell.outputs]
        assert ("error", None) not in kinds, cell.id
        assert ("stream", "stderr") not in kinds, "\n".join(_texts(cell))


@pytest.mark.slow
def test_first_notebook_writes_the_small_company(project, books):
    manifest = project.folder / "data" / "raw" / "demo" / "company.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["customers"] == CUSTOMERS
    assert "made up" in books["explore_traffic"].shown("open")


@pytest.mark.slow
def test_traffic_shows_the_stored_figures(project, books):
    traffic, kpis = books["explore_traffic"], project.store.frame("kpis")
    whole = kpis[(kpis.period == "all") & (kpis.group_kind == "all")]
    inbound = whole[(whole.kpi == "calls") & (whole.variant == "inbound")].value.item()
    assert f"{count(inbound)} calls" in traffic.shown("key-figures")
    calls = project.store.manifest("calls")
    assert calls is not None
    assert count(calls.rows) in traffic.shown("read")
    for reason in ("billing", "complaint"):
        assert reason in traffic.shown("reasons")


@pytest.mark.slow
def test_traffic_pictures_say_what_they_show(books):
    traffic = books["explore_traffic"]
    assert traffic.pictures() == ["hours", "trend", "concentration"]
    assert "Most calls come from" in traffic.shown("hours")
    assert "followed by another call" in traffic.shown("trend")
    assert "chance alone would give" in traffic.shown("concentration")


@pytest.mark.slow
def test_traffic_and_segments_tell_the_same_concentration(books):
    told = {name: books[name].shown("concentration") for name in ORDER[::2]}
    assert told["explore_traffic"] == told["read_segments"]


@pytest.mark.slow
def test_newest_labels_are_unknown_not_zero(books):
    rows = books["train_a_predictor"].shown("rows")
    newest = next(line for line in rows.splitlines() if line.startswith("2026-07"))
    assert re.fullmatch(r"2026-07\s+[\d,]+\s+0\s+\S", newest.strip())


@pytest.mark.slow
def test_trained_predictor_is_the_one_that_is_shown(project, books):
    trained = books["train_a_predictor"]
    folder = project.store.folder("model__churn")
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert trained.shown("claim").strip() == evaluation["claim"]["sentence"]
    assert "2 trials" in trained.shown("train")
    for finding in evaluation["findings"]:
        assert finding["check"] in trained.shown("findings")
    assert {"label", "split", "over-time", "calibration"} <= set(trained.pictures())


@pytest.mark.slow
def test_trained_predictor_is_found_in_the_model_store(project, books):
    trained, version = books["train_a_predictor"], champion(project, "churn").version
    assert "Registered as demo.churn." in trained.shown("champion")
    assert f"version {version} is the champion" in trained.shown("champion")
    assert "churn" in trained.shown("mlflow")


@pytest.mark.slow
def test_segments_show_the_stored_summary(project, books):
    segments, found = books["read_segments"], read_summary(project.store)
    persistent = found["repeat_callers"]["persistent_customers"]
    assert persistent > 0
    assert f"{count(persistent)} customers" in segments.shown("repeat-callers")
    assert segments.shown("verdict").strip() == found["verdict"]
    for segment in found["segments"]:
        assert segment["name"] in segments.shown("cards")
    assert "persistent" in segments.shown("apart")


@pytest.mark.slow
def test_list_is_accounted_for_and_every_shown_row_has_a_reason(project, books):
    segments, summary = books["read_segments"], list_summary(project, "winback")
    assert count(summary["rows_listed"]) in segments.shown("list")
    left_out = segments.shown("left-out")
    for number in summary["excluded"].values():
        assert count(number) in left_out
    listed = project.store.frame("list__winback").sort_values("rank").head(10)
    assert len(listed)
    rows = segments.shown("first-rows")
    for reason in listed["reason_1"]:
        assert reason.replace("\u00a0", " ") in rows


@pytest.mark.slow
@pytest.mark.parametrize("name", ORDER)
def test_no_customer_and_no_number_is_shown(project, books, name):
    raw = project.folder / "data" / "raw" / "demo"
    secret: set[str] = set(project.store.frame("customers").customer_id)
    for table, column in (("customer_phones", "phone"), ("customers", "email")):
        for file in sorted((raw / table).iterdir()):
            secret |= set(pd.read_csv(file, dtype=str)[column].dropna())
    assert len(secret) > 2 * CUSTOMERS
    for cell in books[name].code:
        words = set(re.findall(r"[\w+@.-]+", " ".join(_texts(cell))))
        assert not words & secret, f"{len(words & secret)} values in {cell.id}"


@pytest.fixture
def own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Make a project folder with the demo's config under a project name."""
    monkeypatch.setattr(demo_notebook, "CUSTOMERS", 100)

    def make(name: str) -> Path:
        shutil.copytree(ROOT / "configs", tmp_path / "configs")
        file = tmp_path / "configs" / "own.yaml"
        file.write_text(f"include: demo.yaml\nproject: {name}\n", encoding="utf-8")
        monkeypatch.setenv(CONFIG_VARIABLE, str(file))
        return tmp_path

    return make


def test_demo_gets_data_and_a_key_once(own_folder):
    folder = own_folder("demo")
    open_project()
    company = folder / "data" / "raw" / "demo" / "company.json"
    key = folder / ".ccml" / "pseudonym.key"
    before = (company.stat().st_mtime_ns, key.read_bytes())
    project = open_project("winback", "churn")
    assert (company.stat().st_mtime_ns, key.read_bytes()) == before
    assert project.predictors == ["churn"]
    assert project.lists == ["winback"]


def test_own_project_gets_a_key_but_no_made_up_data(own_folder):
    folder = own_folder("contact_centre")
    assert open_project().config.project == "contact_centre"
    assert (folder / ".ccml" / "pseudonym.key").is_file()
    assert not (folder / "data").exists()
