"""The form of the former server's archives: JSON files without endings, made of the resources of ours.

Its fixed keys come first, the others in alphabetical order, four spaces deep. Relationships stand there
twice: as `track_id`, as it wrote them, and as `track`, as its importer reads them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from chalicelib.archive.media import SCHEME
from chalicelib.resources.programme.track import readable_on

META: Final = "meta"
EVENT: Final = "event"
FILES: Final[Mapping[str, str]] = {  # by name, the type of its rows
    "microlocations": "microlocation",
    "sessions": "session",
    "speakers": "speaker",
    "sponsors": "sponsor",
    "tracks": "track",
    "session_types": "session-type",
    "forms": "custom-form",
}
_HEADS: Final[Mapping[str, str]] = {
    "event": (
        "id name latitude longitude location_name starts_at ends_at timezone description original_image_url "
        "logo_url owner_name owner_description external_event_url ticket_url privacy event_type_id "
        "event_topic_id event_sub_topic_id code_of_conduct"
    ),
    "session": (
        "id title subtitle short_abstract long_abstract starts_at ends_at session_type_id track_id comments "
        "language slides_url audio_url video_url"
    ),
    "speaker": (
        "id name email mobile photo_url organisation position country short_biography long_biography website "
        "twitter facebook github linkedin"
    ),
    "sponsor": "id name logo_url level type url description",
    "microlocation": "id name floor",
    "track": "id name color font_color",
    "session-type": "id name length",
    "custom-form": "id",
}
# Links to what the former server's archives have no file of.
_OURS: Final = frozenset(
    {"event", "rooms", "event_type", "event_topic", "event_sub_topic", "submission_call", "sign_up_tickets"}
)


def row_of(resource: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """One row as the former server wrote it. Ids are those of the archive; the platform's own are null."""
    row = {wire.replace("-", "_"): _value(value) for wire, value in resource["attributes"].items()}
    row |= {"id": int(resource["id"]), **more}
    if resource["type"] == "track":
        row["font_color"] = readable_on(row["color"])
    for wire, relationship in resource["relationships"].items():
        name, linked = wire.replace("-", "_"), relationship["data"]
        if name in _OURS:
            continue
        if isinstance(linked, list):
            row[name] = [int(target["id"]) for target in linked]
        else:
            row[name] = row[f"{name}_id"] = None if linked is None else int(linked["id"])
    head = _HEADS[resource["type"]].split()
    first = {name: row.pop(name, None) for name in head}
    return first | dict(sorted(row.items()))


def array_of(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A file with an array of rows, piece by piece, as json.dumps(rows, indent=4) writes it."""
    opening = "["
    for row in rows:
        yield f"{opening}\n    {text_of(row).replace(_LINE, _DEEPER)}".encode()
        opening = ","
    yield b"[]" if opening == "[" else b"\n]"


_LINE, _DEEPER = "\n", "\n    "  # a raw line break stands between members alone


def text_of(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """JSON as the former server wrote it."""
    return json.dumps(content, indent=4, ensure_ascii=False)


def _value(value: Any) -> Any:
    """Without the scheme in front of a path: there it is one as it is."""
    return value.removeprefix(SCHEME) if isinstance(value, str) else value
