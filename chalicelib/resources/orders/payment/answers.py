"""Answers of payment providers (JSON): members that may be missing, or of another kind."""

import json
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.http_client import BadAnswer

LONGEST: Final = 200


def object_in(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, whose texts can be stored. Raises BadAnswer."""
    try:
        told = json.loads(body)
        texts = json.dumps(told, ensure_ascii=False).encode()  # ValueError: half of a surrogate pair
    except (ValueError, RecursionError):
        raise BadAnswer("no JSON") from None
    if rb"\u0000" in texts:
        raise BadAnswer("a character that cannot be stored")
    if not isinstance(told, dict):
        raise BadAnswer("JSON, but no object")
    return told


def members_in(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The members of an object that may be missing."""
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def text_in(told: Mapping[str, Any], name: str) -> str:
    """A text that must be there. Raises BadAnswer."""
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise BadAnswer(f"an answer without {name}")
    return value


def text_in_or_none(told: Mapping[str, Any], name: str) -> str | None:
    """A text that may be missing, null or empty. Raises BadAnswer for another kind of value."""
    return text_in(told, name) if told.get(name) not in (None, "") else None


def object_in_or_empty(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object that may be missing. Raises BadAnswer for another kind of value."""
    value = told.get(name, {})
    if not isinstance(value, dict):
        raise BadAnswer(f"an answer whose {name} is no object")
    return value


def number_in(told: Mapping[str, Any], name: str) -> int:
    """A whole number that must be there. Raises BadAnswer."""
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadAnswer(f"an answer without {name}")
    return value


def short_of(value: object, most: int = LONGEST) -> str | None:
    """A value as a text that is not too long to be stored; None for nothing."""
    return str(value)[:most] if value not in (None, "") else None
