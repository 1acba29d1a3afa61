"""One declaration for a column and its attribute: what follows from it, and which mistakes it refuses."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

import pytest
from sqlalchemy import MetaData
from sqlalchemy.orm import Mapped, registry

from chalicelib.db import Model
from chalicelib.jsonapi.ground.sql import sql
from chalicelib.jsonapi.model.attr import AttributeOptions, ColumnOptions, FieldOptions
from chalicelib.jsonapi.model.fields import Computed, Schema, attr, fields, validate
from chalicelib.jsonapi.model.moment_field import Moment
from chalicelib.jsonapi.model.policy import Policy, anyone, staff
from chalicelib.jsonapi.model.resource import Resource

WIRE_OPTIONS = [*FieldOptions.__annotations__, *AttributeOptions.__annotations__]


class Base(Model):
    """Tables that live nowhere."""

    __abstract__ = True
    metadata = MetaData()
    registry = registry(metadata=metadata, type_annotation_map=dict(Model.registry.type_annotation_map))
    _sa_registry = registry


def noun(schema: type[Schema] = Schema, **columns: Any) -> Resource:
    """A noun with these columns: the annotation, and what stands for it."""
    Base.metadata.clear()
    Base.registry.dispose()
    members = {name: value for name, (_, value) in columns.items() if value is not None}
    annotations = {name: Mapped[kind] for name, (kind, _) in columns.items()}  # type: ignore[valid-type]
    model = type("Safe", (Base,), {"__tablename__": "safes", "__annotations__": annotations, **members})
    return Resource("safe", model, schema, path="safes", policy=Policy(anyone, anyone, anyone, anyone))


def misspelled(name: str) -> Iterator[str]:
    """The ways in which people misspell a name, but for those that are names too."""
    yield from (name[:at] + name[at + 1 :] for at in range(len(name)))  # a letter less
    yield from (name[:at] + name[at] + name[at:] for at in range(len(name)))  # a letter twice
    yield from (name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1))
    yield from (name.upper(), name.capitalize(), name + "s", name + "_", "_" + name, f" {name}")
    yield from (name.replace("_", ""), name.replace("_", "-"), name.title().replace("_", ""))


KNOWN = {*WIRE_OPTIONS, *ColumnOptions.__annotations__}
FORMER = ["scope", "write", "create", "stays", "may_be_empty", "schema"]
MISTAKES = sorted({wrong for name in KNOWN for wrong in misspelled(name)} - KNOWN) + FORMER


def test_no_misspelled_option_of_an_attribute_is_taken() -> None:
    assert len(MISTAKES) > 500
    for wrong in MISTAKES:
        with pytest.raises(TypeError) as refused:
            noun(secret=(str | None, attr(**cast(Any, {wrong: staff}))))
        assert str(refused.value) == f"safe: Safe.secret: there is no option {wrong!r}"


def test_no_misspelled_metadata_of_a_field_are_taken() -> None:
    names = set(AttributeOptions.__annotations__) | {"after"}
    wrong_ones = sorted({wrong for name in names for wrong in misspelled(name)} - names) + FORMER + ["scpoe"]
    for wrong in wrong_ones:
        for field in (
            fields.Str(metadata={wrong: staff}),
            Computed("text", sql("'x'"), metadata={wrong: staff}),
            fields.List(fields.Str(metadata={wrong: staff})),
        ):
            with pytest.raises(TypeError) as refused:
                type("SafeSchema", (Schema,), {"secret": field})
            assert str(refused.value) == f"SafeSchema.secret: there is no metadata {wrong!r}"


@pytest.mark.parametrize("name", ["seen_by", "set_by", "first_set_by"])
@pytest.mark.parametrize("value", [None, "staff", {"seen_by": staff}, True, lambda: staff])
def test_who_sees_and_sets_it_is_a_rule(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"Safe.secret: {name} is not a rule"):
        noun(secret=(str | None, attr(**cast(Any, {name: value}))))
    with pytest.raises(TypeError, match=f"SafeSchema.secret: {name} is not a rule"):
        type("SafeSchema", (Schema,), {"secret": fields.Str(metadata={name: value})})


def test_an_option_of_another_kind_is_refused_with_the_name_of_the_column() -> None:
    with pytest.raises(TypeError, match=r"safes\.is_open: .*'mailto'"):
        noun(is_open=(bool, attr(mailto=True))).attributes.clear()


def test_an_attribute_is_declared_once() -> None:
    class SafeSchema(Schema):
        secret = fields.Str()

    with pytest.raises(TypeError, match=r"Safe\.secret: SafeSchema declares it too"):
        noun(SafeSchema, secret=(str, attr(seen_by=staff)))


def test_an_attribute_stands_after_one_that_there_is() -> None:
    class SafeSchema(Schema):
        weight = Computed("integer", sql("1"), metadata={"after": "nmae"})

    with pytest.raises(TypeError, match=r"safe: SafeSchema\.weight stands after 'nmae', which there is not"):
        noun(SafeSchema, name=(str, attr()))


def test_a_column_that_holds_json_must_say_its_kind() -> None:
    with pytest.raises(TypeError, match=r"Safe.content: .* must say its kind"):
        noun(content=(dict[str, Any], attr()))
    assert isinstance(noun(content=(dict[str, Any], attr(fields.Dict))).schema.fields["content"], fields.Dict)


def test_a_column_without_attr_is_no_attribute() -> None:
    assert list(noun(name=(str, attr()), secret=(str, None)).attributes) == ["name"]


def test_kind_and_null_follow_from_the_column() -> None:
    safe = noun(
        name=(str, attr(required=True, max_length=7)),
        note=(str | None, attr()),
        size=(int | None, attr(minimum=1, maximum=9)),
        is_open=(bool, attr(default=False)),
        opened_at=(datetime | None, attr(read_only=True)),
        state=(str, attr(choices=["open", "shut"], allow_null=True, wire_name="condition")),
    )
    found = safe.schema.fields
    assert {name: type(value) for name, value in found.items()} == {
        **dict.fromkeys(("name", "note", "state"), fields.Str),
        "size": fields.Int,
        "is_open": fields.Bool,
        "opened_at": Moment,
    }
    assert {name for name, value in found.items() if value.allow_none} == {"note", "size", "state"}
    assert {name for name, value in found.items() if value.required} == {"name"}
    assert {name for name, value in found.items() if value.dump_only} == {"opened_at"}
    assert found["state"].data_key == "condition"
    assert [
        vars(validator)["max"]
        for validator in found["name"].validators
        if isinstance(validator, validate.Length)
    ] == [7]
    assert safe.model_or_raise.__table__.columns["is_open"].default is not None


def test_who_sees_and_sets_it_is_kept_with_the_column() -> None:
    secret = noun(secret=(str | None, attr(seen_by=staff, set_by=staff, first_set_by=anyone)))
    attribute = secret.attributes["secret"]
    assert (attribute.scope, attribute.writers, attribute.first_writers) == (staff, staff, anyone)


def test_attributes_stand_in_the_order_of_their_declarations() -> None:
    class Stamped(Schema):
        stamp = fields.Str(dump_only=True)

    class SafeSchema(Stamped):
        value = Computed("integer", sql("1"))
        weight = Computed("integer", sql("1"), metadata={"after": "name"})
        height = Computed("integer", sql("1"), metadata={"after": "weight"})
        depth = Computed("integer", sql("1"))

    safe = noun(SafeSchema, name=(str, attr()), place=(str, attr()))
    assert list(safe.attributes) == ["stamp", "name", "weight", "height", "place", "value", "depth"]
