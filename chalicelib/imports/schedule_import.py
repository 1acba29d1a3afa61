"""Makes rooms, tracks, people and sessions of an imported programme, and changes what has come before."""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib import db
from chalicelib.feeds.schedule_xml import NO_TYPE
from chalicelib.feeds.slots import acronym, guid, is_web
from chalicelib.imports.importing import Importing
from chalicelib.imports.names import Names, demand_address
from chalicelib.imports.programmes import ImportedPerson, ImportedProgramme, ImportedTalk
from chalicelib.imports.report import Item
from chalicelib.imports.schedule_values import SLIDES, attributes_of, new_ones, without
from chalicelib.imports.writing import UNCHANGED
from chalicelib.values.addresses import stored_form

# Attributes by wire name -> names below a talk in the report.
_PLACES: Final = {
    "/data/attributes/title": "title",
    "/data/attributes/subtitle": "subtitle",
    "/data/attributes/starts-at": "date",
    "/data/attributes/ends-at": "duration",
    "/data/attributes/language": "language",
    "/data/attributes/short-abstract": "abstract",
    "/data/attributes/long-abstract": "description",
    "/data/attributes/slides": "attachments",
    "/data/attributes/website": "links",
    "/data/relationships/microlocation": "room",
    "/data/relationships/track": "track",
    "/data/relationships/session-type": "type",
    "/data/relationships/speakers": "persons",
}
_IDS: Final = 'SELECT id FROM "{table}" WHERE event_id = $1 AND deleted_at IS NULL'
_STORED: Final = """
SELECT title, subtitle, language, short_abstract, long_abstract, starts_at, ends_at, website, signup_url,
  video_url, audio_url, slides_url, slides, track_id, microlocation_id, session_type_id, state,
  (SELECT coalesce(array_agg(speaker.id ORDER BY speaker.id), '{}') FROM speakers_sessions link
   JOIN speakers speaker ON speaker.id = link.speaker_id AND speaker.deleted_at IS NULL
   WHERE link.session_id = sessions.id)
FROM sessions WHERE id = $1
"""
_PERSON: Final = "SELECT name, long_biography, photo_url FROM speakers WHERE id = $1"
_OF_PERSON: Final = ("name", "long-biography", "photo-url")
_COLUMNS: Final = (
    "title", "subtitle", "language", "short-abstract", "long-abstract", "starts-at", "ends-at", "website",
    "signup-url", "video-url", "audio-url", "slides-url", "slides", "track", "microlocation", "session-type",
    "state", "speakers",
)  # fmt: skip


class ProgrammeImport:
    """The import of one programme into an event that is there by now."""

    def __init__(self, importing: Importing, programme: ImportedProgramme, identifier: str) -> None:
        self.importing, self.programme, self.identifier = importing, programme, identifier
        self.names = Names(importing)
        self._people: dict[str, int] = {}
        self._compared: set[int] = set()

    def run(self) -> None:
        """Import every talk, and note those that could not be read."""
        talks = self.programme.talks
        known = self._known("session", [talk.uid for talk in talks])
        people = [person.guid for talk in talks for person in talk.persons or () if person.guid]
        self._people.update(self._known("speaker", people))
        seen: set[str] = set()
        for talk in talks:
            item = Item("session", talk.title, path=talk.path, places=_PLACES)
            self.importing.demand_time()
            if talk.uid in seen:
                self.importing.refuse(item, f"There are two talks with the id {talk.uid!r:.80}.")
                continue
            seen.add(talk.uid)
            try:
                self._write(item, talk, known.get(talk.uid))
            except ValueError as mistake:
                self.importing.refuse(item, str(mistake))
        for unread in self.programme.mistakes:
            self.importing.refuse(Item("session", unread.label, path=unread.path), unread.detail)

    def _known(self, type: str, external_ids: Sequence[str]) -> dict[str, int]:
        """Rows by external id: what came before, and the event's own rows by the ids that feeds give them."""
        resource = self.importing.context.registry[type]
        ids = db.fetch(
            self.importing.context.session, _IDS.format(table=resource.table), [self.importing.event_id]
        )
        own = {name: id for (id,) in ids for name in self._own_ids(type, id)}
        return {**own, **self.importing.known(type, external_ids)}

    def _own_ids(self, type: str, id: int) -> tuple[str, ...]:
        """How feeds of this event call the row."""
        short = acronym(self.identifier)
        of_kind = f"{id}-{self.identifier}" if type == "session" else f"{short}:{id}"
        return guid(self.identifier, type, id), of_kind

    def _write(self, item: Item, talk: ImportedTalk, id: int | None) -> None:
        if talk.is_cancelled and id is None:
            self.importing.note(item, UNCHANGED)
            return
        attributes, links = attributes_of(talk), self._links(item, talk)
        if id is not None:
            stored = self._stored(id)
            unsaid = [link for link in stored[SLIDES] or () if not is_web(link.get("link"))]
            attributes = new_ones(attributes, {**stored, SLIDES: without(stored[SLIDES], unsaid)})
            if SLIDES in attributes:
                attributes[SLIDES] += unsaid
            links = {name: value for name, value in links.items() if value != stored[name]}
            if not attributes and not links:
                self.importing.note(item, UNCHANGED, id)
                return
        else:
            attributes["state"] = "accepted"
            links["event"] = self.importing.event_id
        self.importing.write(item, attributes, links, id=id, external_id=talk.uid)

    def _stored(self, id: int) -> dict[str, Any]:
        rows = db.fetch(self.importing.context.session, _STORED, [id])
        return dict(zip(_COLUMNS, rows[0], strict=True))

    def _links(self, item: Item, talk: ImportedTalk) -> dict[str, Any]:
        links: dict[str, Any] = {}
        kind = talk.kind
        if kind == NO_TYPE and self.names.find("session-type", NO_TYPE) is None:
            kind = ""  # what feeds write where there is none
        for type, name in (("microlocation", talk.room), ("track", talk.track), ("session-type", kind)):
            if name is None:
                continue
            links[type] = self._named(item, type, name) if name else None
        if talk.persons is not None:
            people = {self._person(item, person, number) for number, person in enumerate(talk.persons)}
            links["speakers"] = sorted(people)
        return links

    def _named(self, item: Item, type: str, name: str) -> int:
        about = Item(
            type, name, path=item.path, places={"/data/attributes": "room" if type[0] == "m" else type}
        )
        color = self.programme.colors.get(" ".join(name.split())) if type == "track" else None
        return self.names.find_or_make(about, name, {"color": color} if color else None)

    def _person(self, item: Item, person: ImportedPerson, number: int) -> int:
        """The speaker: by id, by address, or by name where that is the only one. Raises ValueError."""
        if not person.name:
            raise ValueError("Somebody who speaks has no name.")
        key = person.guid or f"name {person.name}"
        if key in self._people:
            self._compare(item, person, self._people[key], number)
            return self._people[key]
        address = stored_form(person.email)
        id = self.names.find("speaker", address, "email") if address else None
        if id is None:
            id = self.names.find("speaker", person.name)
        if id is None:
            id = self._made(item, person, address, number)
        self._people[key] = id
        self._compared.add(id)
        return id

    def _compare(self, item: Item, person: ImportedPerson, id: int, number: int) -> None:
        """Change a speaker who has come before, and of whom the file says something else."""
        if id in self._compared:
            return
        self._compared.add(id)
        stored = dict(
            zip(_OF_PERSON, db.fetch(self.importing.context.session, _PERSON, [id])[0], strict=True)
        )
        told = {"name": person.name, "long-biography": person.biography, "photo-url": person.photo}
        told = {name: value for name, value in told.items() if value}
        changed = new_ones(told, stored)
        if changed:
            about = Item("speaker", person.name, path=f"{item.path}/persons/{number}")
            if self.importing.write(about, changed, id=id) is None:
                raise ValueError(f"The speaker {person.name!r:.100} could not be changed.")

    def _made(self, item: Item, person: ImportedPerson, address: str, number: int) -> int:
        if not self.importing.wish.options.get("create_missing"):
            raise ValueError(f"The event has no speaker {person.name!r:.100}.")
        demand_address(self.importing, address)
        attributes: dict[str, Any] = {"name": person.name, "email": address or None}
        if person.biography:
            attributes["long-biography"] = person.biography
        if is_web(person.photo):
            attributes["photo-url"] = person.photo
        about = Item("speaker", person.name, path=f"{item.path}/persons/{number}")
        event = {"event": self.importing.event_id}
        id = self.importing.write(about, attributes, event, external_id=person.guid or None)
        if id is None:
            raise ValueError(f"The speaker {person.name!r:.100} could not be made.")
        self.names.add("speaker", person.name, id)
        return id
