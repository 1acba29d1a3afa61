"""Links of an archive's resources: its numbers become ids of rows, and names what the platform has."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib import db
from chalicelib.archive.content import Content
from chalicelib.archive.declared import BY_TYPE, NAMED, SAME, TEAM
from chalicelib.imports.importing import Importing
from chalicelib.imports.report import Item

_ROLE: Final = "SELECT id FROM roles WHERE name = $1"


class Missing(Exception):
    """A resource links to what was refused, or is not there. `pointer` is that of the relationship."""

    def __init__(self, wire: str, member: str = "relationships") -> None:
        super().__init__("This links to what is not in the archive, or was refused.")
        self.pointer = f"/data/{member}/{wire}"


class Links:
    """Ids by type and number, of what was written so far."""

    def __init__(self, importing: Importing, content: Content) -> None:
        self._importing, self._content = importing, content
        self._ids: dict[tuple[str, str], int | None] = {}
        self.identifier = self._identifier()

    def note(self, resource: Mapping[str, Any], id: int) -> None:
        """The resource is this row."""
        for type_name in (
            resource["type"],
            *(name for name, same in SAME.items() if same == resource["type"]),
        ):
            self._ids[type_name, resource["id"]] = id

    def of(self, resource: Mapping[str, Any], *, is_new: bool) -> dict[str, Any] | None:
        """Ids by relationship, as writing takes them, of a row that is made, or changed; None where it cannot
        be without what the platform lacks. Raises Missing.
        """
        kind = resource["type"]
        links: dict[str, Any] = {}
        for wire, relationship in resource["relationships"].items():
            linked, relation = (
                relationship["data"],
                self._importing.context.registry.relation(self._importing.context.registry[kind], wire),
            )
            if not self._content.people and relation.target in BY_TYPE and BY_TYPE[relation.target].people:
                continue
            targets = linked if isinstance(linked, list) else [] if linked is None else [linked]
            ids = [self._id(resource, wire, relation.target, target) for target in targets]
            if relation.required and None in ids:
                return None
            links[wire] = ids if isinstance(linked, list) else ids[0] if ids else None
        return links | self._further(resource, is_new=is_new)

    def within(self, type_name: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes with ids of rows that they name by number. Raises Missing."""
        changed = {}
        for name, (member, target) in BY_TYPE[type_name].numbered.items():
            listed = attributes.get(name)
            if isinstance(listed, list) and all(isinstance(each, dict) for each in listed):
                keys = [(target, str(each.get(member))) for each in listed]
                if any(self._ids.get(key) is None for key in keys):
                    raise Missing(name, "attributes")
                changed[name] = [
                    {**each, member: self._ids[key]} for each, key in zip(listed, keys, strict=True)
                ]
        return {**attributes, **changed}

    def _further(self, resource: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
        """Links that are not in the archive. An access code stays with whoever made it."""
        if resource["type"] == "access-code" and is_new:
            return {"marketer": self._importing.context.viewer.id}
        if resource["type"] == TEAM:
            name = resource["attributes"].get("role-name")
            ids = db.fetch(self._importing.context.session, _ROLE, [str(name)])
            if not ids:
                raise Missing("role")
            return {"role": ids[0][0]}
        return {}

    def _id(
        self, resource: Mapping[str, Any], wire: str, target: str, linked: Mapping[str, str]
    ) -> int | None:
        key = linked["type"], linked["id"]
        if linked["type"] != target:
            raise Missing(wire)
        if key not in self._ids:
            if target not in NAMED or key not in self._content.names:
                raise Missing(wire)
            self._ids[key] = self._named(target, self._content.names[key], resource)
        return self._ids[key]

    def _named(self, target: str, name: str, resource: Mapping[str, Any]) -> int | None:
        """The id of what the platform has by this name. Staff may make what it lacks."""
        context = self._importing.context
        noun = context.registry[target]
        living = "AND deleted_at IS NULL " if noun.soft_delete else ""
        select = f'SELECT id FROM "{noun.table}" WHERE name = $1 {living}ORDER BY id LIMIT 1'  # noqa: S608 - our own names
        ids = db.fetch(context.session, select, [name])
        if ids:
            id: int = ids[0][0]
            return id
        if context.viewer.is_staff and target != "video-channel":
            above: dict[str, Any] = {}
            if target == "event-sub-topic":
                topic = resource["relationships"].get("event-topic", {}).get("data")
                above = (
                    {}
                    if topic is None
                    else {"event-topic": self._id(resource, "event-topic", "event-topic", topic)}
                )
            return self._importing.write(Item(target, name), {"name": name}, above)
        self._importing.notes.append(f"There is no {target} {name!r:.100} here: it is left out.")
        return None

    def _identifier(self) -> str:
        """The identifier of the event that takes the rows; empty where there is none yet."""
        select = "SELECT identifier FROM events WHERE id = $1"
        found = db.fetch(self._importing.context.session, select, [self._importing.event_id])
        return str(found[0][0]) if found else ""
