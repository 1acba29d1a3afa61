"""Answers to organizers' own questions in a form, by the question's name."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from chalicelib.jsonapi.model.fields import fields

MOST_VALUES = 30
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class SnakeKeys(fields.Dict):
    """JSON object whose keys are converted to snake_case."""

    def stored_form(self, value: Any) -> Any:
        """The object with sanitized texts, and keys in snake_case."""
        stored = super().stored_form(value)
        if not isinstance(stored, dict):
            return stored
        return {_BOUNDARY.sub("_", key).replace("-", "_").lower(): value for key, value in stored.items()}


class FormValues(SnakeKeys):
    """Answers by question: a limited number of scalar values."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[Any, Any]:
        content = super()._deserialize(value, attr, data, **kwargs)
        if len(content) > MOST_VALUES:
            raise ValidationError(f"At most {MOST_VALUES} values.")
        nested = sorted(key for key, value in content.items() if isinstance(value, (dict, list)))
        if nested:
            raise ValidationError(f"Values are texts, numbers or booleans; not so: {', '.join(nested)}.")
        return content
