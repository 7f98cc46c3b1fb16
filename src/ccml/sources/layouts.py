"""Headers of known exports, and the difference when a file's header is another one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ccml.errors import DataError
from ccml.sources.headers import shown_names


@dataclass(frozen=True)
class Layout:
    """One known header of an export.

    Args:
        name: What people call this export.
        required: Columns without which it cannot be read.
        optional: Further columns that are read when they are there.
    """

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        return self.required + self.optional


@dataclass(frozen=True)
class Matched:
    """A layout, and the file's own name of each of its columns that are there."""

    layout: Layout
    names: Mapping[str, str]

    def has(self, column: str) -> bool:
        """Tell whether the file has a column of the layout."""
        return column in self.names


def match_layout(
    layouts: Sequence[Layout],
    columns: Sequence[str],
    header: Mapping[str, str],
    file: str,
    place: str,
) -> Matched:
    """Find the layout that a file's header fits; capitals and blanks do not count.

    Args:
        layouts: Known layouts, the most telling first.
        columns: The file's header.
        header: The config's map: known column: column of this file.
        file: The file's name, for the error.
        place: Where the source stands in the config.

    Raises:
        DataError: No layout fits: the nearest one, and what differs.
    """
    _refuse_unknown(header, layouts, columns, file, place)
    names = {plain_name(column): column for column in columns}
    names |= {plain_name(known): own for known, own in header.items()}
    found = [(layout, _missing(layout, names)) for layout in layouts]
    fitting = [layout for layout, missing in found if not missing]
    if fitting:
        layout = max(
            fitting, key=lambda fit: sum(plain_name(c) in names for c in fit.columns)
        )
        there = {
            c: names[plain_name(c)] for c in layout.columns if plain_name(c) in names
        }
        return Matched(layout, there)
    nearest, missing = min(found, key=lambda pair: len(pair[1]) / len(pair[0].required))
    raise DataError(_difference(nearest, missing, columns, file, place))


def plain_name(name: str) -> str:
    """Write a column's name without capitals, blanks and signs."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _missing(layout: Layout, names: Iterable[str]) -> list[str]:
    known = set(names)
    return [column for column in layout.required if plain_name(column) not in known]


def _refuse_unknown(
    header: Mapping[str, str],
    layouts: Sequence[Layout],
    columns: Sequence[str],
    file: str,
    place: str,
) -> None:
    known = {plain_name(column) for layout in layouts for column in layout.columns}
    for column, own in header.items():
        if plain_name(column) not in known:
            listed = sorted({c for layout in layouts for c in layout.columns})
            raise DataError(
                f"{place}.header: {column!r} is no column of this export; known: {listed}."
            )
        if own not in columns:
            raise DataError(
                f"{place}.header.{column}: {file} has no column {own!r}; its columns: "
                f"{shown_names(columns)}."
            )


def _difference(
    layout: Layout,
    missing: Sequence[str],
    columns: Sequence[str],
    file: str,
    place: str,
) -> str:
    known = {plain_name(column) for column in layout.columns}
    strange = [column for column in columns if plain_name(column) not in known]
    guesses = {plain_name(column): column for column in strange}
    near = {
        column: guesses[match[0]]
        for column in missing
        if (
            match := get_close_matches(
                plain_name(column), list(guesses), n=1, cutoff=0.6
            )
        )
    }
    hint = f" Perhaps {place}.header: {near}." if near else ""
    return (
        f"{place}: the header of {file} is not known. Nearest is the layout "
        f"{layout.name!r}; it lacks {list(missing)}, and the columns "
        f"{shown_names(strange)} are not in that layout. Write {place}.header as a map "
        f"from the known column to the file's column, or choose another reader.{hint}"
    )
