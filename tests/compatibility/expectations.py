"""The expectations of each client, as its file has them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

FILES: Final = ("front_end", "organizer_app", "attendee_app")
_KNOWN: Final = {"for", "send", "query", "body", "back", "file", "type", "as", "needs", "keep", "missing"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and what is needed of its answer."""

    purpose: str
    method: str
    path: str
    needs: Mapping[str, Any]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    back: Mapping[str, Any] = field(default_factory=dict)
    file: Mapping[str, str] = field(default_factory=dict)
    media_type: str = ""
    sender: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """Calls in the order in which somebody's clicks send them."""

    name: str
    sender: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class ClientFile:
    """A client: its headers, and its days."""

    name: str
    headers: Mapping[str, str]
    days: tuple[Day, ...]

    def calls(self) -> Iterator[Call]:
        """All calls."""
        for day in self.days:
            yield from day.calls


def read(name: str) -> ClientFile:
    """A client's file. Raises ValueError for what is not understood in it."""
    text = Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")
    said = yaml.safe_load(text)
    days = tuple(
        Day(day["day"], day.get("as", "nobody"), tuple(map(call_of, day["calls"]))) for day in said["days"]
    )
    return ClientFile(said["client"], said["headers"], days)


def call_of(said: Mapping[str, Any]) -> Call:
    """A call as a file has it. Raises ValueError for what is not understood in it."""
    if unknown := said.keys() - _KNOWN:
        raise ValueError(f"{said.get('for')}: what is {', '.join(sorted(unknown))}?")
    method, _, path = said["send"].partition(" ")
    if "status" not in said.get("needs", {}):
        raise ValueError(f"{said['for']}: the status of its answer is not said")
    return Call(
        said["for"],
        method,
        path,
        said["needs"],
        said.get("query", {}),
        said.get("body"),
        said.get("back", {}),
        said.get("file", {}),
        said.get("type", ""),
        said.get("as", ""),
        said.get("keep", {}),
        said.get("missing", 0),
    )
