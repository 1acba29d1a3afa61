"""What an archive contains, as our documents: resources by type, checked for their shape alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.archive.declared import ARCHIVED, BY_TYPE, DOCUMENTS, NAMED, Archived
from chalicelib.archive.lead_settings import LEADS, settings_in
from chalicelib.archive.media import PLACED, replaced
from chalicelib.archive.package import Package
from chalicelib.archive.reading import writable
from chalicelib.imports.report import BadFile
from chalicelib.resources import REGISTRY

MOST_RESOURCES: Final = 20_000  # what one import writes in the time of a task
_NAMES: Final = frozenset({*BY_TYPE, "named", LEADS})
MOST_FILES: Final = 2_000  # pictures and the like
_MEMBERS: Final = frozenset({"type", "id", "attributes", "relationships"})


@dataclass(slots=True)
class Content:
    """An archive that was read.

    source     identifier of the event that it is of, for external ids
    resources  by type: {type, id, attributes, relationships}; ids are numbers of the archive
    places     where the resources of a type stand, for the report
    ids        by type: what identifies each resource in its source, in the same order
    names      of what the platform has, by (type, id)
    people     whether people are in it
    whole      whether it has all that an event has: what is not in it is not at the event
    package    the zip, with the files; None where there is none
    leads      settings of leads: {is_enabled, fields, wording}, or {}
    """

    source: str
    resources: dict[str, list[dict[str, Any]]]
    places: Mapping[str, str]
    ids: Mapping[str, Sequence[str]]
    names: Mapping[tuple[str, str], str]
    people: bool
    whole: bool
    package: Package | None
    leads: Mapping[str, Any] = field(default_factory=dict)
    paths: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if len(self.resources.get("event", ())) != 1:
            raise BadFile("An archive has exactly one event.", path=self.places.get("event"))
        count = sum(map(len, self.resources.values()))
        if count > MOST_RESOURCES:
            raise BadFile(f"These are {count:,} resources; {MOST_RESOURCES:,} are the most.")
        self.paths = tuple(sorted(self._mentioned() & self.files))
        if len(self.paths) > MOST_FILES:
            raise BadFile(f"These are {len(self.paths):,} files; {MOST_FILES:,} are the most.")

    @property
    def files(self) -> frozenset[str]:
        """The paths of the files in the zip, each with a slash in front."""
        return frozenset(f"/{name}" for name in self.package.names) if self.package else frozenset()

    def external_id(self, resource: Mapping[str, Any], at: int) -> str:
        """What identifies the resource, the one with the index `at` of its type, wherever it comes from."""
        known = self.ids.get(resource["type"], ())
        return f"{self.source}:{known[at] if at < len(known) else resource['id']}"

    def _mentioned(self) -> set[str]:
        """The paths that attributes have, whether such a file is there or not."""
        paths: set[str] = set()

        def note(place: re.Match[str]) -> str:
            paths.add(place[1])
            return place[0]

        for resources in self.resources.values():
            for resource in resources:
                replaced(resource["attributes"], PLACED, note)
        return paths


def read_documents(package: Package, manifest: Mapping[str, Any]) -> Content:
    """The content of an archive of ours. Raises BadFile."""
    resources, places = {}, {}
    for archived in ARCHIVED:
        name = f"{DOCUMENTS}{archived.type}.json"
        places[archived.type] = f"{name}/data"
        resources[archived.type] = _resources_in(package, name, archived) if name in package.names else []
    unknown = sorted(
        name
        for name in package.names
        if name.startswith(DOCUMENTS)
        and name[len(DOCUMENTS) : -len(".json")] not in {*BY_TYPE, "named", LEADS}
    )
    if unknown:
        raise BadFile(f"There is no type of this name: {unknown[0]:.200}.", path=unknown[0])
    source, ids = manifest.get("event"), manifest.get("ids", {})
    if not isinstance(source, str) or not isinstance(manifest.get("people"), bool):
        raise BadFile("The manifest says neither event nor people.", path="manifest.json")
    if not isinstance(ids, dict) or not all(_are_texts(listed) for listed in ids.values()):
        raise BadFile("ids are lists of texts by type.", path="manifest.json/ids")
    names = _names_in(package)
    name = f"{DOCUMENTS}{LEADS}.json"
    leads = settings_in(_data_of(package, name), f"{name}/data") if name in package.names else {}
    return Content(source, resources, places, ids, names, manifest["people"], True, package, leads)


def _resources_in(package: Package, name: str, archived: Archived) -> list[dict[str, Any]]:
    data = _data_of(package, name)
    known, links = _members_of(archived)
    seen: set[str] = set()
    for at, resource in enumerate(data):
        place = f"{name}/data/{at}"
        if not isinstance(resource, dict) or resource.keys() - _MEMBERS:
            raise BadFile("This is no resource object of an archive.", path=place)
        number = resource.get("id")
        if resource.get("type") != archived.type or not isinstance(number, str) or number in seen:
            raise BadFile(f"A resource here is a {archived.type} with an id of its own.", path=place)
        seen.add(number)
        for member, names in (("attributes", known), ("relationships", links)):
            said = resource.setdefault(member, {})
            if not isinstance(said, dict):
                raise BadFile(f"{member} are an object.", path=f"{place}/{member}")
            unknown = sorted(said.keys() - names)
            if unknown:
                raise BadFile(
                    f"An archive has no {unknown[0]:.100} of a {archived.type}.",
                    path=f"{place}/{member}/{unknown[0]:.100}",
                )
        for wire, relationship in resource["relationships"].items():
            many = REGISTRY.relation(REGISTRY[archived.type], wire).many
            if not isinstance(relationship, dict) or not _is_linkage(relationship.get("data", 0), many=many):
                what = "an array of resource identifiers" if many else "a resource identifier or null"
                raise BadFile(f"The data of {wire} is {what}.", path=f"{place}/relationships/{wire}")
    return data


def _members_of(archived: Archived) -> tuple[set[str], set[str]]:
    """Wire names of the attributes and relationships that a type has in an archive."""
    if archived.type == "role-invite":
        return {"email", "role-name"}, {"event"}
    attributes = REGISTRY[archived.type].attributes
    known = {attributes[name].wire for name in writable(REGISTRY, archived.type)}
    return known, {name.replace("_", "-") for name in (archived.parent, *archived.links) if name}


def _names_in(package: Package) -> dict[tuple[str, str], str]:
    name = f"{DOCUMENTS}named.json"
    names = {}
    for at, resource in enumerate(_data_of(package, name) if name in package.names else ()):
        attributes = resource.get("attributes") if isinstance(resource, dict) else None
        said = attributes.get("name") if isinstance(attributes, dict) else None
        key = (str(resource.get("type")), str(resource.get("id"))) if said else ("", "")
        if not isinstance(said, str) or key[0] not in NAMED:
            raise BadFile("This names nothing that a platform has.", path=f"{name}/data/{at}")
        names[key] = said
    return names


def _data_of(package: Package, name: str) -> list[Any]:
    document = package.json(name)
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, list):
        raise BadFile("This is no document with an array of resources.", path=f"{name}/data")
    return data


def _is_linkage(data: Any, *, many: bool) -> bool:
    if many:
        return isinstance(data, list) and all(_is_identifier(target) for target in data)
    return data is None or _is_identifier(data)


def _is_identifier(target: Any) -> bool:
    return isinstance(target, dict) and _are_texts([target.get("type"), target.get("id")])


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
