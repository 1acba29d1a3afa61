"""Columns of what people have answered: one for each included field of an event's form, in its order."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy.orm import Session

from chalicelib.exports.columns import NO, YES, Column, Kind, yes_or_no
from chalicelib.exports.export import Export, Place
from chalicelib.jsonapi.ground.sql import Param, Row, sql
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.forms.custom_form.answers import questions
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.forms.custom_form.translations import names_in
from chalicelib.resources.forms.custom_form.well_known import snake
from chalicelib.values.messages import translated

ANSWER: Final = "answer"
_ROW = Row("t")


def fields_of(session: Session, export: Export, event_id: int) -> Sequence[CustomForm]:
    """The included fields of the event's form, in order; none for an export without a form."""
    return questions(session, export.form, event_id) if export.form else ()


def answer_columns(
    session: Session, noun: Resource, export: Export, place: Place, fields: Sequence[CustomForm]
) -> Iterator[Column]:
    """A column for each field, also for two of one name. What has a column by itself gets no other.

    Its heading is the field's name, or its translation into the language of the list.
    """
    covered = {
        name
        for listed in export.columns
        if listed.default and not listed.unless
        for _, alias, name in listed.seen
        if alias == "t"
    }
    names = names_in(session, [field.id for field in fields], place.language)
    for field in fields:
        name = snake(field.field_identifier)
        title = " ".join((names.get(field.id) or field.name or field.field_identifier).split())
        if field.is_complex:
            yield _own(noun, f"answer-{field.id}", title, name, is_internal=field.is_internal)
        elif name in noun.attributes and name not in covered:
            title = translated(title, place.language)
            yield _well_known(noun, f"answer-{field.id}", title, noun.attributes[name])


def _own(noun: Resource, column: str, title: str, name: str, *, is_internal: bool) -> Column:
    """The answer as it was written; of a box that is ticked or not, Yes or No."""
    key, answers = (
        Param((ANSWER, name), "text"),
        "internal_field_values" if is_internal else "complex_field_values",
    )
    value = sql(
        *(f"CASE jsonb_typeof(t.{answers} -> ", key, ") "),
        *(f"WHEN 'boolean' THEN CASE t.{answers} ->> ", key),
        *(" WHEN 'true' THEN ", YES, " ELSE ", NO, " END "),
        *(f"ELSE t.{answers} ->> ", key, " END"),
    )
    return Column(column, title, value, seen=((noun.type, "t", answers),))


def _well_known(noun: Resource, column: str, title: str, attribute: Attribute) -> Column:
    value, kind, sql_type = attribute.sql(_ROW), Kind.TEXT, attribute.sql_type.lower()
    if sql_type == "boolean":
        value = yes_or_no(value)
    elif sql_type.startswith("timestamp"):
        kind = Kind.MOMENT
    else:
        value = sql(value, "::text")
    return Column(column, title, value, kind, ((noun.type, "t", attribute.name),))
