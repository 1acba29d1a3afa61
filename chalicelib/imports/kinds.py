"""Everything that is imported into an event, by the name that addresses have for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from chalicelib.imports.importing import Importer
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
        "sessions": ImportKind(import_sessions, "table", TABLES),
        "speakers": ImportKind(import_speakers, "table", TABLES),
    }
)
