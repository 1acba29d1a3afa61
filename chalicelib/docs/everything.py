"""All operations of the API, by area."""

import sys
from dataclasses import replace
from functools import cache

from chalicelib.docs import links, nouns, verbs
from chalicelib.docs.operations import Operation
from chalicelib.docs.refusals import ABOUT, REFUSED
from chalicelib.jsonapi.model.resource import Registry, Resource

_SERVER = "The server itself: how it is, and what it can do."


@cache
def operations(registry: Registry) -> tuple[Operation, ...]:
    """Every method at every URL, once: an action takes precedence over a generic endpoint."""
    actions = {operation.key: _as_it_is(operation) for operation in verbs.operations(registry)}
    by_key: dict[str, Operation] = {}
    for resource in registry:
        for operation in (*nouns.operations(registry, resource), *links.operations(registry, resource)):
            if operation.key not in by_key:
                by_key[operation.key] = (
                    actions.pop(operation.key) if operation.key in actions else _as_it_is(operation)
                )
    by_key |= actions
    order = {name: number for number, name in enumerate(areas(registry))}
    ordered = sorted(by_key.values(), key=lambda operation: (order[operation.area], operation.noun))
    return tuple(_refusing_the_usual(operation) for operation in ordered)


def _refusing_the_usual(operation: Operation) -> Operation:
    """The operation with the errors of every body and of every Idempotency-Key."""
    sending = (400, 413, 422) if operation.takes is not None else ()
    keyed = (400, 409, 422) if operation.keyed else ()
    return operation.but(refuses=tuple(sorted({*operation.refuses, *sending, *keyed})))


def _as_it_is(operation: Operation) -> Operation:
    """The operation with the example that the type's hooks allow."""
    status, id = REFUSED.get(operation.key), ABOUT.get(operation.key)
    if status is not None:
        refuses = tuple(dict.fromkeys((status, *operation.refuses)))
        operation = operation.but(expects=status, refuses=refuses)
    if id is None:
        return operation
    body = operation.takes
    if body is not None:
        data = body.example["data"]
        about = [item | {"id": id} for item in data] if isinstance(data, list) else data and data | {"id": id}
        body = replace(body, example={"data": about})
    parameters = tuple(replace(parameter, example=id) for parameter in operation.parameters)
    return operation.but(parameters=parameters, takes=body)


@cache
def areas(registry: Registry) -> dict[str, str]:
    """The areas by name, with the docstrings of their packages."""
    ids: dict[str, str] = {}
    for resource in registry:
        package = nouns.module_of(resource).__name__.rpartition(".")[0]
        ids.setdefault(nouns.area_of(resource), nouns.about(sys.modules[package]))
    return {**dict(sorted(ids.items())), verbs.SERVER: _SERVER}


def about_noun(resource: Resource) -> str:
    """The description of a resource type: the docstring of its module."""
    return nouns.about(nouns.module_of(resource))
