"""Whether reading Genesys conversations needs more memory the more there are.

Run `python benchmarks/genesys_stream.py --conversations 200000`. It writes pages of made
conversations, reads them by `ccml run prepare` in a process of its own, once that many
and once twice as many, and prints one JSON object; `ratios` tells how many times the
larger run needed what the smaller one did.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PAGE = 1_000
START = datetime(2025, 1, 1, tzinfo=UTC)
EVERY_S = 20
QUEUES, AGENTS = 8, 400
CONFIG = """
version: 1
project: stream
workspace: work
time_zone: Europe/Warsaw
engine: {threads: 2, memory_limit_gb: MEMORY}
identity: {phone_region: PL}
sources:
  calls: {reader: genesys_cloud, path: pages/*}
"""


def write_pages(folder: Path, first: int, last: int) -> int:
    """Write pages of conversations numbered from `first` up to `last`; return bytes."""
    size = 0
    for start in range(first, last, PAGE):
        page = [_conversation(n) for n in range(start, min(start + PAGE, last))]
        text = json.dumps({"conversations": page, "totalHits": len(page)})
        size += (folder / f"page-{start // PAGE:06d}.json").write_text(text)
    return size


def _conversation(number: int) -> dict[str, Any]:
    """Make a call that ends in the menu, in the queue, with an agent, or is passed on."""
    start = START + timedelta(seconds=number * EVERY_S)
    caller, phone = f"c-{number:036d}", f"tel:+48{600_000_000 + number * 37 % 10**7}"
    ends = _ends(number)
    people = [_customer(caller, phone, start, ends[-1])]
    people += [
        _person(number, place, caller, start, ends) for place in range(1, len(ends))
    ]
    return {
        "conversationId": f"{number:036d}",
        "conversationStart": _stamp(start),
        "conversationEnd": _stamp(start + timedelta(seconds=ends[-1] + 15)),
        "originatingDirection": "inbound",
        "divisionIds": ["5b703b3e-0000-4000-8000-00000000c3a1"],
        "participants": people,
    }


def _ends(number: int) -> list[int]:
    """Seconds at which the menu, the queue, the agent, the next queue, ... end."""
    steps = (1, 2, 3, 3, 3, 3, 3, 5)[number % 8]
    lengths = (20 + number % 50, number % 90, 60 + number % 400)
    ends, at = [0], 0
    for step in range(steps):
        at += lengths[step] if step < 3 else lengths[step - 2]
        ends.append(at)
    return ends


def _customer(session: str, phone: str, start: datetime, ended: int) -> dict[str, Any]:
    whole = _segment(start, 0, ended, "interact", disconnectType="endpoint")
    return {
        "participantId": f"p0-{session}",
        "purpose": "customer",
        "attributes": {"MainIntent": f"intent {ended % 12}"},
        "sessions": [
            _session(session, None, phone, [("tConnected", ended)], [whole], start)
        ],
    }


def _person(
    number: int, place: int, caller: str, start: datetime, ends: list[int]
) -> dict[str, Any]:
    begin, end = ends[place - 1], ends[place]
    queue = f"{number % QUEUES:036d}"
    kind = "ivr" if place == 1 else ("acd", "agent")[place % 2]
    segments = [_segment(start, begin, end, "interact", queueId=queue)]
    metrics = _metrics(kind, end - begin, begin - ends[max(place - 2, 0)])
    if kind == "acd" and place == len(ends) - 1:
        metrics = [*metrics, ("tAbandon", end - begin)]
    if kind == "agent":
        segments.append(
            _segment(start, end, end + 15, "wrapup", wrapUpCode=f"code {number % 9}")
        )
    session = _session(
        f"s{place}-{number:034d}", caller, "tel:+48800123001", metrics, segments, start
    )
    person: dict[str, Any] = {"purpose": kind, "sessions": [session]}
    if kind == "agent":
        return person | {"userId": f"{(number + place) % AGENTS:036d}"}
    return person | {"participantName": f"{kind} {number % QUEUES}"}


def _metrics(kind: str, lasted: int, waited: int) -> list[tuple[str, float]]:
    """List the metrics of a session with their seconds; counts are thousandths."""
    if kind == "ivr":
        return [("tIvr", lasted)]
    if kind == "acd":
        return [("nOffered", 0.001), ("tAcd", lasted)]
    return [
        ("tAlert", 3),
        ("tAnswered", waited),
        ("tTalk", lasted),
        ("tTalkComplete", lasted),
        ("tAcw", 15),
        ("tHandle", lasted + 15),
    ]


def _session(
    name: str,
    peer: str | None,
    phone: str,
    metrics: list[tuple[str, float]],
    segments: list[dict[str, Any]],
    start: datetime,
) -> dict[str, Any]:
    return {
        "sessionId": name,
        **({"peerId": peer} if peer else {}),
        "mediaType": "voice",
        "direction": "inbound",
        "ani": phone,
        "dnis": "tel:+48800123001",
        "provider": "Edge",
        "remote": "somebody",
        "usedRouting": "Standard",
        "metrics": [
            {"name": n, "value": round(s * 1000), "emitDate": _stamp(start)}
            for n, s in metrics
        ],
        "segments": segments,
    }


def _segment(
    start: datetime, begin: int, end: int, kind: str, **more: str
) -> dict[str, Any]:
    return {
        "segmentStart": _stamp(start + timedelta(seconds=begin)),
        "segmentEnd": _stamp(start + timedelta(seconds=end)),
        "segmentType": kind,
        "conference": False,
        **more,
    }


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def prepare(folder: Path) -> tuple[float, float]:
    """Run `ccml run prepare` in a process of its own; return seconds and peak MB."""
    program = Path(sys.executable).with_name("ccml")
    command = [str(program), "run", "prepare", str(folder / "stream.yaml"), "--json"]
    environment = os.environ | {"CCML_PSEUDONYM_KEY": secrets.token_hex(32)}
    started = time.perf_counter()
    child = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"ccml run prepare failed in {folder}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def measure(rows: int, parent: Path, memory_gb: float) -> dict[str, Any]:
    """Write that many conversations and read them."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        (folder / "pages").mkdir()
        (folder / "stream.yaml").write_text(CONFIG.replace("MEMORY", str(memory_gb)))
        size = write_pages(folder / "pages", 0, rows)
        seconds, peak = prepare(folder)
    return {
        "engine": "ccml",
        "rows": rows,
        "megabytes": round(size / 1e6, 1),
        "seconds_median": round(seconds, 2),
        "peak_rss_mb": round(peak, 1),
    }


def growth(results: list[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    """Tell how many times the last run needed what the first did."""
    first, last = results[0], results[-1]
    for name in ("rows", "seconds_median", "peak_rss_mb"):
        yield name, round(last[name] / first[name], 3)


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=200_000)
    parser.add_argument("--memory-gb", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    sizes = (options.conversations, 2 * options.conversations)
    results = [measure(n, options.folder, options.memory_gb) for n in sizes]
    print(json.dumps({"results": results, "ratios": dict(growth(results))}))


if __name__ == "__main__":
    main()
