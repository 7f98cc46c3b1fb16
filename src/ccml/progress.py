"""What long work tells the person who waits: stages, bars, notes; on stderr only."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Receives the story of a run."""

    def note(self, text: str) -> None:
        """Say one line."""

    def step(self, text: str) -> None:
        """Say what the current stage is doing now."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Mark the time in which a stage is at work."""


class Silence:
    """A progress that says nothing, for libraries and tests."""

    def note(self, text: str) -> None:
        """Drop the line."""

    def step(self, text: str) -> None:
        """Drop the step."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:  # noqa: ARG002 - part of the protocol
        """Do the work without a word."""
        yield
