"""Faults of a config as sentences with file and line."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError

from ccml.config.addresses import HIDDEN, is_secret
from ccml.config.document import Document, KeyPath
from ccml.errors import ConfigError, did_you_mean

SECTIONS = ("model_type", "dict_type", "model_attributes_type")
DATE = "write a date such as 2026-02-01"
WORDS = {
    "int_parsing": "give a whole number, without a unit",
    "float_parsing": "give a number, without a unit",
    "date_from_datetime_parsing": DATE,
    "datetime_from_date_parsing": DATE,
    "datetime_parsing": DATE,
}
"""Kinds of faults that are told in other words than pydantic's."""


def config_error(
    error: ValidationError, document: Document, root: type[BaseModel]
) -> ConfigError:
    """Turn every fault that pydantic found into one sentence each."""
    return faults_error([_sentence(fault, document, root) for fault in error.errors()])


def faults_error(sentences: list[str]) -> ConfigError:
    """Gather sentences into one error, each on its own line, each once."""
    return ConfigError("\n".join(dict.fromkeys(sentences)))


def _sentence(
    fault: Mapping[str, Any], document: Document, root: type[BaseModel]
) -> str:
    path = _written_path(fault, document)
    name = ".".join(map(str, path)) or "config"
    place = document.place(path)
    if fault["type"] == "extra_forbidden":
        known = _fields_at(root, fault["loc"][:-1])
        hint = did_you_mean(str(path[-1]), known)
        return f"{place}: {name}: unknown key.{hint} Allowed: {sorted(known)}."
    if fault["type"] == "missing":
        told = _told_of(root, fault["loc"])
        return f"{place}: {name}: this key is required{told}."
    if fault["type"] in SECTIONS:
        shown = HIDDEN if is_secret(path, document.written_at(path)) else None
        return f"{place}: {name}: {_no_section(document.written_at(path), shown)}"
    message = WORDS.get(fault["type"], fault["msg"])
    message = message.removeprefix("Value error, ").rstrip(".")
    message = message[0].lower() + message[1:]
    value = document.written_at(path)
    # A whole section, or a key that is wrong itself, is told by its place.
    is_section = fault["type"] == "value_error" and isinstance(value, dict)
    if is_section or fault["loc"][-1:] == ("[key]",):
        return f"{place}: {name}: {message}."
    shown = HIDDEN if is_secret(path, value) else _shown(value)
    return f"{place}: {name}: got {shown}; {message}."


def _no_section(value: Any, shown: str | None) -> str:
    """Tell that keys are missing below a key, most often for want of indentation."""
    found = (
        "nothing stands below it" if value is None else f"got {shown or _shown(value)}"
    )
    return (
        f"{found}; this takes keys of its own, each on a line below it and further in "
        f"than it."
    )


def _told_of(root: type[BaseModel], path: KeyPath) -> str:
    """Say what a required key is for, as its description does."""
    section: Any = root
    for part in path[:-1]:
        section = _inside(section, str(part))
    model = _section(section)
    field = model.model_fields.get(str(path[-1])) if model else None
    text = (field.description or "").rstrip(".") if field else ""
    return f" ({text[0].lower()}{text[1:]})" if text else ""


def _written_path(fault: Mapping[str, Any], document: Document) -> KeyPath:
    """Drop the parts of a location that name a union member, not a key."""
    path: KeyPath = ()
    values: Any = document.values
    loc: KeyPath = fault["loc"]
    for index, part in enumerate(loc):
        is_key = isinstance(values, dict) and part in values
        is_item = isinstance(values, list) and isinstance(part, int)
        if is_key or is_item:
            values = values[part]
            path = (*path, part)
        elif index == len(loc) - 1 and fault["type"] == "missing":
            path = (*path, part)
    return path


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fields_at(root: type[BaseModel], path: KeyPath) -> list[str]:
    """List the keys that the section at a path allows."""
    current: Any = root
    for part in path:
        current = _inside(current, str(part))
    model = _section(current)
    return list(model.model_fields) if model else []


def _inside(annotation: Any, key: str) -> Any:
    """Find what is annotated under a key of a model, a mapping, a list or a union."""
    if Tag(key) in getattr(annotation, "__metadata__", ()):
        return annotation.__origin__
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(key)
        return None if field is None else field.annotation
    if get_origin(annotation) in (dict, list):
        return get_args(annotation)[-1]
    found = (_inside(argument, key) for argument in get_args(annotation))
    return next((inner for inner in found if inner is not None), None)


def _section(annotation: Any) -> type[BaseModel] | None:
    """Find the model inside an annotation such as `M | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_section(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)
