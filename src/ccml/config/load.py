"""From a YAML file and `--set` options to one frozen, checked config."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from ccml.config.addresses import open_secrets
from ccml.config.document import Document, expand_environment, read_document, set_value
from ccml.config.horizons import spread_horizons
from ccml.config.problems import config_error, faults_error
from ccml.config.project import ProjectConfig
from ccml.config.references import broken_references


def load_config(file: Path, overrides: Iterable[str] = ()) -> ProjectConfig:
    """Read, override, expand and check a config.

    Args:
        file: The YAML file.
        overrides: Assignments such as `predictors.churn.tune.trials=5`.

    Raises:
        ConfigError: With one sentence per fault, each with file and line.
    """
    document = read_document(file)
    for assignment in overrides:
        set_value(document, assignment)
    expand_environment(document)
    _refuse_open_secrets(document)
    _localise_split_dates(document)
    spread_horizons(document)
    return _checked(document)


def _refuse_open_secrets(document: Document) -> None:
    faults = [
        f"{document.place(path)}: {'.'.join(map(str, path))}: {sentence}"
        for path, sentence in open_secrets(document)
    ]
    if faults:
        raise faults_error(faults)


def _localise_split_dates(document: Document) -> None:
    """Read dates of a split that name no zone as midnights at the site.

    Cutoffs are midnights at the site; a midnight in UTC would cut a month off.
    """
    zone = _zone(document.values.get("time_zone"))
    predictors = document.values.get("predictors")
    for predictor in predictors.values() if isinstance(predictors, dict) else ():
        split = predictor.get("split") if isinstance(predictor, dict) else None
        if zone is None or not isinstance(split, dict):
            continue
        for key in ("test_from", "test_until"):
            if key in split:
                split[key] = _with_zone(split[key], zone)


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name))
    except (ValueError, KeyError, OSError):
        return None


def _with_zone(value: object, zone: ZoneInfo) -> object:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return value
    return instant if instant.tzinfo else instant.replace(tzinfo=zone).isoformat()


def _checked(document: Document) -> ProjectConfig:
    try:
        config = ProjectConfig.model_validate(document.values)
    except ValidationError as error:
        raise config_error(error, document, ProjectConfig) from None
    faults = [
        f"{document.place(path)}: {'.'.join(map(str, path))}: {sentence}"
        for path, sentence in broken_references(config)
    ]
    if faults:
        raise faults_error(faults)
    return config


def project_folder(file: Path) -> Path:
    """Find the folder that a config's paths are relative to.

    It is the folder that holds `configs/`, or the config's own folder when it is in none.
    """
    for parent in file.resolve().parents:
        if parent.name == "configs":
            return parent.parent
    return file.resolve().parent
