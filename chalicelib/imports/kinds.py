"""Everything that is imported into an event, by the name that addresses have for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from chalicelib.imports.attendees import import_attendees
from chalicelib.imports.codes import import_codes
from chalicelib.imports.importing import Importer
from chalicelib.imports.invitations import import_invitations
from chalicelib.imports.schedules import CALENDARS, SCHEDULES, import_as_event, import_into_event
from chalicelib.imports.sessions import import_sessions
from chalicelib.imports.speakers import import_speakers


@dataclass(frozen=True, slots=True)
class ImportKind:
    """One kind of import.

    source   the kind of file that external ids are of
    endings  of names of files
    """

    run: Importer
    source: str
    endings: frozenset[str]


TABLES: Final = frozenset({"csv", "xlsx", "txt", "tsv"})
KINDS: Final[Mapping[str, ImportKind]] = MappingProxyType(
    {
        "attendees": ImportKind(import_attendees, "table", TABLES),
        "codes": ImportKind(import_codes, "table", TABLES),
        "invitations": ImportKind(import_invitations, "table", TABLES),
        "schedule": ImportKind(import_into_event, "schedule", SCHEDULES | CALENDARS),
        "sessions": ImportKind(import_sessions, "table", TABLES),
        "speakers": ImportKind(import_speakers, "table", TABLES),
    }
)

# What makes an event, by the names that the former server's address has for it.
EVENT_KINDS: Final[Mapping[str, ImportKind]] = MappingProxyType(
    {
        "pentabarf": ImportKind(import_as_event, "schedule", SCHEDULES),
        "ical": ImportKind(import_as_event, "schedule", frozenset({"ics", "ical"})),
        "xcal": ImportKind(import_as_event, "schedule", frozenset({"xcal", "xcs", "xml"})),
    }
)
