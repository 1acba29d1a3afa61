"""Writes the archive of an event: documents, the former server's form, then files, and the manifest last.

Equal events make equal bytes but for the manifest, which alone has identifiers and the time of the export.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib import clock, private_files
from chalicelib.archive import former, reading
from chalicelib.archive.declared import (
    ARCHIVED,
    DOCUMENTS,
    FORMAT,
    LEFT_OUT,
    MANIFEST,
    NAMED,
    TEAM,
    UNLINKED,
    VERSION,
    Archived,
)
from chalicelib.archive.lead_settings import LEADS, settings_of
from chalicelib.archive.media import Media
from chalicelib.archive.reading import Numbers
from chalicelib.archive.team import team_of
from chalicelib.archive.zip_file import ZipFile
from chalicelib.jsonapi.model.context import Context
from chalicelib.settings import settings

_HEAD: Final = b'{"jsonapi":{"version":"1.1"},"data":['
_TAIL: Final = b"\n]}\n"


class Changed(Exception):
    """Rows came or went while the documents were written."""


@dataclass(frozen=True, slots=True)
class ArchiveRequest:
    """What is asked for: of which event, with people or not, and which kinds of files."""

    event_id: int
    people: bool
    media: tuple[str, ...]


@dataclass(slots=True)
class Documents:
    """An event's resource objects, with the ids and links of an archive."""

    context: Context
    request: ArchiveRequest
    numbers: Numbers = field(init=False)
    media: Media = field(init=False)
    counts: dict[str, int] = field(default_factory=dict)
    _names: dict[str, dict[int, str]] = field(default_factory=lambda: {name: {} for name in NAMED})

    def __post_init__(self) -> None:
        self.numbers = reading.numbered(self.context, self.request.event_id, people=self.request.people)
        self.media = Media(self.request.media)

    def of(self, archived: Archived) -> Iterator[dict[str, Any]]:
        """The resources of one type."""
        if archived.type == TEAM:
            members: Iterable[dict[str, Any]] = (
                team_of(self.context, self.request.event_id) if self.request.people else ()
            )
        else:
            members = reading.resources_of(self.context, self.numbers, archived)
        for count, resource in enumerate(members, 1):
            self.counts[archived.type] = count
            yield self.media.placed(self._with_names(resource))

    def named(self) -> Iterator[dict[str, Any]]:
        """What the platform has and rows link to: {type, id, attributes: {name}}; after all others."""
        for type_name, names in self._names.items():
            for number, name in enumerate(names.values(), 1):
                yield {"type": type_name, "id": str(number), "attributes": {"name": name}}

    def demand_unchanged(self) -> None:
        """Raise Changed if rows came or went since they were numbered."""
        if reading.numbered(self.context, self.request.event_id, people=self.request.people) != self.numbers:
            raise Changed

    def _with_names(self, resource: dict[str, Any]) -> dict[str, Any]:
        """The resource with the archive's numbers of what is named."""
        for relationship in resource["relationships"].values():
            linked = relationship["data"]
            if isinstance(linked, dict) and linked["type"] in self._names:
                relationship["data"] = self._numbered(linked["type"], int(linked["id"]))
        return resource

    def _numbered(self, type_name: str, id: int) -> dict[str, str] | None:
        names = self._names[type_name]
        if id not in names:
            names |= reading.named(self.context, type_name, [id])
        if id not in names:
            return None
        return {"type": type_name, "id": str(list(names).index(id) + 1)}


def write_documents(documents: Documents, archive: ZipFile) -> None:
    """Write all but files and manifest. Raises Changed, TooLarge."""
    for archived in ARCHIVED:
        archive.write(f"{DOCUMENTS}{archived.type}.json", document_of(documents.of(archived)))
    archive.write(f"{DOCUMENTS}named.json", document_of(documents.named()))
    leads = settings_of(documents.context, documents.request.event_id)
    if leads:
        archive.write(f"{DOCUMENTS}{LEADS}.json", document_of(leads))
    rows = {archived.type: archived for archived in ARCHIVED}
    (event,) = documents.of(rows["event"])
    links = [
        {name: link["attributes"][name] for name in ("name", "link")}
        for link in documents.of(rows["social-link"])
    ]
    archive.write(former.EVENT, [former.text_of(former.row_of(event, social_links=links)).encode()])
    for name, type_name in former.FILES.items():
        archive.write(name, former.array_of(map(former.row_of, documents.of(rows[type_name]))))
    archive.write(former.META, [former.text_of({"root_url": settings().web_url}).encode()])
    documents.demand_unchanged()


def write_files(paths: Mapping[str, str], archive: ZipFile, seconds: float) -> list[str] | None:
    """Write the files that are not written yet: keys of those that are not there, None once time is over.

    `paths` are names in the zip by key. At least one is written.
    """
    began, missing, written = time.monotonic(), [], 0
    for key, path in paths.items():
        name = path.lstrip("/")
        if name in archive.files:
            continue
        if written and time.monotonic() - began > seconds:
            return None
        content = private_files.pieces_of(key)
        if content is None:
            missing.append(path)
        else:
            archive.write(name, content, pack=False)
            written += 1
    return missing


def _manifest_of(
    documents: Mapping[str, Any], request: ArchiveRequest, archive: ZipFile, missing: Iterable[str]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported-at": clock.now().isoformat(timespec="seconds"),
        **documents,
        "people": request.people,
        "media": sorted(request.media),
        "files": archive.files,
        "left-out": {
            "types": dict(sorted(LEFT_OUT.items())),
            "attributes": {
                each.type: {name.replace("_", "-"): why for name, why in sorted(each.without.items())}
                for each in ARCHIVED
                if each.without
            },
            "relationships": {
                f"{name}.{relation.replace('_', '-')}": why for (name, relation), why in UNLINKED.items()
            },
            "files": sorted(missing),
        },
    }


def write_manifest(
    documents: Mapping[str, Any], request: ArchiveRequest, archive: ZipFile, missing: Iterable[str]
) -> None:
    """Write the manifest, as the last file. `documents` is what about() told of them."""
    manifest = _manifest_of(documents, request, archive, missing)
    archive.write(MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()])
    archive.end()


def about(documents: Documents, identifier: str) -> dict[str, Any]:
    """What the manifest tells of the documents: the event, counts, and ids by type in the archive's order."""
    ids = {name: list(map(str, ids)) for name, ids in documents.numbers.ids.items() if ids}
    counts = {each.type: documents.counts.get(each.type, 0) for each in ARCHIVED}
    return {"event": identifier, "counts": counts, "ids": ids}


def document_of(resources: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A JSON:API document, piece by piece: a resource in each line, members in alphabetical order."""
    opening = _HEAD + b"\n"
    for resource in resources:
        yield opening + packed(resource)
        opening = b",\n"
    yield (_HEAD if opening != b",\n" else b"") + _TAIL


def packed(content: Any) -> bytes:
    """JSON with members in alphabetical order, without blanks."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
