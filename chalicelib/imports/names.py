"""Rows of the event that a file names: tracks, rooms, session types, tickets, speakers."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib import db
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.imports.importing import Importing
from chalicelib.imports.report import Item
from chalicelib.jsonapi.model.markup import sanitize

_COLORS: Final = ("#1d4ed8", "#b91c1c", "#047857", "#7c3aed", "#b45309", "#0e7490", "#be185d", "#4d7c0f")
_LENGTH: Final = "00:30"


class Names:
    """Ids by name, and by address, of the event's rows that are not deleted. Letter case does not count."""

    def __init__(self, importing: Importing) -> None:
        self._importing = importing
        self._known: dict[tuple[str, str, str], dict[str, list[int]]] = {}

    def find(self, type: str, name: str, by: str = "name") -> int | None:
        """The id of the only row of this name; None where there is none. Raises ValueError for several."""
        found = self._of(type, by).get(_folded(name), [])
        if len(found) > 1:
            singular = self._importing.context.registry[type].singular
            raise ValueError(f"The event has {len(found)} of the {by} {name!r:.80}: which {singular}?")
        return found[0] if found else None

    def all(self, type: str, name: str, by: str = "name", without: str = "") -> list[int]:
        """The ids of all rows of this name, in their order; `without` is a column that is empty in them."""
        return self._of(type, by, without).get(_folded(name), [])

    def find_or_make(
        self, item: Item, name: str, attributes: Mapping[str, Any] | None = None, by: str = "name"
    ) -> int:
        """As find(), of the item's type; where it is missing and that was asked for, it is made.

        Raises ValueError with a sentence where it is missing or cannot be made.
        """
        id = self.find(item.type, name, by)
        if id is not None:
            return id
        singular = self._importing.context.registry[item.type].singular
        if not self._importing.wish.options.get("create_missing"):
            raise ValueError(f"The event has no {singular} {name!r:.80}.")
        event = {"event": self._importing.event_id}
        written = {**self._defaults(item.type), **(attributes or {}), by: name.strip()}
        id = self._importing.write(item, written, event)
        if id is None:
            raise ValueError(f"The {singular} {name!r:.80} could not be made.")
        self.add(item.type, name, id, by)
        return id

    def add(self, type: str, name: str, id: int, by: str = "name") -> None:
        """Know a row that was made meanwhile."""
        self._of(type, by).setdefault(_folded(name), []).append(id)

    def _of(self, type: str, by: str, without: str = "") -> dict[str, list[int]]:
        key = type, by, without
        if key not in self._known:
            narrow = f'AND "{without}" IS NULL ' if without else ""
            table = self._importing.context.registry[type].table
            rows = db.fetch(
                self._importing.context.session,
                f'SELECT "{by}", id FROM "{table}" WHERE event_id = $1 AND deleted_at IS NULL '  # noqa: S608 - our own names
                f'AND "{by}" IS NOT NULL {narrow}ORDER BY id',
                [self._importing.event_id],
            )
            known: dict[str, list[int]] = {}
            for name, id in rows:
                known.setdefault(_folded(name), []).append(id)
            self._known[key] = known
        return self._known[key]

    def _defaults(self, type: str) -> dict[str, Any]:
        """What a new row has besides: it comes after those that are there."""
        number = len(self._of(type, "name"))
        if type == "track":
            return {"color": _COLORS[number % len(_COLORS)], "position": number}
        if type == "session-type":
            return {"length": _LENGTH, "position": number}
        return {"position": number} if type == "microlocation" else {}


def demand_address(importing: Importing, address: str) -> None:
    """Raise ValueError for a speaker's address that whoever imports may not give.

    A client's would be replaced silently by their own, and the next import would not find the speaker.
    """
    viewer = importing.context.viewer
    if not viewer.has_role(ORGANIZERS, importing.event_id) and address.lower() != viewer.email.lower():
        raise ValueError("Only owner and organizers give a speaker an address that is not their own.")


def _folded(name: str) -> str:
    return " ".join(sanitize(name).split()).casefold()  # as the engine stores it
