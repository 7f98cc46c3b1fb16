"""One file per cutoff, or per month of events; what of it stands and what is missing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from ccml.config.features import SpineConfig
from ccml.engine.digest import code_version, fingerprint
from ccml.engine.local_time import local_time, microseconds
from ccml.engine.store import Store
from ccml.features.attributes import VALID_TO
from ccml.features.catalogue import Feature
from ccml.features.plan import CUSTOMERS, Plan

PARTITION = "partition"
MARKS, ROWS_MARK = b"ccml.columns", b"ccml.rows"
QUARTER_US = 15 * 60 * 1_000_000
"""All offsets of time zones are whole quarters of an hour: no cutoff parts one."""
CODE = ("features", "identity/link", "windows")


@dataclass(frozen=True)
class Partition:
    """The rows of one cutoff, or of the events of one month, site time.

    `end` is the first instant that no cutoff of it lies after.
    """

    label: str
    end: datetime


def partition_of(config: SpineConfig, local: ibis.Value) -> ibis.Value:
    """Name the partition of a cutoff by its local time: its day, or its month."""
    return local.strftime("%Y-%m-%d" if config.every else "%Y-%m")


def with_partition(spine: ibis.Table, config: SpineConfig, zone: str) -> ibis.Table:
    """Add to each row of a spine the name of its partition."""
    label = partition_of(config, local_time(spine.cutoff_at, zone))
    return spine.mutate(**{PARTITION: label})


def partition(label: str, config: SpineConfig, zone: ZoneInfo) -> Partition:
    """Find where a partition ends."""
    if config.every:
        begin = datetime.strptime(label, "%Y-%m-%d").replace(tzinfo=zone)
        return Partition(label, begin.astimezone(UTC))
    begin = datetime.strptime(label, "%Y-%m").replace(tzinfo=zone)
    following = (begin + timedelta(days=32)).date().replace(day=1)
    return Partition(label, datetime.combine(following, time(), zone).astimezone(UTC))


def data_digests(plan: Plan, partitions: Sequence[Partition]) -> dict[str, list[str]]:
    """Hash what of each table may be used by each partition.

    A row that arrives late changes the hash of every partition that may use it, and of
    no other: it counts from the moment when it had happened and was known.
    """
    found = {
        name: _digests(_arrivals(table.events), partitions)
        for name, table in plan.tables.items()
    }
    if plan.customers is not None:
        found[CUSTOMERS] = _digests(_customer_arrivals(plan.customers), partitions)
    return found


def column_marks(
    plan: Plan, digests: Mapping[str, Sequence[str]], place: int
) -> dict[str, str]:
    """Hash all that each feature of a partition depends on, but for its rows."""
    code = code_version(CODE)
    marks: dict[str, str] = {}
    for table in (None, *plan.tables, CUSTOMERS):
        base = [code, *_bases(plan, digests, table, place)]
        for feature in _features_of(plan, table):
            marks[feature.name] = fingerprint([base, asdict(feature)])
    for own in plan.own:
        marks[own.name] = fingerprint([code, dict(marks), asdict(own)])
    return {feature.name: marks[feature.name] for feature in plan.features}


@dataclass(frozen=True)
class Standing:
    """A file of a partition, and the marks of its columns."""

    file: Path
    columns: Mapping[str, str]
    rows: str


def standing_files(store: Store, name: str) -> dict[str, Standing]:
    """Find the files of a table by partition, and read what they say of themselves."""
    found = {}
    for file in store.parts(name):
        said = pq.read_schema(file).metadata or {}
        if MARKS in said:
            label = file.name.rsplit("-", 1)[0]
            marks = json.loads(said[MARKS])
            found[label] = Standing(file, marks, said[ROWS_MARK].decode())
    return found


@dataclass(frozen=True)
class RowsMark:
    """A hash of a partition's rows, and how many there are."""

    mark: str
    rows: int


def rows_marks(spine: ibis.Table) -> dict[str, RowsMark]:
    """Hash the rows of each partition, in the order of their names."""
    row = ibis.struct({name: spine[name] for name in sorted(spine.columns)})
    grouped = spine.group_by(PARTITION).agg(
        hash=row.hash().cast("decimal(38, 0)").sum(), rows=spine.count()
    )
    found = grouped.order_by(PARTITION).to_pyarrow().to_pylist()
    return {
        row[PARTITION]: RowsMark(
            fingerprint([int(row["hash"]), row["rows"]]), row["rows"]
        )
        for row in found
    }


def described_schema(
    schema: pa.Schema, columns: Mapping[str, str], rows: str
) -> pa.Schema:
    """Write the marks of columns and rows into a file's schema."""
    marks = json.dumps(columns, sort_keys=True).encode()
    return schema.with_metadata({MARKS: marks, ROWS_MARK: rows.encode()})


class Reread:
    """Reads some columns of a file again, as many rows as are asked for."""

    def __init__(self, file: Path, columns: Sequence[str], rows: int) -> None:
        self._batches: Iterator[pa.RecordBatch] = pq.ParquetFile(file).iter_batches(
            rows, columns=list(columns)
        )
        self._rest = pa.Table.from_batches([], pq.read_schema(file)).select(columns)

    def take(self, rows: int) -> pa.Table:
        """Give the next rows."""
        while len(self._rest) < rows:
            more = pa.Table.from_batches([next(self._batches)])
            self._rest = pa.concat_tables([self._rest.replace_schema_metadata(), more])
        part, self._rest = self._rest[:rows], self._rest[rows:]
        return part


def _features_of(plan: Plan, table: str | None) -> Sequence[Feature]:
    if table is None:
        return plan.spine
    return plan.attributes if table == CUSTOMERS else plan.tables[table].features


def _bases(
    plan: Plan, digests: Mapping[str, Sequence[str]], table: str | None, place: int
) -> list[object]:
    if table is None or table not in digests:
        return []
    base: list[object] = [digests[table][place]]
    if table in plan.tables:
        of = plan.tables[table]
        base += [of.chain_days, sorted(of.values.items()), sorted(of.after.items())]
        base += [digests[other][place] for other in sorted(of.after)]
        if any(f.statistic in ("rate", "exposure") for f in of.features):
            base.append(digests[CUSTOMERS][place])
    return base


def _arrivals(events: ibis.Table) -> ibis.Table:
    row = ibis.struct({name: events[name] for name in sorted(events.columns)})
    return events.select(
        at=ibis.greatest(events.event_at, events.known_at), hash=row.hash()
    )


def _customer_arrivals(customers: ibis.Table) -> ibis.Table:
    """An interval counts from its start, and once more from its end."""
    begins = _arrivals(customers.drop(VALID_TO))
    ended = customers.filter(customers[VALID_TO].notnull())
    row = ibis.struct({name: ended[name] for name in sorted(ended.columns)})
    at = ibis.greatest(ended.event_at, ended.known_at, ended[VALID_TO])
    return ibis.union(begins, ended.select(at=at, hash=row.hash()))


def _digests(arrivals: ibis.Table, partitions: Sequence[Partition]) -> list[str]:
    quarter = microseconds(arrivals.at) // QUARTER_US
    grouped = arrivals.group_by(quarter=quarter).agg(
        hash=arrivals.hash.cast("decimal(38, 0)").sum(), rows=arrivals.count()
    )
    frame = grouped.order_by("quarter").to_pyarrow()
    quarters = frame["quarter"].to_pylist()
    sums = [int(value) for value in frame["hash"].to_pylist()]
    rows = frame["rows"].to_pylist()
    ends = [int(p.end.timestamp() * 1_000_000) // QUARTER_US for p in partitions]
    return [
        fingerprint(
            [
                sum(s for q, s in zip(quarters, sums, strict=True) if q < end),
                sum(n for q, n in zip(quarters, rows, strict=True) if q < end),
            ]
        )
        for end in ends
    ]
