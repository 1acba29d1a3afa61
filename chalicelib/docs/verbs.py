"""Operations of actions, which go beyond CRUD."""

import sys
from collections.abc import Iterator
from typing import Any, Final

from chalicelib.docs import examples, schemas
from chalicelib.docs.documented import DOCUMENTED, SIGNED_IN, Documented, limited
from chalicelib.docs.nouns import MANY, ONE, about, area_of, changed, id_of, new
from chalicelib.docs.operations import FORM, Body, Operation, Parameter
from chalicelib.docs.schemas import Json
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from chalicelib.jsonapi.http.action import ACTIONS, Action, name_in
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.registered import complete

ACCOUNTS: Final = "people"
SERVER: Final = "server"
_JSON: Final = "application/json"


def operations(registry: Registry) -> Iterator[Operation]:
    """The operation of every action."""
    complete()  # before looking: what is imported replaces actions of the manifest
    actions = [action for listed in ACTIONS.values() for action in listed if not action.former]
    for action in sorted(actions, key=lambda action: (action.pattern, action.method)):
        yield _operation(registry, action)


def _operation(registry: Registry, action: Action) -> Operation:
    shown = DOCUMENTED.get(action.run, Documented())
    noun = registry.at(action.pattern[1:]) if action.pattern[:1] == ("v1",) else None
    subject = shown.one or shown.many or shown.changes or shown.removes or shown.creates
    return Operation(
        action.method,
        "/" + "/".join(action.pattern),
        action.run.__name__.replace("_", " ").capitalize(),
        f"{about(action.run)}\n\n{about(sys.modules[action.run.__module__])}",
        area_of(noun[0]) if noun else _area(action),
        noun[0].type if noun else "",
        "everybody" if shown.open and shown.who == SIGNED_IN else shown.who,
        shown.open or not action.reads_token,
        parameters=_parameters(registry, action, shown),
        asks=subject if action.documents and subject in registry else "",
        query=_query(shown) if action.documents else (),
        takes=_takes(registry, action, shown),
        gives=_gives(registry, action, shown),
        refuses=(*shown.errors, *limited(action.limited_by)),
        carries=shown.credential,
        expects=shown.status,
        secret=action.secret,
    )


def _area(action: Action) -> str:
    return ACCOUNTS if "auth" in action.pattern else SERVER


def _query(shown: Documented) -> tuple[str, ...]:
    if shown.fields or not (shown.one or shown.many or shown.changes or shown.removes):
        return ()
    return MANY if shown.many else ONE


def _parameters(registry: Registry, action: Action, shown: Documented) -> tuple[Parameter, ...]:
    parameters = []
    for position, part in enumerate(action.pattern):
        name = name_in(part)
        if not name:
            continue
        noun = registry.at((action.pattern[position - 1],))
        described = id_of(noun[0], name=name).description if noun else f"The {name.replace('_', ' ')}"
        parameters.append(Parameter(name, shown.path.get(name, examples.ID), described))
    for name, example in shown.query.items():
        parameters.append(Parameter(name, example, f"The {name.replace('_', ' ')}", free=True, place="query"))
    return tuple(parameters)


def _takes(registry: Registry, action: Action, shown: Documented) -> Body | None:
    if shown.creates:
        return Body("new", shown.creates, new(registry, registry[shown.creates]))
    if shown.changes:
        return Body("change", shown.changes, changed(registry[shown.changes]))
    if shown.request is None:
        return None
    if shown.files:
        return Body("plain", "", shown.request, _form(shown.files), FORM)
    schema = schema_like(shown.request, shown.optional, sent=True)
    return Body("plain", "", shown.request, schema, MEDIA_TYPE if action.documents else _JSON)


def _form(files: tuple[str, ...]) -> Json:
    """The schema of a form with one of these parts; those named with [] may be repeated."""
    content: Json = {"type": "string", "format": "binary"}
    members = {
        name: {"type": "array", "items": content, "minItems": 1} if "[]" in name else content
        for name in files
    }
    needed: Json = (
        {"required": [*files]} if len(files) == 1 else {"oneOf": [{"required": [n]} for n in files]}
    )
    return {"type": "object", "properties": members, **needed}


def _gives(registry: Registry, action: Action, shown: Documented) -> dict[int, Body | None]:
    if shown.status >= 400 and shown.response is None:
        return {}  # the document of all errors
    if 300 <= shown.status < 400:
        return {shown.status: None}  # a redirect
    if shown.removes:
        words = f"The {registry[shown.removes].singular} has been removed."
        return {shown.status: Body("message", example=words)}
    if shown.many:
        return {shown.status: Body("many", shown.many), 304: None}
    if shown.fields:
        return {shown.status: _narrowed(registry, shown), 304: None}
    if shown.one or shown.changes:
        meta = schema_like(shown.meta) if shown.meta else {}
        body = Body("one", shown.one or shown.changes, schema=meta, meta=shown.meta or None)
        return {shown.status: body, 304: None} if action.method == "GET" else {shown.status: body}
    if shown.media_type:
        kind = "object" if shown.media_type.endswith("json") else "string"
        body = Body("plain", schema={"type": kind}, media_type=shown.media_type, others=shown.others)
        return {shown.status: body}
    kind = MEDIA_TYPE if action.documents else _JSON
    schema = schema_like(shown.response, shown.optional_in_response, shown.open_members)
    return {shown.status: Body("plain", "", shown.response, schema, kind)}


def _narrowed(registry: Registry, shown: Documented) -> Body:
    resource_json = examples.resource_object(registry, registry[shown.one])
    resource_json.pop("relationships", None)
    resource_json["attributes"] = {name: resource_json["attributes"][name] for name in shown.fields}
    document = {
        "jsonapi": {"version": "1.1"},
        "links": {"self": resource_json["links"]["self"]},
        "data": resource_json,
    }
    schema = schema_like(document)
    schema["properties"]["links"] = {"$ref": "#/components/schemas/links"}
    return Body("plain", "", document, schema)


def schema_like(
    example: Any, optional: tuple[str, ...] = (), loose: tuple[str, ...] = (), *, sent: bool = False
) -> Json:
    """A schema derived from an example value.

    Members in `optional` may be missing, or null in an answer. A text of theirs may be sent empty, as
    forms of web pages do. Those in `loose` are objects of any kind.
    """
    if isinstance(example, dict):
        members = {
            name: {"type": "object"} if name in loose else schema_like(member, optional, loose, sent=sent)
            for name, member in example.items()
        }
        for name in optional:
            if name not in members:
                continue
            if sent:
                members[name].pop("minLength", None)
            else:
                members[name] = schemas.nullable(members[name])
        required = [name for name in example if name not in optional]
        if not sent:
            return schemas.closed(members, required)
        return {"type": "object", "properties": members, "required": required}
    if isinstance(example, list):
        kinds = [schema_like(item, optional, loose, sent=sent) for item in example]
        is_mixed = len({str(kind.get("type")) for kind in kinds}) > 1
        return {"type": "array", "items": {"anyOf": kinds} if is_mixed else kinds[0] if kinds else {}}
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(example, kind):
            return {"type": name, "minLength": 1} if sent and kind is str else {"type": name}
    return {}
