"""What the config forbids a model: wrong directions, and features acting together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ccml.config.predictors import PredictorConfig
from ccml.errors import ConfigError, unknown_name
from ccml.predictors.encoder import Encoder

SIGNS = {"rising": 1, "falling": -1}


@dataclass(frozen=True)
class Constraints:
    """What holds for the models of one encoder.

    Attributes:
        signs: Feature -> 1 where it may only raise the score, -1 only lower it.
        settings: The same, and the groups of features, for LightGBM.
    """

    signs: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def check_constraints(
    config: PredictorConfig, known: Iterable[str], place: str
) -> None:
    """Check that all names of `monotone`, `interactions` and `orders` are features.

    Raises:
        ConfigError: A name fits no feature, or a feature is to rise and fall.
    """
    names = list(known)
    for pattern in config.monotone:
        _require(pattern, names, f"{place}.monotone")
    for group in config.interactions:
        for pattern in group:
            _require(pattern, names, f"{place}.interactions")
    for name in config.encoding.orders:
        if name not in names:
            raise unknown_name("feature", name, names, f"{place}.encoding.orders")
    for name in names:
        asked = {config.monotone[p] for p in config.monotone if fnmatchcase(name, p)}
        if len(asked) > 1:
            msg = (
                f"{place}.monotone: feature {name!r} fits a rising and a falling entry; "
                "allowed is one; change one of them."
            )
            raise ConfigError(msg)


def _require(pattern: str, known: list[str], where: str) -> None:
    if not _matching(pattern, known):
        raise unknown_name("feature", pattern, known, where)


def _matching(pattern: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if fnmatchcase(name, pattern)]


def constraints(config: PredictorConfig, encoder: Encoder) -> Constraints:
    """Say what the config's constraints mean for the features that are left.

    A pattern with * does not reach texts without an order, whose numbers have no
    direction.

    Raises:
        ConfigError: Such a text is named itself.
    """
    signs = _signs(config, encoder)
    settings: dict[str, Any] = {}
    if signs:
        by_feature = [signs.get(name, 0) for name in encoder.names]
        shares = [0] * (len(encoder.columns) - len(encoder.names))
        settings["monotone_constraints"] = by_feature + shares
    if config.interactions:
        settings["interaction_constraints"] = _groups(config, encoder)
    return Constraints(signs, settings)


def _signs(config: PredictorConfig, encoder: Encoder) -> dict[str, int]:
    signs = {}
    for pattern, direction in config.monotone.items():
        for code in encoder.codes:
            if code.is_rate and code.name == pattern:
                msg = (
                    f"{encoder.place}.monotone: feature {pattern!r} holds texts without "
                    "an order; give it one in `encoding.orders`, or take it out."
                )
                raise ConfigError(msg)
            if not code.is_rate and fnmatchcase(code.name, pattern):
                signs[code.name] = SIGNS[direction]
    return signs


def _groups(config: PredictorConfig, encoder: Encoder) -> list[list[int]]:
    """Return groups of columns; LightGBM never uses a column without a group."""
    names = encoder.names
    groups = [
        {names.index(n) for pattern in group for n in _matching(pattern, names)}
        for group in config.interactions
    ]
    named = set().union(*groups)
    groups += [{i} for i in range(len(names)) if i not in named]
    return [
        [column for column, owner in enumerate(encoder.owners) if owner in group]
        for group in groups
        if group
    ]
