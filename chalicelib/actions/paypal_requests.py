"""Bodies of requests about payments at PayPal: {"data": {"type": "paypal-payment", "attributes": {...}}}."""

from typing import Final

from chalicelib.actions.plain_object import text_in
from chalicelib.jsonapi.ground.errors import bad_document, invalid
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.write.document import read_json

TYPE: Final = "paypal-payment"
_LONGEST: Final = 2000


def read_attributes(request: Request, *names: str, types: tuple[str, ...] = (TYPE,)) -> dict[str, str | None]:
    """The attributes with these names, which have dashes, or underscores, as clients send them; others are
    ignored, as everywhere.

    Raises Problem 400 for no such document, 422 for another type, and for no text.
    """
    content = read_json(request)
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise bad_document("The document has a member data, which is an object.", "/data")
    if data.get("type", types[0]) not in types:
        raise invalid(f"The type is {types[0]}.", "/data/type")
    attributes = data.get("attributes", {})
    if not isinstance(attributes, dict):
        raise invalid("Attributes are an object.", "/data/attributes")
    sent: dict[str, str | None] = dict.fromkeys(names)
    for name, value in attributes.items():
        dashed = name.replace("_", "-")
        if dashed in sent:
            pointer = f"/data/attributes/{name}"
            sent[dashed] = text_in({name: value}, name, pointer, _LONGEST) or None
    return sent
