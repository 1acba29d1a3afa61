"""Reads archives of the former server: as it writes them, and as its importer reads them.

It writes `track_id`, `microlocation_id` and `session_type_id`, and reads `track`, `microlocation` and
`session_type`: an id, an object with one, or a list of one. Both are understood here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.archive.content import Content
from chalicelib.archive.declared import BY_TYPE
from chalicelib.archive.former import EVENT, FILES, META
from chalicelib.archive.media import SCHEME
from chalicelib.archive.package import Package
from chalicelib.archive.reading import writable
from chalicelib.imports.report import BadFile
from chalicelib.resources import REGISTRY

SOCIAL: Final = "social_links"
_TO_ONE: Final = {"track": "track", "microlocation": "microlocation", "session_type": "session-type"}
_SPEAKERS: Final = "speakers"
_FURTHER: Final = "further_microlocations"
_AT_EVENT: Final[dict[str, Any]] = {"event": {"data": {"type": "event", "id": "1"}}}
_PATH: Final = re.compile(r"/[A-Za-z0-9_./-]+")
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)?(?::?(\d\d))?")


def read_former(package: Package) -> Content:
    """The content of a zip of the former server. Raises BadFile."""
    missing = sorted({EVENT, *FILES} - package.names)
    if missing:
        raise BadFile(f"File {missing[0]} missing in event zip", path=missing[0])
    event = package.json(EVENT)
    if not isinstance(event, dict):
        raise BadFile("The event is an object.", path=EVENT)
    if META in package.names:
        package.json(META)
    links = event.get(SOCIAL)
    resources = {"event": [_resource("event", {**event, "id": 1}, EVENT)]}
    resources["social-link"] = [
        _resource("social-link", {**row, "id": at}, f"{EVENT}/{SOCIAL}")
        for at, row in enumerate(_rows(links if links is not None else [], f"{EVENT}/{SOCIAL}"), 1)
    ]
    ids: dict[str, list[str]] = {}
    places = {"event": EVENT, "social-link": f"{EVENT}/{SOCIAL}"}
    for name, type_name in FILES.items():
        living = [row for row in _rows(package.json(name), name) if not row.get("deleted_at")]
        resources[type_name] = [_resource(type_name, row, f"{name}/{at}") for at, row in enumerate(living)]
        ids[type_name] = [resource["id"] for resource in resources[type_name]]
        places[type_name] = name
        if len(set(ids[type_name])) != len(ids[type_name]):
            raise BadFile("Two rows have one id.", path=name)
    source = event.get("identifier")
    identifier = source if isinstance(source, str) and source else str(event.get("id"))
    _with_files(resources, frozenset(f"/{name}" for name in package.names))
    return Content(identifier[:100], resources, places, ids, {}, True, False, package)


def _rows(rows: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadFile(f"{name} is an array of objects.", path=name)
    return rows


def _resource(type_name: str, row: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The row as a resource object: what a client could write, and nothing else."""
    id = row.get("id")
    if isinstance(id, bool) or not isinstance(id, int | str) or id == "":
        raise BadFile("A row has an id.", path=place)
    attributes = REGISTRY[type_name].attributes
    known = {name: attributes[name] for name in writable(REGISTRY, type_name)}
    said = {
        member.wire: _value(row[name])
        for name, member in known.items()
        if name in row and not (row[name] is None and not member.field.allow_none)
    }
    links = dict(_AT_EVENT if BY_TYPE[type_name].parent == "event" else {})
    if type_name == "session":
        links |= _links_of(row, place)
    return {"type": type_name, "id": str(id), "attributes": said, "relationships": links}


def _links_of(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    links: dict[str, Any] = {}
    for name, target in _TO_ONE.items():
        linked = _ids_in(row.get(name), f"{place}/{name}") or _ids_in(
            row.get(f"{name}_id"), f"{place}/{name}_id"
        )
        if len(linked) > 1:
            raise BadFile(f"A session has one {name}.", path=f"{place}/{name}")
        links[target] = {"data": {"type": target, "id": linked[0]} if linked else None}
    speakers = _ids_in(row.get(_SPEAKERS), f"{place}/{_SPEAKERS}")
    links[_SPEAKERS] = {"data": [{"type": "speaker", "id": id} for id in dict.fromkeys(speakers)]}
    rooms = _ids_in(row.get(_FURTHER), f"{place}/{_FURTHER}")  # in zips of ours
    links["further-microlocations"] = {"data": [{"type": "microlocation", "id": id} for id in rooms]}
    return links


def _ids_in(linked: Any, place: str) -> list[str]:
    """The ids in what the former server takes for a link: an id, an object with an id, or a list of them."""
    if linked is None or linked == "":
        return []
    if isinstance(linked, list):
        return [id for each in linked for id in _ids_in(each, place)]
    if isinstance(linked, dict):
        return _ids_in(linked.get("id"), place)
    if isinstance(linked, bool) or not isinstance(linked, int | str):
        raise BadFile("A link is an id, an object with an id, or a list of them.", path=place)
    return [str(linked)]


def _value(value: Any) -> Any:
    """Times as its database wrote them, in ISO 8601."""
    if isinstance(value, str) and (moment := _MOMENT.fullmatch(value)):
        date, time, hours, minutes = moment.groups()
        return f"{date}T{time}{hours or '+00'}:{minutes or '00'}"
    return value


def _with_files(resources: Mapping[str, Sequence[dict[str, Any]]], paths: frozenset[str]) -> None:
    """Paths of files in the zip get their scheme; a path of a file that is not there becomes null."""
    for listed in resources.values():
        for resource in listed:
            attributes = resource["attributes"]
            for wire, value in attributes.items():
                if not wire.endswith("url") or not isinstance(value, str):
                    continue
                path = value if value.startswith("/") else f"/{value}"
                if path in paths:
                    attributes[wire] = SCHEME + path
                elif _PATH.fullmatch(path) and "://" not in value:
                    attributes[wire] = None
