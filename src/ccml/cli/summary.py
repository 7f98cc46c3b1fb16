"""What a run tells a person at its end: what was made, and where to look."""

from collections.abc import Iterator, Mapping
from typing import Any

from ccml.cli.console import say
from ccml.project import Project

MOST_NAMED = 8
"""Findings of an audit that are told of each kind."""


def print_summary(project: Project, result: Mapping[str, Any]) -> None:
    """Print the few lines that matter of a pipeline's result."""
    for line in summary_lines(result):
        say(line)
    if "callers_report" in result:
        say(f"Repeat callers and what to do: {result['callers_report']}")
    say(f"Look at: {_best_place(project, result)}")


def _best_place(project: Project, result: Mapping[str, Any]) -> Any:
    """Choose what a person opens first."""
    books = [path for path in result.get("exports", ()) if str(path).endswith(".xlsx")]
    return result.get("report") or (books[0] if books else project.workspace)


def summary_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Say in words what a run made."""
    yield from _sources(result.get("sources", {}))
    yield from _audit(result)
    yield from _repeat_callers(result)
    yield from _predictors(result.get("predictors", {}))
    yield from _lists(result.get("lists", {}))
    yield from _effects(result.get("effects", {}))
    if result.get("exports"):
        yield (
            f"Exports: {len(result['exports'])} files; kpis.xlsx for people, bi/ for "
            f"Power BI and Tableau, manifest.json accounts for them."
        )
    for kind, words in (("not_scored", "Not scored"), ("not_made", "List not made")):
        for name, reason in result.get(kind, {}).items():
            yield f"{words}: {name}, because {reason}."


def _sources(sources: Mapping[str, Any]) -> Iterator[str]:
    for name, source in sources.items():
        aside = source["rows_in"] - source["rows_kept"]
        reasons = ", ".join(f"{k} {n:,}" for k, n in source["set_aside"].items())
        note = f", {aside:,} set aside ({reasons})" if aside else ""
        yield f"{name}: {source['rows_in']:,} rows in, {source['rows_kept']:,} kept{note}"
        for words, rows in source["notes"].items():
            yield f"  {rows:,} of {name}: {words}"


def _audit(result: Mapping[str, Any]) -> Iterator[str]:
    if "checked" not in result:
        return
    failed, look = result["failed"], result["look"]
    yield (
        f"Audit: {result['checked']:,} checks, {len(failed):,} failed, {len(look):,} for "
        f"a person to judge, {result['nothing_to_check']:,} with nothing to check."
    )
    for word, found in (("failed", failed), ("look", look)):
        for row in found[:MOST_NAMED]:
            yield f"  {word}: {row['of']}, {row['about']}: {row['detail']}"
        if len(found) > MOST_NAMED:
            yield f"  and {len(found) - MOST_NAMED:,} more (`ccml show audit`)"


def _repeat_callers(result: Mapping[str, Any]) -> Iterator[str]:
    found = result.get("repeat_callers")
    if found:
        yield (
            f"Repeat callers: {found['persistent_customers']:,} customers "
            f"({found['share_of_customers']:.1%}) make {found['share_of_calls']:.1%} of "
            f"the calls."
        )
    if result.get("verdict"):
        yield f"Segments: {result['verdict']}"


def _predictors(predictors: Mapping[str, Any]) -> Iterator[str]:
    for name, found in predictors.items():
        auc = found["metrics"]["roc_auc"]
        yield (
            f"Predictor {name}: {found['recommended']} is recommended, AUC "
            f"{auc['value']:.3f} ({auc['low']:.3f}-{auc['high']:.3f}) on the test period. "
            f"{found['claim']['sentence']}"
        )


def _lists(lists: Mapping[str, Any]) -> Iterator[str]:
    for name, found in lists.items():
        yield (
            f"List {name}: {found['rows_listed']:,} of {found['rows_in']:,} customers, "
            f"{found['rows_held_out']:,} held out; {', '.join(found['files'])}"
        )


def _effects(effects: Mapping[str, Any]) -> Iterator[str]:
    for name, found in effects.items():
        if not found["measures"]:
            yield f"Campaign {name}: no effect is told ({found['state']})."
        for told in found["measures"].values():
            yield f"Campaign {told['sentence']}"
