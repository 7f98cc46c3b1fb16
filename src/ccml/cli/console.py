"""Progress for people, on stderr, so that stdout stays for results."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

stderr = Console(stderr=True, highlight=False, soft_wrap=True)
stdout = Console(highlight=False)


def say(text: str) -> None:
    """Print one line on stdout as it is; a terminal may wrap it, a file never does."""
    stdout.print(text, markup=False, soft_wrap=True)


class ConsoleProgress:
    """Shows the stage at work with its time, then one line for each that is done."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._name = ""

    def note(self, text: str) -> None:
        """Say one line."""
        stderr.print(f"  {text}", style="dim")

    def step(self, text: str) -> None:
        """Show what the stage at work is doing now."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description=f"{self._name}: {text}")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a moving line while a stage is at work, then its time."""
        started = time.monotonic()
        self._name = name
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
        )
        hidden = not stderr.is_terminal
        bar = Progress(*columns, console=stderr, transient=True, disable=hidden)
        with bar as self._bar:
            self._bar.add_task(name, total=None)
            yield
        self._bar = None
        seconds = time.monotonic() - started
        stderr.print(f"[green]done[/green] {name} [dim]{seconds:.1f} s[/dim]")


@contextmanager
def counted(name: str, unit: str) -> Iterator["Counter"]:
    """Show a bar that counts up to a total, for work whose size is known."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    hidden = not stderr.is_terminal
    with Progress(*columns, console=stderr, transient=True, disable=hidden) as bar:
        task = bar.add_task(name, total=None)
        yield Counter(bar, int(task))


class Counter:
    """Moves a counting bar: call it with how much is done, and of how much."""

    def __init__(self, bar: Progress, task: int) -> None:
        self._bar = bar
        self._task = task

    def __call__(self, done: int, total: int) -> None:
        """Move the bar."""
        self._bar.update(self._bar.task_ids[self._task], completed=done, total=total)
