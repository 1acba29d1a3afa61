"""Free-form JSON objects as attributes: limits of depth, size and length, and sanitized texts."""

import json
from typing import Any, Final

from marshmallow import ValidationError, fields

from chalicelib.jsonapi.model.markup import has_too_many_tags, sanitize
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER, MOST_ITEMS, demand_length

DEEPEST: Final = 5
LONGEST_KEY: Final = 100
MOST_BYTES: Final = 20_000


class Dict(fields.Dict):
    """JSON object. `longest` limits each text in it (characters), `most_bytes` the whole as JSON (bytes)."""

    def __init__(
        self, *, longest: int = LONGEST_ANSWER, most_bytes: int = MOST_BYTES, **options: Any
    ) -> None:
        super().__init__(**options)
        self.longest, self.most_bytes = longest, most_bytes

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[Any, Any]:
        content: dict[Any, Any] = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        self._demand_limits(content, DEEPEST)
        stored: dict[Any, Any] = self.stored_form(content)
        if size_of(stored) > self.most_bytes:
            raise ValidationError(f"Longer than {self.most_bytes} bytes of JSON.")
        return stored

    def stored_form(self, value: Any) -> Any:
        """The object with every text and key sanitized."""
        return cleaned(value)

    def _demand_limits(self, value: Any, depth: int) -> None:
        if isinstance(value, str):
            demand_length(value, self.longest)
            if has_too_many_tags(value):
                raise ValidationError("Too many tags in a text.")
        if not isinstance(value, dict | list):
            return
        if depth == 0:
            raise ValidationError(f"Objects and lists are {DEEPEST} deep at most.")
        if len(value) > MOST_ITEMS:
            raise ValidationError(f"More than {MOST_ITEMS} members.")
        for key in value if isinstance(value, dict) else ():
            demand_length(key, LONGEST_KEY)
        for item in value.values() if isinstance(value, dict) else value:
            self._demand_limits(item, depth - 1)


def cleaned(value: Any, depth: int = 10 * DEEPEST) -> Any:
    """The JSON value with every text sanitized; anything nested deeper than `depth` becomes null."""
    if isinstance(value, str):
        return sanitize(value)
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return None
    if isinstance(value, list):
        return [cleaned(item, depth - 1) for item in value]
    return {sanitize(key): cleaned(item, depth - 1) for key, item in value.items()}


def size_of(value: Any) -> int:
    """The size of a value in bytes of JSON."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
