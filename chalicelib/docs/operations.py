"""Operation model: one per method and URL, shared by the OpenAPI and API Blueprint generators."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from chalicelib.docs import examples
from chalicelib.docs.documented import BOUNDARY
from chalicelib.docs.schemas import Json
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.settings import settings

FORM: Final = "multipart/form-data"
# Kinds of bodies with resources.
RESOURCES: Final = {"one", "perhaps", "many"}
# Ids in examples: a row that all others are linked with, one that new rows are linked to, and one without
# dependants.
LINKED, PARENT, SPARE = examples.ID, "2", "99"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A required parameter, with its value in examples; `free` if any value is accepted.

    `place` is "path" or "query".
    """

    name: str
    example: str
    description: str
    free: bool = False
    place: str = "path"


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request or answer.

    `kind`: "one" or "many" resources of the type, "perhaps" one, "link" or "links" (identifiers), what is
    sent ("new", "change", "sent.link", "sent.links"), "message", or "plain" for anything else, with a schema
    of its own. `others` are alternative media types of text answers. `meta` is an example of a meta that some
    callers get with "one", and `schema` then its schema.
    """

    kind: str
    type: str = ""
    example: Any = None
    schema: Json = field(default_factory=dict)
    media_type: str = MEDIA_TYPE
    others: tuple[str, ...] = ()
    meta: Any = None

    @property
    def name(self) -> str:
        """The name of its kind, with its type and whether it has a meta."""
        kind = f"{self.kind}.with-meta" if self.meta else self.kind
        return f"{self.type}.{kind}" if self.type else kind

    @property
    def content_type(self) -> str:
        """The Content-Type of the example."""
        return f"{FORM}; boundary={BOUNDARY}" if self.media_type == FORM else self.media_type

    @property
    def creates(self) -> bool:
        """Whether a 201 with it has a Location header: JSON:API documents do, plain JSON does not."""
        return self.media_type == MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one URL.

    area       the section of the description; `noun` is the resource type within it
    who        whom it is for, in words
    open       whether it is possible without a token
    asks       the type whose query parameters it takes, and `query` which of them
    gives      bodies by status; the first one answers the example
    refuses    statuses of errors
    expects    the status of the example, where it is not the first one of `gives`
    secret     whether its answer is not stored, so that it takes no Idempotency-Key
    """

    method: str
    path: str
    title: str
    description: str
    area: str
    noun: str
    who: str
    open: bool
    parameters: tuple[Parameter, ...] = ()
    asks: str = ""
    query: tuple[str, ...] = ()
    takes: Body | None = None
    gives: Mapping[int, Body | None] = field(default_factory=dict)
    refuses: tuple[int, ...] = ()
    carries: str = "ACCESS_TOKEN"
    expects: int = 0
    secret: bool = False

    @property
    def key(self) -> str:
        """Its unique key: method and path."""
        return f"{self.method} {self.path}"

    @property
    def shuts(self) -> bool:
        """Whether an anonymous request gets 401 rather than 404."""
        return not self.open and (self.method == "POST" or "many" in self._kinds) and "{" not in self.path

    @property
    def _kinds(self) -> set[str]:
        return {body.kind for body in self.gives.values() if body is not None}

    @property
    def status(self) -> int:
        """The status of the example's answer."""
        return self.expects or next(iter(self.gives))

    @property
    def keyed(self) -> bool:
        """Whether it takes an Idempotency-Key."""
        return self.method != "GET" and not self.secret

    @property
    def address(self) -> str:
        """The path with the example values of its parameters."""
        path = settings().api_prefix + self.path
        for parameter in self.parameters:
            path = path.replace(f"{{{parameter.name}}}", parameter.example)
        query = "&".join(
            f"{parameter.name}={quote(parameter.example, safe='')}" for parameter in self.asked_for
        )
        return f"{path}?{query}" if query else path

    @property
    def asked_for(self) -> tuple[Parameter, ...]:
        """The required query parameters."""
        return tuple(parameter for parameter in self.parameters if parameter.place == "query")

    def but(self, **values: Any) -> "Operation":
        """A copy with other values."""
        return replace(self, **values)


class Writer:
    """Writes examples of documents."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @cached_property
    def _opening(self) -> Json:
        return {"jsonapi": {"version": "1.1"}}

    def example(self, operation: Operation, body: Body) -> Any:
        """The whole body of an example answer."""
        if body.kind in {"plain", "error"}:
            return body.example
        if body.kind == "message":
            return {**self._opening, "meta": {"message": body.example}}
        links = {"self": operation.address, "describedby": f"{settings().api_prefix}/docs/openapi.json"}
        data: Any = body.example
        if body.kind in RESOURCES and data is None:
            resource = self.registry[body.type]
            data = examples.resource_object(self.registry, resource)
            data = [data] if body.kind == "many" else data
        document = {**self._opening, "links": links, "data": data}
        if body.kind in {"link", "links"}:
            start, _, name = operation.address.rpartition("/")
            links["related"] = f"{start.rpartition('/')[0]}/{name}"
        if body.meta:
            document["meta"] = body.meta
        return {**document, "meta": {"count": len(data)}} if body.kind == "many" else document
