"""YAML documents as plain values that remember where each key stood."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ccml.errors import ConfigError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 1_000_000
MAX_DEPTH = 40
COLLECTION_TAGS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
UNREADABLE = (yaml.YAMLError, ValueError, KeyError, AttributeError, OverflowError)
"""What PyYAML raises on values such as 2025-02-30 or !!bool maybe."""
ENVIRONMENT = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """Where a key was written."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass
class Document:
    """Plain values and the place of every key in them.

    `written` holds the values as they were before the environment came in, so that no
    secret is shown in an error.
    """

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)
    written: dict[str, Any] = field(default_factory=dict)

    def place(self, path: KeyPath) -> Place:
        """Find the place of a key, or of the nearest key above it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return Place("config")

    def written_at(self, path: KeyPath) -> Any:
        """Find the value of a key as it was written, or nothing."""
        value: Any = self.written or self.values
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def read_document(file: Path) -> Document:
    """Read a YAML file, what it includes first, so that its own keys win."""
    return _read(file, seen=())


def _read(file: Path, seen: tuple[Path, ...]) -> Document:
    if file.resolve() in seen:
        raise ConfigError(f"{file}: includes itself; take one `include` out.")
    own = _parse(file)
    document = Document()
    for name in _includes(own):
        included = file.parent / name
        if not included.is_file():
            raise ConfigError(
                f"{own.place(('include',))}: included file {name!r} does not "
                f"exist; paths are relative to this file."
            )
        merge(document, _read(included, (*seen, file.resolve())))
    merge(document, own)
    return document


def _includes(own: Document) -> list[str]:
    """Take the files to include out of a document."""
    value = own.values.pop("include", [])
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    raise ConfigError(
        f"{own.place(('include',))}: include: got {value!r}; give a file or a list of "
        f"files."
    )


def merge(below: Document, above: Document) -> None:
    """Lay one document over another; mappings are merged, all else is replaced."""
    below.values = _merged(below.values, above.values)
    below.places |= above.places


def _merged(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(low)
    for key, value in high.items():
        if isinstance(value, Mapping) and isinstance(out.get(key), Mapping):
            out[key] = _merged(out[key], value)
        else:
            out[key] = value
    return out


def set_value(document: Document, assignment: str) -> None:
    """Apply one `--set key.sub=value`; the value is read as YAML."""
    key, separator, text = assignment.partition("=")
    if not separator or not key:
        raise ConfigError(
            f"--set {assignment!r}: write key.sub=value, as in "
            f"--set features.windows_days=[7,30]."
        )
    path = tuple(key.split("."))
    place = f"--set {key}"
    try:
        value = _Reader(place, has_lines=False).value(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{place}: the value is not YAML: {text!r}.") from error
    values: dict[str, Any] = {path[-1]: value}
    for part in reversed(path[:-1]):
        values = {part: values}
    merge(document, Document(values, {path: Place(place)}))


def expand_environment(document: Document) -> None:
    """Replace `${env:NAME}` in every string; a missing variable is an error."""
    document.written = document.values
    document.values = _expanded(document.values, (), document)


def _expanded(value: Any, path: KeyPath, document: Document) -> Any:
    if isinstance(value, dict):
        return {k: _expanded(v, (*path, k), document) for k, v in value.items()}
    if isinstance(value, list):
        return [_expanded(v, (*path, i), document) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def variable(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise ConfigError(
                f"{document.place(path)}: {'.'.join(map(str, path))}: the environment "
                f"variable {name} is not set; set it or use --set "
                f"{'.'.join(map(str, path))}=VALUE."
            )
        return os.environ[name]

    return ENVIRONMENT.sub(variable, value)


def _parse(file: Path) -> Document:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{file}: this config file does not exist; give the path of a YAML file such "
            f"as configs/demo.yaml."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file}: not a UTF-8 text file; save it as UTF-8."
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read: {error.strerror}; give the path of a YAML file."
        ) from error
    if len(text) > MAX_BYTES:
        raise ConfigError(f"{file}: larger than {MAX_BYTES:,} bytes; split it.")
    try:
        return _Reader(str(file)).document(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(str(file), mark.line + 1 if mark else None)
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise ConfigError(
            f"{place}: this is no valid YAML: {problem}; mend the YAML in this line or "
            f"just above it."
        ) from error


class _Reader:
    """Turns YAML nodes into plain values; refuses aliases, tags and repeated keys."""

    def __init__(self, file: str, *, has_lines: bool = True) -> None:
        self.file = file
        self.has_lines = has_lines
        self.places: dict[KeyPath, Place] = {}
        self.plain = yaml.SafeLoader("")

    def document(self, text: str) -> Document:
        values = self.value(text)
        values = {} if values is None else values
        if not isinstance(values, dict):
            raise ConfigError(f"{self.file}: a config is a mapping of keys to values.")
        self.places[()] = Place(self.file, 1)
        return Document(values, self.places)

    def value(self, text: str) -> Any:
        self._check_shape(text)
        node = yaml.compose(text, Loader=LOADER)
        return None if node is None else self._value(node, ())

    def _check_shape(self, text: str) -> None:
        """Refuse aliases and deep nesting before anything is built from them."""
        depth = 0
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise ConfigError(
                    f"{self._at(event)}: YAML aliases are not allowed; write the value "
                    f"out or use `include`."
                )
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise ConfigError(
                    f"{self._at(event)}: nested deeper than {MAX_DEPTH}; flatten it."
                )

    def _at(self, node: Any) -> Place:
        return Place(self.file, node.start_mark.line + 1 if self.has_lines else None)

    def _value(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in COLLECTION_TAGS:
            raise self._bad_tag(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        items = enumerate(node.value)
        return [self._value(child, (*path, i)) for i, child in items]

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigError(f"{self._at(key_node)}: a key must be a plain text.")
            key = str(key_node.value)
            if key in out:
                raise ConfigError(
                    f"{self._at(key_node)}: the key {key!r} stands twice."
                )
            self.places[(*path, key)] = self._at(key_node)
            out[key] = self._value(value_node, (*path, key))
        return out

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            return self.plain.construct_object(node)
        except yaml.constructor.ConstructorError as error:
            raise self._bad_tag(node) from error
        except UNREADABLE as error:
            kind = node.tag.rpartition(":")[2]
            raise ConfigError(
                f"{self._at(node)}: {node.value!r} is no valid {kind}; mend it, or put "
                f"it in quotes if it is a text."
            ) from error

    def _bad_tag(self, node: yaml.Node) -> ConfigError:
        return ConfigError(
            f"{self._at(node)}: the tag {node.tag!r} is not allowed; write a plain "
            f"text, number, true or false."
        )
