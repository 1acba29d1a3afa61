"""Integer attributes, lenient in form: clients send texts ("10") and floats without a fraction (10.0)."""

from typing import Any

from marshmallow import fields

from chalicelib.jsonapi.model.whole import whole as whole  # re-exported


class Integer(fields.Integer):
    """Integer in any of these forms; 5.5, true and "" are invalid."""

    def _validated(self, value: Any) -> int:
        try:
            return whole(value)
        except ValueError:
            raise self.make_error("invalid", input=value) from None
