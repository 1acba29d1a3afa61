"""The description of the API as a list of promises, short enough to be kept and compared.

A line for each operation, query parameter and kind of object; in it a word for each thing that clients
rely on: `name=what` for members, parameters and answers, or the name alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from chalicelib.jsonapi.ground.request import MEDIA_TYPE

Json = Mapping[str, Any]
# For each line its words: what each is called, and what it is said to be.
Promises = dict[str, dict[str, str]]
REQUIRED: Final = "required"  # it must be sent
ALWAYS: Final = "always"  # it is in every answer

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_SENT: Final = (".new.document", ".change.document", ".sent.link.document", ".sent.links.document", ".linked")
_LIMITS: Final = (
    "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minItems", "maxItems",
)  # fmt: skip
_PLAIN: Final = "/:[]{}|,()@+*?!$&;~^'\""  # what stays as it is in a word


def promises(description: Json) -> Promises:
    """Everything that an OpenAPI document promises."""
    found: Promises = {}
    components = description["components"]
    for path, item in description["paths"].items():
        for method in _METHODS:
            if method in item:
                _operation(found, f"{method.upper()} {path}", item[method], item, components)
    for name, parameter in components["parameters"].items():
        _parameter(found, f"?{name}", parameter)
    for name, schema in components["schemas"].items():
        _object(found, name, schema, REQUIRED if _is_sent(name) else ALWAYS)
    return found


def written(promised: Promises) -> str:
    """The promises as text, in order, a line for each."""
    lines = (
        " ".join([f"{line}:", *(f"{name}={what}" if what else name for name, what in sorted(words.items()))])
        for line, words in sorted(promised.items())
    )
    return "".join(f"{line}\n" for line in lines)


def read(text: str) -> Promises:
    """The promises in such a text."""
    found: Promises = {}
    for line in text.splitlines():
        start, _, words = line.partition(": ")
        found[start.removesuffix(":")] = {
            name: what for name, _, what in (word.partition("=") for word in words.split())
        }
    return found


def _operation(found: Promises, line: str, operation: Json, item: Json, components: Json) -> None:
    words = found[line] = {"for": "everybody" if {} in operation["security"] else "signed-in"}
    for parameter in (*item.get("parameters", ()), *operation.get("parameters", ())):
        component = parameter.get("$ref", "").rpartition("/")[2]
        known = components["parameters"][component] if component else parameter
        if component:
            words[f"?{component}"] = REQUIRED if known.get("required") else ""
        elif known["in"] != "path":  # those stand in the address
            words[f"{known['in']}:{_word(known['name'])}"] = _said(
                known["schema"], known.get("required"), REQUIRED
            )
    body = operation.get("requestBody", {})
    for media_type, content in body.get("content", {}).items():
        words[_typed("takes", media_type)] = _body(found, f"{line} takes", content["schema"], REQUIRED)
    for status, answer in operation["responses"].items():
        component = answer.get("$ref", "").rpartition("/")[2]
        known = components["responses"][component] if component else answer
        if int(status) >= 500:
            continue  # nobody is promised a failure
        words[status] = ""
        if int(status) >= 400:
            continue  # all refusals are the same document
        for media_type, content in known.get("content", {}).items():
            words[_typed(status, media_type)] = _body(found, f"{line} {status}", content["schema"], ALWAYS)


def _typed(name: str, media_type: str) -> str:
    """A name with its media type, where that is not the usual one."""
    return name if media_type == MEDIA_TYPE else f"{name}:{media_type.partition(';')[0]}"


def _body(found: Promises, line: str, schema: Json, must: str) -> str:
    """What a body is; one without a name gets lines of its own."""
    if "$ref" not in schema:
        _object(found, line, schema, must)
    return _said(schema)


def _parameter(found: Promises, line: str, parameter: Json) -> None:
    schema = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
    found[line] = {"is": _said({**schema, "items": {}} if "items" in schema else schema)}
    items = schema.get("items", {})
    found[line] |= {_word(item): "" for item in items.get("enum", ()) if not item.startswith("-")}
    for kind in items.get("anyOf", ()):  # the conditions of a filter, for each kind of attribute
        condition = kind["properties"]
        said = [condition["val"]["type"], *condition["op"]["enum"]]
        for name in map(_word, condition["name"]["enum"]):
            before = found[line].get(name)
            found[line][name] = "|".join(dict.fromkeys([*(before.split("|") if before else ()), *said]))


def _object(found: Promises, line: str, schema: Json, must: str) -> None:
    """The members of an object, and of the objects in it."""
    for part in schema.get("anyOf", ()):
        _object(found, line, part, must)
    if "items" in schema:
        _object(found, f"{line}[]", schema["items"], must)
    members = schema.get("properties", {})
    if members or schema.get("type") == "object":
        required = schema.get("required", ())
        words = {_word(name): _said(value, name in required, must) for name, value in members.items()}
        found.setdefault(line, {}).update(words)
    for name, value in members.items():
        _object(found, f"{line}.{_word(name)}", value, must)


def _said(schema: Json, required: object = False, must: str = ALWAYS) -> str:
    return ",".join([*_kind(schema), must] if required else _kind(schema))


def _kind(schema: Json) -> Iterator[str]:
    if "$ref" in schema:
        yield str(schema["$ref"].rpartition("/")[2])
        return
    if "const" in schema:
        yield _word(schema["const"])
        return
    types = schema.get("type", "any")
    if "anyOf" in schema:
        types = [_said(item) for item in schema["anyOf"]]
    yield types if isinstance(types, str) else "|".join(types)
    if schema.get("items"):
        yield f"of({_said(schema['items'])})"
    if "format" in schema:
        yield schema["format"]
    if "enum" in schema:
        yield f"one-of({'|'.join(sorted(map(_word, schema['enum'])))})"
    yield from (f"{name}({_word(schema[name])})" for name in _LIMITS if name in schema)
    if schema.get("additionalProperties") is False:
        yield "closed"


def _is_sent(name: str) -> bool:
    return name.endswith(_SENT) or ".linked." in name


def _word(value: object) -> str:
    """A value without spaces, and without what stands between a name and what it is."""
    return quote(str(value), safe=_PLAIN)
