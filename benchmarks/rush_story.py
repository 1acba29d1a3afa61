"""What the organizer of `make rush` did when, and how old that makes what a reader was told."""

from dataclasses import dataclass, field
from typing import Final

LIFE: Final = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class Read:
    """One answer: when it was asked for, in seconds of life, and the version that it told; None for a 404."""

    asked: float
    version: int | None


@dataclass(slots=True)
class Story:
    """What the organizer did: from which second of life on each version was there, or nothing (None)."""

    states: list[tuple[float, int | None]] = field(default_factory=list)

    def age(self, read: Read) -> float:
        """For how many seconds of life what was read had been over; 0 for what was there just then."""
        ends = [since for since, _ in self.states[1:]] + [LIFE]
        over = [
            end
            for (since, version), end in zip(self.states, ends, strict=True)
            if version == read.version and since <= read.asked
        ]
        return max(read.asked - over[-1], 0.0) if over else 0.0
