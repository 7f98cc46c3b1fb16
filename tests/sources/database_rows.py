"""Reading databases in tests: a source, its rows, and what an error shows."""

import traceback

from ccml.config.sources import CallsSource
from ccml.errors import CcmlError
from ccml.sources.databases import pull, pull_batches

PLACE = "sources.calls"


def database_source(url, **database):
    return CallsSource.model_validate({"database": {"url": url, **database}})


def rows_of(backend, source, **how):
    """Pull a source; give its rows as dicts."""
    return pull(backend, source, PLACE, **how).rows.to_pyarrow().to_pylist()


def column_of(backend, source, name, **how):
    """Pull a source; give one column, sorted."""
    return sorted(row[name] for row in rows_of(backend, source, **how))


def batches_of(backend, source, **how):
    """Pull a source in batches; give their rows as lists of dicts."""
    found = pull_batches(backend, source, PLACE, **how)
    return [raw.rows.to_pyarrow().to_pylist() for raw in found]


def complaint(backend, source, **how):
    """Pull a source that cannot be read; give all that its error shows."""
    try:
        pull(backend, source, PLACE, **how)
    except CcmlError as error:
        return "".join(traceback.format_exception(error))
    raise AssertionError("nothing was wrong")


def assert_one_sentence(text, says):
    """Assert that an error ends in one sentence of ccml, without the server's address."""
    assert says in text
    assert text.rstrip().splitlines()[-1].startswith("ccml.errors.")
    assert "127.0.0.1" not in text
