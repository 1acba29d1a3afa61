"""What an attendee says of themselves: which attributes, loaded from what a client sends in another body."""

from collections.abc import Mapping
from typing import Any

from chalicelib.jsonapi.ground.errors import Problems, invalid
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.document import Incoming
from chalicelib.jsonapi.write.loading import load_attributes
from chalicelib.resources.orders.attendee.rules import AT_THE_DOOR


def personal(nouns: Resource) -> dict[str, str]:
    """What a holder says of themselves: names of attributes by wire names, without the address."""
    return {
        attribute.wire: name
        for name, attribute in nouns.attributes.items()
        if attribute.computed is None
        and not attribute.field.dump_only
        and attribute.writers is None
        and name not in {*AT_THE_DOOR, "email", "deleted_at"}
    }


def loaded(nouns: Resource, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, by the names of attributes. Raises Problems with a 422 for what is unknown or wrong."""
    known = personal(nouns)
    unknown = [
        invalid(f"{name} is nothing that who gets a ticket says.", f"/data/attributes/{name}")
        for name in sorted(sent.keys() - known.keys())
    ]
    if unknown:
        raise Problems(unknown)
    return load_attributes(nouns, Incoming(nouns.type, None, dict(sent)), is_new=False)
