"""Columns of what people have answered: one for each included field of an event's form, in its order."""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from chalicelib.exports.columns import Column, Kind
from chalicelib.exports.export import Export
from chalicelib.jsonapi.ground.sql import Param, Row, sql
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.forms.custom_form.answers import questions, snake
from chalicelib.resources.forms.custom_form.custom_form import CustomForm

_ROW = Row("t")


def fields_of(session: Session, export: Export, event_id: int) -> Sequence[CustomForm]:
    """The included fields of the event's form, in order; none for an export without a form."""
    return questions(session, export.form, event_id) if export.form else ()


def answer_columns(noun: Resource, export: Export, fields: Sequence[CustomForm]) -> Iterator[Column]:
    """A column for each field, also for two of one name. What has a column by itself gets no other."""
    covered = {
        name
        for listed in export.columns
        if listed.default and not listed.unless
        for _, alias, name in listed.seen
        if alias == "t"
    }
    for field in fields:
        name, title = snake(field.field_identifier), " ".join((field.name or field.field_identifier).split())
        if field.is_complex:
            yield _own(noun, f"answer-{field.id}", title, name)
        elif name in noun.attributes and name not in covered:
            yield _well_known(noun, f"answer-{field.id}", title, noun.attributes[name])


def _own(noun: Resource, column: str, title: str, name: str) -> Column:
    """The answer as it was written; of a box that is ticked or not, Yes or No."""
    key = Param(("answer", name), "text")
    value = sql(
        *("CASE jsonb_typeof(t.complex_field_values -> ", key, ") "),
        *(
            "WHEN 'boolean' THEN CASE t.complex_field_values ->> ",
            key,
            " WHEN 'true' THEN 'Yes' ELSE 'No' END ",
        ),
        *("ELSE t.complex_field_values ->> ", key, " END"),
    )
    return Column(column, title, value, seen=((noun.type, "t", "complex_field_values"),))


def _well_known(noun: Resource, column: str, title: str, attribute: Attribute) -> Column:
    value, kind, sql_type = attribute.sql(_ROW), Kind.TEXT, attribute.sql_type.lower()
    if sql_type == "boolean":
        value = sql("CASE ", value, " WHEN TRUE THEN 'Yes' WHEN FALSE THEN 'No' END")
    elif sql_type.startswith("timestamp"):
        kind = Kind.MOMENT
    else:
        value = sql(value, "::text")
    return Column(column, title, value, kind, ((noun.type, "t", attribute.name),))
