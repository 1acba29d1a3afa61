"""URLs of uploads, and which of temporary ones a write has.

That is asked after every write, so this imports neither models nor storage.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.settings import settings

MEDIA: Final = "media/"  # folder of public objects in the bucket
TEMPORARY: Final = f"{MEDIA}upload/"  # those of temporary uploads
_FILE: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.\w+)")


@dataclass(frozen=True, slots=True, eq=False)
class Mention:
    """A written attribute, by name, whose value has URLs of temporary uploads with these keys."""

    name: str
    value: Any
    keys: set[str]


def mentions_in(resource: Resource, change: Change) -> list[Mention]:
    """The attributes sent that are new or differ, and have such URLs."""
    prefix = _prefix()
    return [
        Mention(name, value, _keys(text, prefix))
        for name, value in _written(resource, change)
        if prefix in (text := value if type(value) is str else _text(value))
    ]


def named_by(url: str) -> str | None:
    """The key of the upload whose URL this is, or None. A rendition of one is a plain link."""
    start = _prefix()
    found = _FILE.match(url, len(start)) if url.startswith(start) else None
    return found[0] if found else None


def _written(resource: Resource, change: Change) -> Iterator[tuple[str, Any]]:
    """(name, value) of every attribute sent that is new or differs; one without a column counts as sent."""
    held = change.row.__dict__
    for name, value in change.sent.items():
        column = resource.attributes[name].column
        if column not in held:
            yield name, value
        elif change.is_new or column in change.before:
            yield name, held[column]


def _prefix() -> str:
    return f"{settings().media_url}/{TEMPORARY}"


def _keys(text: str, prefix: str) -> set[str]:
    """The keys of all uploads whose URLs are in the text."""
    places = (match.end() for match in re.finditer(re.escape(prefix), text))
    return {found[0] for place in places if (found := _FILE.match(text, place))}


def _text(value: Any) -> str:
    """The texts in a value: itself, or those in a list or object."""
    if isinstance(value, dict):
        return " ".join(map(_text, value.values()))
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return value if isinstance(value, str) else ""
