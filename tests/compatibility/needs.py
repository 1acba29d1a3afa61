"""What a client needs of an answer: members by path, each of a kind or with a value.

A path is names and numbers with dots between them; name[] is each item of a list that is not empty. A kind is one
of KINDS; after `maybe` null will do too, and a list may be empty. `absent` needs that a member is not there.
Anything else is the value itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
KINDS: Final[dict[str, Callable[[Any], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "whole": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "moment": lambda value: isinstance(value, str) and _MOMENT.fullmatch(value) is not None,
    "list": lambda value: isinstance(value, list) and bool(value),
    "object": lambda value: isinstance(value, dict),
    "absent": lambda _value: False,
}
_ABSENT: Final = object()


def unmet(document: Any, needs: Mapping[str, Any]) -> list[str]:
    """What of the needs the document does not meet, in words; `status` is not among them."""
    return [
        f"{path} is {'not there' if value is _ABSENT else repr(value)[:200]}, not {expected!r}"
        for path, expected in needs.items()
        if path != "status"
        for value in _found(document, path)
        if not _is(value, expected)
    ]


def at(document: Any, path: str) -> Any:
    """The value at a path. Raises LookupError."""
    value = next(iter(_found(document, path)))
    if value is _ABSENT:
        raise LookupError(path)
    return value


def _found(value: Any, path: str) -> Iterator[Any]:
    name, _, rest = path.partition(".")
    each = name.endswith("[]")
    inner = _member(value, name.removesuffix("[]"))
    items = (inner if isinstance(inner, list) and inner else [_ABSENT]) if each else [inner]
    for item in items:
        if rest and item is not _ABSENT:
            yield from _found(item, rest)
        else:
            yield item


def _member(value: Any, name: str) -> Any:
    if not name:
        return value
    if isinstance(value, list):
        return value[int(name)] if name.isdigit() and int(name) < len(value) else _ABSENT
    return value.get(name, _ABSENT) if isinstance(value, dict) else _ABSENT


def _is(value: Any, wanted: Any) -> bool:
    if value is _ABSENT:
        return bool(wanted == "absent")
    if isinstance(wanted, str):
        kind = wanted.removeprefix("maybe ")
        if kind in KINDS:
            perhaps = kind != wanted and (value is None or value == [])
            return perhaps or KINDS[kind](value)
    return bool(value == wanted)
