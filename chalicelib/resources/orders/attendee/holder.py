"""What whoever holds a ticket says of themselves by a link: which attributes of an attendee these are."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.jsonapi.ground.errors import Problems, invalid
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.document import Incoming
from chalicelib.jsonapi.write.loading import load_attributes
from chalicelib.resources.orders.attendee.rules import AT_THE_DOOR


def personal(nouns: Resource) -> dict[str, str]:
    """What a holder says of themselves: names of attributes by wire names. The address is the link's."""
    return {
        attribute.wire: name
        for name, attribute in nouns.attributes.items()
        if attribute.computed is None
        and not attribute.field.dump_only
        and attribute.writers is None
        and name not in {*AT_THE_DOOR, "email", "deleted_at"}
    }


def forget(attendee: Any, columns: Iterable[str]) -> None:
    """Nobody has said anything there."""
    for column in columns:
        default = attendee.__table__.columns[column].default
        setattr(attendee, column, default.arg if default is not None and default.is_scalar else None)


def loaded(nouns: Resource, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The validated values, by the names of their attributes. Raises Problems 422, also for what is not
    theirs to say.
    """
    known = personal(nouns)
    unknown = [
        invalid(f"{name} is nothing that who gets a ticket says.", f"/data/attributes/{name}")
        for name in sorted(sent.keys() - known.keys())
    ]
    if unknown:
        raise Problems(unknown)
    return load_attributes(nouns, Incoming(nouns.type, None, dict(sent)), is_new=False)


def said(nouns: Resource, attendee: Any) -> dict[str, Any]:
    """What is known of them, by wire names, as a document has it; without what nobody has said."""
    values = {
        wire: getattr(attendee, nouns.attributes[name].column) for wire, name in personal(nouns).items()
    }
    return {
        wire: value.isoformat() if hasattr(value, "isoformat") else value
        for wire, value in values.items()
        if value is not None
    }
