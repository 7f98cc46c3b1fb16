"""What a feature's value says, as a sentence: what is the case, never what causes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ccml.scores.values import days_words, is_missing, value_words


@dataclass(frozen=True)
class FeatureInfo:
    """What is needed of a feature to speak of it; see `ccml.features.catalogue`."""

    name: str
    statistic: str = "attribute"
    meaning: str = ""
    unit: str = "value"
    family: str = ""


def unknown_feature(name: str) -> FeatureInfo:
    """Describe a feature that stands in no catalogue by its name."""
    words = name.replace("_", " ")
    return FeatureInfo(name, meaning=words, family=words)


def sentence(info: FeatureInfo, value: Any, usual: Any) -> str:
    """Say what a value is, and what is usual among those scored.

    Args:
        info: The feature.
        value: Its value; null allowed.
        usual: Median, or the commonest text.
    """
    speak = TEMPLATES.get(info.statistic, _plain)
    return f"{speak(info, value)}{_usual(info, usual)}"


def _usual(info: FeatureInfo, usual: Any) -> str:
    if is_missing(usual):
        return ""
    if isinstance(usual, str):
        return f" (most often: {usual})"
    if isinstance(usual, bool):
        return f" (most often: {value_words(usual, info.unit)})"
    return f" (usual: {value_words(usual, info.unit)})"


def _count(info: FeatureInfo, value: Any) -> str:
    if is_missing(value):
        return f"number of {info.meaning}: not known"
    if value == 0:
        return f"no {info.meaning}"
    meaning = _singular(info) if value == 1 else info.meaning
    return f"{value_words(value, info.unit)} {meaning}"


def _singular(info: FeatureInfo) -> str:
    """Put the thing counted, which the meaning begins with, into the singular."""
    things, *rest = info.meaning.split(" ")
    words = [things, *rest]
    last = next((i for i, word in enumerate(words) if word.endswith("s")), None)
    if last is None:
        return info.meaning
    words[last] = words[last].removesuffix("s")
    return " ".join(words)


def _measure(info: FeatureInfo, value: Any) -> str:
    if is_missing(value):
        return f"{info.meaning}: nothing to measure"
    return f"{info.meaning}: {value_words(value, info.unit)}"


def _recency(info: FeatureInfo, value: Any) -> str:
    thing = info.meaning.removeprefix("days since the ")
    if is_missing(value):
        return f"{thing}: none on record"
    return f"{thing} {_ago(value)}"


def _ago(value: float) -> str:
    if value < 0:
        return f"in {days_words(-value)}"
    return "less than a day ago" if value < 1 else f"{days_words(value)} ago"


def _since(info: FeatureInfo, value: Any) -> str:
    what = info.meaning.removeprefix("days since ")
    return f"{what}: {'not known' if is_missing(value) else _ago(value)}"


def _known(info: FeatureInfo, value: Any) -> str:
    del info
    if is_missing(value):
        return "not known since when a customer"
    return f"customer for {days_words(value)}"


def _plain(info: FeatureInfo, value: Any) -> str:
    if is_missing(value):
        return f"{info.meaning} not known"
    if isinstance(value, str):
        return f"{info.meaning} is {value}"
    return f"{info.meaning}: {value_words(value, info.unit)}"


TEMPLATES: Mapping[str, Callable[[FeatureInfo, Any], str]] = {
    "count": _count,
    "true": _count,
    "value": _count,
    "sum": _measure,
    "mean": _measure,
    "max": _measure,
    "recency": _recency,
    "first": _recency,
    "value_recency": _recency,
    "days_since": _since,
    "known": _known,
}
