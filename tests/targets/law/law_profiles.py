"""The profiles that ccml ships."""

from pathlib import Path

import yaml

from ccml.config.contact_law import ContactLawConfig

FOLDER = Path(__file__).parents[3] / "configs" / "contact_law"
FILES = sorted(FOLDER.glob("*.yaml"))
PROFILES = {
    name: ContactLawConfig.model_validate(settings)
    for file in FILES
    for name, settings in yaml.safe_load(file.read_text())["contact_law"].items()
}
