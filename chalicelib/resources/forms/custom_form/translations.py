"""Translations of a form field as a list attribute of the field, as organizers' pages send them."""

from collections.abc import Sequence
from typing import Any

from marshmallow import EXCLUDE
from marshmallow import Schema as MarshmallowSchema
from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.sql import ROW, Sql, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import LARGEST_INTEGER, Computed, fields, validate
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.forms.custom_form_translate import CustomFormTranslate, demand_room
from chalicelib.resources.value_fields import Language

MOST_TRANSLATIONS = 100
_LIST = sql(
    "SELECT coalesce(jsonb_agg(jsonb_build_object('id', word.id, 'name', word.name, "
    "'language_code', word.language_code, 'isDeleted', false) ORDER BY word.id), '[]') "
    "FROM custom_form_translates word WHERE word.custom_form_id = ",
    ROW["id"],
)


_NAMES = """
SELECT word.custom_form_id, (array_agg(word.name ORDER BY word.id))[1] FROM custom_form_translates word
WHERE word.custom_form_id = ANY($1) AND lower(substring(word.language_code FROM '^[A-Za-z]+')) = $2
GROUP BY word.custom_form_id
"""


def names_in(session: Session, field_ids: Sequence[int], language: str) -> dict[int, str]:
    """The names of these fields in a language such as de, by id, as far as they are translated into it."""
    if not field_ids or not language:
        return {}
    return dict(db.fetch(session, _NAMES, [list(field_ids), language]))


class _Entry(MarshmallowSchema):
    class Meta:
        unknown = EXCLUDE

    name = fields.Str(longest=LONGEST_ANSWER, required=True)
    language_code = Language(required=True)
    id = fields.Int(allow_none=True, validate=validate.Range(1, LARGEST_INTEGER))
    is_deleted = fields.Bool(data_key="isDeleted")


class Translations(Computed, fields.List[Any]):
    """[{name, language_code, id, isDeleted}]: visible if `of` holds; stored as rows."""

    def __init__(self, of: Sql) -> None:
        super().__init__(
            "JSONB",
            sql("CASE WHEN ", of, " THEN (", _LIST, ") END"),
            cls_or_instance=fields.Nested(_Entry),
            allow_none=True,
            validate=validate.Length(max=MOST_TRANSLATIONS),
            metadata={"example": [{"name": "Konfektionsgröße", "language_code": "de"}]},
        )
        self.dump_only = False


def keep_translations(context: Context, change: Change) -> None:
    """Hook: entries with an id are updated or deleted, others added."""
    field = change.row
    for entry in change.sent.get("translations") or ():
        row = None
        if entry.get("id"):
            row = context.session.get(CustomFormTranslate, entry["id"])
            if row is None or row.custom_form_id != field.id:
                raise not_found(
                    f"The field has no translation {entry['id']}.", "/data/attributes/translations"
                )
        if entry.get("is_deleted"):
            if row is not None:
                context.session.delete(row)
            continue
        if row is None:
            row = CustomFormTranslate(custom_form_id=field.id, form_id=field.form_id)
            context.session.add(row)
        row.name, row.language_code = entry["name"], entry["language_code"]
    if change.sent.get("translations"):
        demand_room(context, field.id, "/data/attributes/translations")
