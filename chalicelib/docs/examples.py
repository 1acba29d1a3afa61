"""Example values for every resource type, in requests and answers.

They are derived from the kind, limits and name of an attribute; where that is not enough, an attribute
declares its own: attr(example="#1f6feb").
"""

from decimal import Decimal
from typing import Any, Final

from marshmallow import fields, validate

from chalicelib import clock
from chalicelib.docs.wording import MOMENTS, NUMBERS, PARTS, TEXTS
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.fields import Computed
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.settings import settings

ID: Final = "1"
_NUMERIC: Final = {"integer", "bigint", "numeric", "double precision"}
_STAYING: Final = 3  # number of attributes in an example of PATCH


def attributes(resource: Resource) -> dict[str, Any]:
    """Attributes of an example POST by wire name: the writable ones.

    An attribute with example None is left out, for instance because a relationship says the same.
    """
    return {
        attribute.wire: value(resource, attribute)
        for attribute in resource.attributes.values()
        if not attribute.field.dump_only and attribute.field.metadata.get("example", "") is not None
    }


def changes(resource: Resource) -> dict[str, Any]:
    """Attributes of an example PATCH: a few that whoever may change the row may set.

    Those with `change_example` False in their metadata are left out: hooks let few rows change them.
    """
    sent = attributes(resource)
    free = [
        attribute.wire
        for attribute in resource.attributes.values()
        if attribute.wire in sent
        and attribute.writers is None
        and not attribute.field.load_only
        and attribute.field.metadata.get("change_example", True)
        and not isinstance(attribute.field, fields.DateTime | fields.List | fields.Dict)
    ]
    return {name: sent[name] for name in free[:_STAYING]}


def readable_attributes(resource: Resource) -> dict[str, Any]:
    """Attributes of an example answer, for a viewer who sees all of them."""
    return {attribute.wire: value(resource, attribute) for attribute in resource.readable.values()}


def resource_object(registry: Registry, resource: Resource, id: str = ID) -> dict[str, Any]:
    """An example resource object in an answer."""
    here = f"{settings().api_prefix}/v1/{resource.path}/{id}"
    resource_json: dict[str, Any] = {
        "type": resource.type,
        "id": id,
        "attributes": readable_attributes(resource),
    }
    relations = registry.relations[resource.type].values()
    if relations:
        resource_json["relationships"] = {
            relation.wire: {"links": relationship_links(here, relation)} for relation in relations
        }
    resource_json["links"] = {"self": here}
    return resource_json


def relationship_links(here: str, relation: Relation) -> dict[str, str]:
    """The self and related URLs of a relationship of the resource at `here`."""
    return {"self": f"{here}/relationships/{relation.wire}", "related": f"{here}/{relation.wire}"}


def identifier(type_name: str, id: str = ID) -> dict[str, str]:
    """An example resource identifier."""
    return {"type": type_name, "id": id}


def value(resource: Resource, attribute: Attribute) -> Any:
    """An example value of the attribute, as sent and answered."""
    field, name = attribute.field, attribute.wire
    said = field.metadata.get("example")
    if said is not None:
        return said
    if isinstance(field, Computed) and not isinstance(field, fields.String | fields.List):
        return _computed(resource, name, field.kind.lower())
    if isinstance(field, fields.Boolean) and resource.model is not None:
        # The default of a new row, so that an example enables nothing that needs more data.
        column = resource.model.__table__.columns.get(attribute.column)
        default: Any = column.default if column is not None else None
        return bool(default.arg) if default is not None and default.is_scalar else True
    return _of_kind(field, name, resource.singular)


def _of_kind(field: fields.Field[Any], name: str, owner: str) -> Any:
    choices = [rule.choices for rule in field.validators if isinstance(rule, validate.OneOf)]
    if choices:
        return next(iter(choices[0]))
    if isinstance(field, fields.Boolean):
        return True
    if isinstance(field, fields.Number):
        return _number(field, name)
    if isinstance(field, fields.DateTime):
        return _moment(name)
    if isinstance(field, fields.Url):
        return _address(name)
    if isinstance(field, fields.Email):
        return TEXTS.get(name, TEXTS["email"])
    if isinstance(field, fields.String):
        return _text(name, owner)
    if isinstance(field, fields.List):
        return [_of_kind(field.inner, name, owner)]
    if isinstance(field, fields.Nested):
        members = field.schema.fields.items()
        return {
            member.data_key or key: _of_kind(member, member.data_key or key, name) for key, member in members
        }
    return {}


def _computed(resource: Resource, name: str, kind: str) -> Any:
    if kind in _NUMERIC:
        return NUMBERS.get(name, 0)
    if kind == "jsonb":
        return {}
    if kind == "boolean":
        return False
    return _moment(name) if kind.startswith("timestamp") else _text(name, resource.singular)


def _number(field: fields.Field[Any], name: str) -> int | float:
    if name in NUMBERS:
        return NUMBERS[name]
    least = [
        rule.min for rule in field.validators if isinstance(rule, validate.Range) and rule.min is not None
    ]
    return int(max([Decimal(1), *map(Decimal, least)]))


def _moment(name: str) -> str | None:
    if name == "deleted-at":
        return None
    year = clock.now().year
    text_of_moment = next(text for part, text in MOMENTS if part in name)
    return text_of_moment.format(next=year + 1, last=year - 1)


def _address(name: str) -> str:
    if name in TEXTS:
        return TEXTS[name]
    stem = name.removesuffix("-url")
    if stem.endswith(("image", "logo", "banner", "avatar", "photo", "icon", "img")):
        return f"https://media.example.org/{stem}.png"
    if stem.endswith("pdf"):
        return f"https://media.example.org/{stem}.pdf"
    return f"https://example.org/{stem}"


def _text(name: str, owner: str) -> str:
    if name == "name":
        return owner.capitalize()
    if name in TEXTS:
        return TEXTS[name]
    if name.endswith("-url"):
        return _address(name)
    words = name.replace("-", " ").replace("_", " ")
    return next((text for part, text in PARTS if part in name), f"{words.capitalize()} of the {owner}")
