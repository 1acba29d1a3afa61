"""A programme as a file has it: talks with times, rooms, tracks and people, whatever the file's format.

None is what the format does not say, an empty text what it says is empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chalicelib.feeds.slots import Link

MOST_TALKS: Final = 5_000


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """Somebody who speaks. `guid` is empty where the file has no id that stays."""

    name: str
    guid: str = ""
    email: str = ""
    biography: str | None = None
    photo: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedTalk:
    """One talk. `path` leads to it in the file, and `is_cancelled` says that it does not take place."""

    uid: str
    path: str
    title: str
    begin: datetime
    end: datetime
    room: str | None = None
    track: str | None = None
    kind: str | None = None
    subtitle: str | None = None
    language: str | None = None
    abstract: str | None = None
    description: str | None = None
    persons: Sequence[ImportedPerson] | None = None
    links: Sequence[Link] = ()
    attachments: Sequence[Link] = ()
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Mistake:
    """A talk that cannot be understood, with its place in the file."""

    path: str
    label: str
    detail: str

    @classmethod
    def of(cls, path: str, title: str, problem: ValueError | OverflowError) -> "Mistake":
        """By what was raised; Python's words about dates after the year 9999 are for nobody."""
        said = "A time is out of range." if isinstance(problem, OverflowError) else str(problem)
        return cls(path, title, said)


@dataclass(frozen=True, slots=True)
class ImportedProgramme:
    """What a file says of an event, and its talks. `colors` are #rrggbb by the names of tracks."""

    title: str
    timezone: str
    talks: Sequence[ImportedTalk]
    mistakes: Sequence[Mistake] = ()
    begin: datetime | None = None
    end: datetime | None = None
    description: str = ""
    location: str = ""
    address: str = ""
    colors: Mapping[str, str] = field(default_factory=dict)
