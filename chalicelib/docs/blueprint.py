"""API Blueprint generator: a group per area, with every resource and action and an example of each.

The tests' fixtures have the same data as the examples, so that Dredd can send and compare them. Source of the
format: apiblueprint.org, "API Blueprint Specification", format 1A.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any, Final

from chalicelib.docs import everything
from chalicelib.docs.blueprint_schemas import compact, exact
from chalicelib.docs.openapi import INTRODUCTION, TITLE
from chalicelib.docs.operations import FORM, RESOURCES, Operation, Writer
from chalicelib.docs.schemas import Json
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.settings import VERSION

_DEEP: Final = " " * 12  # indentation of bodies
# Described once, in the introduction, as are those with brackets in their names.
_QUERY: Final = ("include", "sort", "filter", "get_trashed", "permanent")
_PARAMETERS: Final = """
`include` says which related resources are sent along: dotted paths, separated by commas. `sort` is what to
sort by; a minus in front means descending. `filter` is a JSON array of conditions {name, op, val}.
`get_trashed=true` shows the trash too, and `permanent=true` removes for good.
Every answer with resources understands `fields[TYPE]`:
the attributes and relationships of that type which are wanted. Lists have pages: `page[number]` and
`page[size]` (or `page[offset]` and `page[limit]`), or, stable while rows come and go, `page[after]` and
`page[before]` with what `links.next` and `links.prev` say. `filter[name]=value` means equal.

An answer is described by the schema of what somebody sees who may see everything. Every address also answers
400, 401, 404 and 406 with an error document, and writing 403, 409, 413, 415 and 422.

Whoever does not know whether a request that changes something has arrived sends it again: with the same
`Idempotency-Key`, a header with 1 to 255 characters of one's own choice, it is done once, and every time
within 24 hours the answer is that to the first one.
"""


@cache
def text(registry: Registry) -> str:
    """The whole blueprint. Built once."""
    return written(registry, everything.operations(registry))


def written(registry: Registry, operations: Iterable[Operation]) -> str:
    """A blueprint of these operations, which are sorted by area and resource type."""
    return "\n".join(_lines(registry, operations))


def _lines(registry: Registry, operations: Iterable[Operation]) -> Iterator[str]:
    yield from ("FORMAT: 1A", "", f"# {TITLE} {VERSION}", "", INTRODUCTION, _PARAMETERS)
    areas = everything.areas(registry)
    for area, there in groupby(operations, key=lambda entry: entry.area):
        yield from (f"# Group {area.capitalize()}", "", areas[area], "")
        for noun, some in groupby(there, key=lambda entry: entry.noun):
            about = everything.about_noun(registry[noun]) if noun else ""
            introduced = _plain(about)  # at the first URL of a type, not again at each of its relationships
            for path, at in groupby(sorted(some, key=_place), key=lambda entry: entry.path):
                yield from (f"## {_named_after(path)} [{path}]", "", introduced, "")
                introduced = ""
                for operation in at:
                    yield from _action(registry, operation, about)


def _place(operation: Operation) -> tuple[str, int]:
    return operation.path, ("POST", "GET", "PATCH", "DELETE").index(operation.method)


def _named_after(path: str) -> str:
    """The title of a resource section: one with a leading slash would be parsed as a URI."""
    words = path.removeprefix("/v1").strip("/").replace("{", "").replace("}", "")
    return words.replace("/", " / ") or "start"


def _action(registry: Registry, operation: Operation, about: str) -> Iterator[str]:
    names_of_query = [{"trashed": "get_trashed"}.get(name, name) for name in operation.query]
    names_of_query = [name for name in names_of_query if name in _QUERY]
    names = [*(parameter.name for parameter in operation.asked_for), *names_of_query]
    template = operation.path + ("{?" + ",".join(names) + "}" if names else "")
    yield from (f"### {operation.title} [{operation.method} {template}]", "")
    description = operation.description.removeprefix(about).strip()
    if operation.asks in registry:  # a type is described in its own section
        description = description.removeprefix(everything.about_noun(registry[operation.asks])).strip()
    if description:
        yield from (_plain(description), "")
    yield from (f"For {_plain(operation.who)}.", "")
    if operation.parameters or names_of_query:
        yield "+ Parameters"
        for parameter in operation.parameters:
            example = f"{parameter.name}: `{parameter.example}`"
            yield f"    + {example} (required, string) - {parameter.description}"
        for name in names_of_query:
            yield f"    + {name} (optional, string)"
        yield ""
    yield from _transaction(registry, operation)
    if operation.shuts:
        yield from _refused(operation)


def _transaction(registry: Registry, operation: Operation) -> Iterator[str]:
    """The request and response of the example."""
    yield from _request("", operation, signed_in=True)
    status = operation.status
    if status not in operation.gives:  # an example that is refused
        yield from _response(status, MEDIA_TYPE, _errors(), None)
        return
    body = operation.gives[status]
    if body is None:
        yield from _response(status)
        return
    location = {"Location": operation.address + "/1"} if body.creates and status == 201 else {}
    if body.kind == "plain" and body.example is None:
        yield from _response(status, body.media_type)
        return
    # A resource has its own section, and is not repeated at each relationship.
    repeated = body.kind in RESOURCES and body.type != operation.noun
    example = None if repeated else Writer(registry).example(operation, body)
    schema = exact(registry, body, repeated=repeated)
    yield from _response(status, body.media_type, schema, example, location)


def _refused(operation: Operation) -> Iterator[str]:
    """The same request without a token, answered 401; its body would stand there a thousand times."""
    yield from _request("Without a token", operation, signed_in=False)
    yield from _response(401, MEDIA_TYPE, _errors())


def _request(name: str, operation: Operation, *, signed_in: bool) -> Iterator[str]:
    body = operation.takes
    words = ["+ Request", name, f"({body.content_type})" if body is not None else ""]
    yield from (" ".join(filter(None, words)), "", "    + Headers", "")
    yield f"{_DEEP}Accept: {_accepted(operation)}"
    if signed_in and operation.carries:
        yield f"{_DEEP}Authorization: Bearer {operation.carries}"
    yield ""
    if body is not None:
        written = body.example if body.media_type == FORM else compact(body.example)
        yield from ("    + Body", "", *(f"{_DEEP}{line}" for line in written.splitlines()), "")


def _accepted(operation: Operation) -> str:
    body = operation.gives.get(operation.status)
    return body.media_type if body is not None else MEDIA_TYPE


def _response(
    status: int,
    media_type: str = "",
    schema: Json | None = None,
    example: Any = None,
    headers: dict[str, str] | None = None,
) -> Iterator[str]:
    yield from (f"+ Response {status}" + (f" ({media_type})" if media_type else ""), "")
    if headers:
        yield from ("    + Headers", "", *(f"{_DEEP}{name}: {value}" for name, value in headers.items()), "")
    if example is not None:
        yield from ("    + Body", "", _DEEP + compact(example), "")
    if schema is not None:
        yield from ("    + Schema", "", _DEEP + compact(schema), "")


def _errors() -> Json:
    return {"type": "object", "required": ["errors"]}  # short: it stands at each address


def _plain(words: str) -> str:
    """Text with Markdown block syntax escaped."""
    return "\n".join(f"\\{line}" if line[:1] in {"+", "-", "#", ">"} else line for line in words.split("\n"))
