"""What each column says about its attribute is what the attribute does, whatever kind makes the field."""

from collections.abc import Iterator
from typing import Any

from chalicelib.jsonapi.model.attr import AttributeOptions, Wire
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.resources import REGISTRY


def declared() -> Iterator[tuple[str, Attribute, Wire]]:
    """Each attribute that is declared with its column: its name, itself and what the column says."""
    for resource in REGISTRY:
        columns: Any = resource.model.__table__.columns if resource.model is not None else ()
        for column in columns:
            if "wire" in column.info:
                yield f"{resource.type}.{column.key}", resource.attributes[column.key], column.info["wire"]


def test_no_kind_of_field_loses_who_sees_and_sets_it() -> None:
    said = {
        name: (wire.options.get("seen_by"), wire.options.get("set_by"), attribute.scope, attribute.writers)
        for name, attribute, wire in declared()
    }
    assert len(said) > 680
    assert len([item for item in said.values() if item[0] is not None]) > 100
    assert [name for name, value in said.items() if value[:2] != value[2:]] == []


def test_no_kind_of_field_loses_what_the_description_is_told() -> None:
    lost = [
        (name, option)
        for name, attribute, wire in declared()
        for option in AttributeOptions.__annotations__.keys() & wire.options.keys()
        if attribute.field.metadata[option] != wire.options[option]
    ]
    assert lost == []


def test_no_kind_of_field_loses_whether_it_is_sent() -> None:
    wrong = [
        name
        for name, attribute, wire in declared()
        if bool(wire.options.get("required")) != attribute.field.required
        or bool(wire.options.get("read_only")) != attribute.field.dump_only
        or bool(wire.options.get("write_only")) != attribute.field.load_only
    ]
    assert wrong == []
