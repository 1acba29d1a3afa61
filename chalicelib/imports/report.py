"""What an import has made, changed, left and refused: one entry for each item of the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.imports.writing import CHANGED, MADE, REFUSED, UNCHANGED
from chalicelib.jsonapi.ground.errors import Problem

MOST_INLINE: Final = 100  # entries within the result; the stored file has all
_LONGEST_LABEL: Final = 100
_ACTIONS: Final = (MADE, CHANGED, UNCHANGED, REFUSED)


class BadFile(Exception):
    """The file as a whole cannot be imported; the text is for whoever has sent it.

    `row` counts from 1, as a spreadsheet does; `column` is a heading; `path` a JSON pointer or an XML path.
    """

    def __init__(
        self, detail: str, *, row: int | None = None, column: str | None = None, path: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail, self.row = _storable(detail), row
        self.column, self.path = (None if name is None else _storable(name) for name in (column, path))

    def place(self) -> dict[str, object]:
        """Where the mistake is, as far as that is known."""
        place = {"row": self.row, "column": self.column, "path": self.path}
        return {name: value for name, value in place.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a file: what it is to become, what people call it, and where it stands.

    row     counted from 1, as a spreadsheet does
    path    a JSON pointer into the file, or an XML path
    places  by JSON pointer into the document of one resource: the heading of a column, or a path below `path`
    """

    type: str
    label: str
    row: int | None = None
    path: str | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, pointer: str | None) -> dict[str, object]:
        """Where in the file the mistake is that a Problem points at."""
        place: dict[str, object] = {}
        if self.row is not None:
            place["row"] = self.row
        name = _longest(self.places, pointer or "")
        if self.path is not None:
            place["path"] = _storable(f"{self.path}/{name}" if name else self.path)
        elif name:
            place["column"] = _storable(name)
        return place


def _storable(text: str) -> str:
    """The text without what PostgreSQL cannot store, and on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _longest(places: Mapping[str, str], pointer: str) -> str | None:
    """What is said of this pointer, or of the closest one above it."""
    while pointer:
        if pointer in places:
            return places[pointer]
        pointer = pointer.rpartition("/")[0]
    return None


@dataclass(slots=True)
class Report:
    """The entries of one import, in the order of the file."""

    entries: list[dict[str, object]] = field(default_factory=list)

    def add(self, item: Item, action: str, row_id: int | None = None) -> None:
        """Note that the item was made, changed or left as it was."""
        entry = {"action": action, "type": item.type, "label": _storable(item.label)[:_LONGEST_LABEL]}
        known = {} if row_id is None else {"id": str(row_id)}
        self.entries.append({**entry, **known, **item.place_of(None)})

    def refuse(self, item: Item, problems: Sequence[Problem]) -> None:
        """Note why the item cannot be imported, once for each mistake."""
        about = {"action": REFUSED, "type": item.type, "label": _storable(item.label)[:_LONGEST_LABEL]}
        for problem in problems:
            self.entries.append(
                {**about, **item.place_of(problem.pointer), "detail": _storable(problem.detail)}
            )

    @property
    def refused(self) -> int:
        """Number of refusals."""
        return sum(entry["action"] == REFUSED for entry in self.entries)

    def counts(self) -> dict[str, dict[str, int]]:
        """Numbers of entries by type and action."""
        counts: dict[str, dict[str, int]] = {}
        for entry in self.entries:
            of_type = counts.setdefault(str(entry["type"]), dict.fromkeys(_ACTIONS, 0))
            of_type[str(entry["action"])] += 1
        return counts

    def summary(self) -> dict[str, Any]:
        """{counts, entries, left_out}: the first MOST_INLINE entries, refusals before others."""
        entries = sorted(self.entries, key=lambda entry: entry["action"] != REFUSED)[:MOST_INLINE]
        left_out = len(self.entries) - len(entries)
        return {"counts": self.counts(), "entries": entries, "left_out": left_out}

    def without_ids(self) -> None:
        """Forget ids of rows that were rolled back."""
        for entry in self.entries:
            if entry["action"] == MADE:
                entry.pop("id", None)

    def whole(self) -> dict[str, Any]:
        """{counts, entries}: all of it."""
        return {"counts": self.counts(), "entries": self.entries}
