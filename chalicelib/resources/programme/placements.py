"""Placements: sessions each with a time and rooms, as a schedule that is made, tried or sent lists them."""

from typing import Any, Final

from marshmallow import RAISE, ValidationError, validates_schema

from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.resources.attributes import MomentText

MOST_PLACEMENTS: Final = 1_000
_MOST_ROOMS: Final = 50


def _id(**options: Any) -> fields.Int:
    return fields.Int(strict=True, validate=validate.Range(1), **options)


class PlacementSchema(Schema):
    """One session with what is said of its place; what is not said stays. Null takes a time or room away."""

    class Meta:
        unknown = RAISE

    session = _id(required=True)
    starts_at = MomentText.of_json("starts-at", allow_none=True)
    ends_at = MomentText.of_json("ends-at", allow_none=True)
    microlocation = _id(allow_none=True)
    further_microlocations = fields.List(
        _id(), attribute="further-microlocations", validate=validate.Length(0, _MOST_ROOMS)
    )

    @validates_schema
    def _has_both_times(self, data: dict[str, Any], **_options: Any) -> None:
        begins, ends = data.get("starts-at"), data.get("ends-at")
        if ("starts-at" in data) != ("ends-at" in data) or (begins is None) != (ends is None):
            raise ValidationError("A time is both starts-at and ends-at, or neither.", "ends-at")
        if begins is not None and ends is not None and MomentText.read(ends) <= MomentText.read(begins):
            raise ValidationError("A session must end after it begins.", "ends-at")


class DatedPlacement(PlacementSchema):
    """One with the session's last-modified-at, as whoever places it has seen it (optimistic lock)."""

    last_modified_at = MomentText.of_json("last-modified-at")


def placements(schema: type[Schema] = PlacementSchema, **options: Any) -> fields.List[Any]:
    """A list of placements, one of each session at most."""
    checks = [validate.Length(0, MOST_PLACEMENTS), _one_each]
    return fields.List(fields.Nested(schema), validate=checks, **options)


def _one_each(listed: list[dict[str, Any]]) -> None:
    seen: set[int] = set()
    for placement in listed:
        if placement["session"] in seen:
            raise ValidationError(f"The session {placement['session']} is in the list twice.")
        seen.add(placement["session"])
