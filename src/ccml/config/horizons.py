"""One predictor for each horizon of a label."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ccml.config.document import Document, KeyPath
from ccml.errors import ConfigError

SECTION, HORIZON = "predictors", "horizon_days"


def spread_horizons(document: Document) -> None:
    """Make a predictor of each horizon where a label lists several.

    `repeat_call` with horizon_days [1, 7] becomes repeat_call_1d and repeat_call_7d, in
    the place where it stood.

    Raises:
        ConfigError: A predictor of such a name is there already.
    """
    for values in (document.values, document.written):
        if isinstance(values.get(SECTION), dict):
            spread = [
                (name, new, made)
                for name, predictor in values[SECTION].items()
                for new, made in _spread(name, predictor)
            ]
            _require_names_once(document, spread)
            values[SECTION] = {new: made for _name, new, made in spread}
            for name, new, _made in spread:
                _copy_places(document, (SECTION, name), (SECTION, new))


def _spread(name: str, predictor: Any) -> list[tuple[str, Any]]:
    days = _horizons(predictor)
    if not days:
        return [(name, predictor)]
    return [(f"{name}_{d}d", _with_horizon(predictor, d)) for d in days]


def _require_names_once(
    document: Document, spread: Sequence[tuple[str, str, Any]]
) -> None:
    times = Counter(new for _name, new, _made in spread)
    for name, new, _made in spread:
        if times[new] > 1 and new != name:
            raise ConfigError(
                f"{document.place((SECTION, name))}: {SECTION}.{name}.label.{HORIZON}: "
                f"the name {new!r} stands for two predictors; rename one, or list each "
                f"horizon once."
            )


def _horizons(predictor: object) -> list[Any]:
    label = predictor.get("label") if isinstance(predictor, dict) else None
    days = label.get(HORIZON) if isinstance(label, dict) else None
    return days if isinstance(days, list) else []


def _with_horizon(predictor: dict[str, Any], days: object) -> dict[str, Any]:
    made = {**predictor, "label": {**predictor["label"], HORIZON: days}}
    if isinstance(predictor.get("title"), str):
        made["title"] = f"{predictor['title']} ({days} days)"
    return made


def _copy_places(document: Document, path: KeyPath, to: KeyPath) -> None:
    below = {
        (*to, *key[len(path) :]): place
        for key, place in document.places.items()
        if key[: len(path)] == path
    }
    document.places |= below
