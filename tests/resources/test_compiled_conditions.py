"""Compiled conditions: what is kept of one in a process is what would be compiled anew, for every rule."""

import re
from collections.abc import Iterator
from dataclasses import fields

import pytest

from chalicelib import entrypoints
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import Row, Sql, render
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights import kept_conditions
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.resources import REGISTRY

entrypoints.import_all()
ROLES = {"id": frozenset({"organizer"}), "event": frozenset({"registrar"})}


def rules_of(resource: Resource) -> Iterator[Rule]:
    """Its rights, and the scopes of its attributes and relationships."""
    rights = (getattr(resource.policy, right.name) for right in fields(resource.policy))
    yield from (right for right in rights if isinstance(right, Rule))
    yield from (item.scope for item in resource.attributes.values() if item.scope is not None)
    relations = REGISTRY.relations[resource.type].values()
    yield from (relation.scope for relation in relations if relation.scope is not None)


def rows() -> Iterator[Row]:
    """A row of which nothing is known, and one for each thing that may be known."""
    yield Row("t")
    yield Row("t", roles=ROLES)
    yield Row("t", visible=frozenset({"event"}))
    yield Row("t", identified=True)
    yield Row("t", reached_from=("event", Row("k")))
    yield Row("t", reached_from=("sessions", Row("k")))


def told(condition: Sql) -> tuple[str, tuple[object, ...]]:
    """Text and parameters; aliases of subselects are numbered as they come."""
    statement = render(condition)
    names: dict[str, str] = {}
    text = re.sub(r"\b[xy]\d+\b", lambda match: names.setdefault(match[0], f"z{len(names)}"), statement.text)
    return text, statement.keys


@pytest.mark.parametrize("kind", Kind)
def test_a_condition_that_is_kept_is_what_would_be_compiled(kind: Kind) -> None:
    compared = set()
    for resource in REGISTRY:
        for rule in dict.fromkeys(rules_of(resource)):
            for row in rows():
                for secrets in (frozenset[str](), REGISTRY.proofs):
                    compiler = Compiler(REGISTRY, kind, secrets, ("event", "(SELECT id FROM n0)"))
                    anew = told(compiler._compiled(rule, resource, row))
                    first, again = (told(compiler.condition(rule, resource, row)) for _ in range(2))
                    assert anew == first == again, (resource.type, rule)
                    compared.add(anew)
    assert len(compared) > 100 or kind is not Kind.USER


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept_conditions._CONDITIONS.clear()
    monkeypatch.setattr(kept_conditions, "_MOST", 5)
    for resource in list(REGISTRY)[:20]:
        Compiler(REGISTRY, Kind.USER).condition(resource.policy.see, resource, Row("t"))
        assert len(kept_conditions._CONDITIONS) <= 5
