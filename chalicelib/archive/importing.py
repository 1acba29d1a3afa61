"""Imports an archive: each of its resources is created as a client would create it, in the order of ARCHIVED.

What is known by its external id is changed instead. Files have been uploaded before, by whoever imports.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from marshmallow import ValidationError

from chalicelib import clock
from chalicelib.archive.content import Content
from chalicelib.archive.declared import ARCHIVED, BY_TYPE, REVIEWER, TEAM, Archived
from chalicelib.archive.form_fields import FormFields
from chalicelib.archive.lead_settings import write_settings
from chalicelib.archive.links import Links, Missing
from chalicelib.archive.media import PLACED, replaced
from chalicelib.archive.reading import Numbers, numbered
from chalicelib.archive.reviewing import Reviewing
from chalicelib.archive.speakers import write_speaker
from chalicelib.archive.team import members_known
from chalicelib.imports.importing import Importing
from chalicelib.imports.report import Item
from chalicelib.imports.writing import UNCHANGED
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.model.moment_field import moment

SOURCE: Final = "archive"  # of external ids
INVITED: Final = frozenset(
    {TEAM, REVIEWER, "speaker-invite", "video-stream-moderator"}
)  # whose rows are mailed
_FORM: Final = "custom-form"
_TRANSLATION: Final = "custom-form-translate"
_TIMES: Final = ("starts-at", "ends-at")


class _Pointers(dict[str, str]):
    """A JSON pointer into the document of a resource, as one below the resource in its file."""

    def __contains__(self, pointer: object) -> bool:
        return isinstance(pointer, str) and pointer.startswith("/data/")

    def __missing__(self, pointer: str) -> str:
        return pointer.removeprefix("/data/")


_POINTERS: Final = _Pointers()


@dataclass
class ArchiveImport:
    """One archive on its way in.

    urls     of its files, by path
    invites  whether people are invited, which mails them
    changes  attributes of the event that are not as in the archive
    """

    importing: Importing
    content: Content
    urls: Mapping[str, str]
    invites: bool
    changes: Mapping[str, Any] = field(default_factory=dict)
    _rows: Numbers | None = None
    _later: list[tuple[Item, int, dict[str, Any]]] = field(default_factory=list)
    links: Links = field(init=False)
    fields: FormFields = field(init=False)
    reviewing: Reviewing = field(init=False)

    def __post_init__(self) -> None:
        self.links = Links(self.importing, self.content)
        self.fields = FormFields(self.importing, self.content)
        self.reviewing = Reviewing(self.importing)

    def run(self) -> None:
        """Write all. Raises BadFile; refusals are in the report."""
        is_new = not self.importing.event_id
        for archived in ARCHIVED:
            resources = self.content.resources.get(archived.type, [])
            if archived.type in INVITED and not self.invites:
                if resources:
                    self.importing.notes.append(
                        f"{archived.type}: {len(resources)} are not invited unless `invite` says so."
                    )
                continue
            if archived.follows and not self.invites:
                if resources:
                    self.importing.notes.append(
                        f"{archived.type}: {len(resources)} are left out, as nobody is invited."
                    )
                continue
            if archived.type == _TRANSLATION:
                continue  # written with its field
            known = self._known(archived, resources)
            if archived.type == _FORM and is_new and self.content.whole:
                self.fields.remove_others(known.values())
            self._write_all(archived, resources, known)
            if not self.importing.event_id:
                return  # refused, and so would be all the rest
        for item, id, attributes in self._later:
            self._amend(item, id, attributes)
        if self.content.leads:
            write_settings(self.importing, self.content.leads)

    def _known(self, archived: Archived, resources: Sequence[Mapping[str, Any]]) -> dict[int, int]:
        """Ids of the rows that resources are already, by their index; 0 for one that needs no row."""
        importing, content = self.importing, self.content
        if archived.type == "event":
            return {0: importing.event_id} if importing.event_id else {}
        if archived.type == _FORM:
            return self.fields.known(resources)
        if archived.type == TEAM:
            return members_known(importing.context, importing.event_id, resources)
        if archived.type == REVIEWER:
            return self.reviewing.known(resources)
        external = [content.external_id(resource, at) for at, resource in enumerate(resources)]
        known = importing.known(archived.type, external) if external else {}
        found = {at: known[key] for at, key in enumerate(external) if key in known}
        ids = content.ids.get(archived.type, ())
        for at in self._own(archived, ids) if content.source == self.links.identifier else ():
            found.setdefault(at, int(ids[at]))
        return found

    def _own(self, archived: Archived, ids: Sequence[str]) -> list[int]:
        """Indices of the resources that are rows of this very event, which the archive was made of."""
        if self._rows is None:
            self._rows = numbered(self.importing.context, self.importing.event_id, people=True)
        rows = self._rows.numbers[archived.type]
        return [at for at, id in enumerate(ids) if is_number(id) and int(id) in rows]

    def _write_all(
        self, archived: Archived, resources: Sequence[Mapping[str, Any]], known: Mapping[int, int]
    ) -> None:
        for at, resource in enumerate(resources):
            label = next(
                (str(resource["attributes"][name]) for name in _LABELS if resource["attributes"].get(name)),
                "",
            )
            item = Item(
                archived.type, label, path=f"{self.content.places[archived.type]}/{at}", places=_POINTERS
            )
            id = known.get(at)
            can_change = "update" in self.importing.context.registry[item.type].methods
            if id is not None and (archived.follows or not can_change):
                self.importing.note(item, UNCHANGED, id or None)
                continue
            id = self._write(item, resource, id, self.content.external_id(resource, at))
            if id is not None:
                self.links.note(resource, id)

    def _write(self, item: Item, resource: Mapping[str, Any], id: int | None, external: str) -> int | None:
        importing = self.importing
        attributes = self._filled(resource["attributes"])
        try:
            attributes = self.links.within(item.type, attributes)
            links = self.links.of(resource, is_new=id is None)
        except Missing as problem:
            importing.refuse(item, str(problem), problem.pointer)
            return None
        if links is None:
            return None
        if BY_TYPE[item.type].follows:
            return self.reviewing.write(item, attributes, links, external)
        if item.type == "event":
            return self._write_event(item, {**attributes, **self.changes}, links, id)
        if item.type == "speaker" and id is None:
            return write_speaker(importing, item, attributes, links, external)
        if item.type == _FORM:
            attributes["translations"] = self.fields.translations(resource["id"], id)
        later = {} if id is not None else self._kept_for_later(resource, attributes)
        written = importing.write(item, {**attributes, **later}, links, id=id, external_id=external)
        if written is not None and later:
            self._later.append((item, written, {wire: attributes[wire] for wire in later}))
        return written

    def _kept_for_later(self, resource: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
        """What a new row has instead, as rules for new rows are stricter than those for what they become."""
        if resource["type"] == "session" and _is_past(attributes.get("starts-at")):
            return {wire: None for wire in _TIMES if wire in attributes}
        if (
            resource["type"] == "ticket"
            and resource["id"] in self._hidden_tickets
            and not attributes.get("is-hidden")
        ):
            return {"is-hidden": True}
        return {}

    def _write_event(
        self, item: Item, attributes: dict[str, Any], links: dict[str, Any], id: int | None
    ) -> int | None:
        if id is not None:
            return self.importing.write(item, attributes, links, id=id)
        switches = {wire: value for wire, value in _MEANWHILE.items() if attributes.get(wire, value) != value}
        written = self.importing.write(item, {**attributes, **switches}, links)
        if written is None:
            return None
        self.importing.event_id = written
        later: dict[str, Any] = {wire: attributes[wire] for wire in switches}
        if attributes.get("original-image-url") is None:  # else it would keep that of its topic
            later["original-image-url"] = None
        self._later.append((item, written, later))
        return written

    @cached_property
    def _hidden_tickets(self) -> frozenset[str]:
        """Numbers of the tickets that access codes open: these may not be visible by then."""
        codes = self.content.resources.get("access-code", ())
        linked = [code["relationships"].get("tickets", {}).get("data") or [] for code in codes]
        return frozenset(ticket["id"] for tickets in linked for ticket in tickets)

    def _amend(self, item: Item, id: int, attributes: Mapping[str, Any]) -> None:
        """Change what was just written. It stays one entry of the report, unless it is refused."""
        entries = self.importing.report.entries
        count = len(entries)
        if self.importing.write(item, attributes, id=id) is not None:
            del entries[count:]

    def _filled(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes with the addresses of their files; null where a file is missing."""
        return {
            wire: None
            if isinstance(value, str) and (whole := PLACED.fullmatch(value)) and whole[1] not in self.urls
            else replaced(value, PLACED, self._url)
            for wire, value in attributes.items()
        }

    def _url(self, place: re.Match[str]) -> str:
        return self.urls.get(place[1], "")


# What an event is while some of its rows are made: what it takes, and what it refuses, comes afterwards.
_MEANWHILE: Final[Mapping[str, Any]] = {
    "is-sponsors-enabled": True,
    "is-sessions-speakers-enabled": True,
    "is-tax-enabled": True,
    "can-pay-onsite": True,
    "schedule-conflicts": "allowed",
}
_LABELS: Final = ("name", "title", "code", "email", "question", "value", "field-identifier", "station-name")


def _is_past(value: Any) -> bool:
    try:
        return isinstance(value, str) and moment().deserialize(value) <= clock.now()
    except ValidationError:
        return False  # which the engine refuses
