"""Helpers of the actions that mail what a client wrote: the text as plain lines, of limited length."""

import json
from typing import Any, Final

from chalicelib.actions.plain_object import text_in
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.plain_text import plain_text

_MOST_BYTES: Final = 15_000  # as JSON, so that it fits into the arguments of a task


def lines_in(content: dict[str, Any], name: str, longest: int) -> str:
    """The text under this name without its markup, by lines; "" where it is missing, null or blank.

    `longest` is in characters of what was sent. Raises Problem 422.
    """
    pointer = f"/{name}"
    text = plain_text(text_in(content, name, pointer, longest))
    if len(json.dumps(text, ensure_ascii=False).encode()) > _MOST_BYTES:
        raise invalid(f"{name} has {_MOST_BYTES} bytes at most.", pointer)
    return text
