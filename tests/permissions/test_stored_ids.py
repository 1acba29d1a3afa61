"""Stored functions of `among` rules: each is in the database, with the SELECT that its rule declares."""

from collections.abc import Iterator

from chalicelib.jsonapi.model.rules import Among, Rule
from chalicelib.jsonapi.rights import stored_ids
from chalicelib.jsonapi.rights.explanation import walk
from chalicelib.resources import REGISTRY
from tests.support.databases import TestDatabase


def rules() -> Iterator[Rule]:
    """Every rule of every noun and of its attributes, with its parts."""
    for noun in REGISTRY:
        policy = noun.policy
        whole = [policy.see, policy.create, policy.change, policy.remove, policy.read, policy.list]
        scopes = [attribute.scope for attribute in noun.attributes.values()]
        for rule in (*whole, policy.sees_trash, *scopes):
            if rule is not None:
                yield from walk(rule)


def without_spaces(text: str) -> str:
    return "".join(text.split())


def test_each_function_runs_the_select_of_its_rule(database: TestDatabase) -> None:
    declared = {rule.function: rule for rule in rules() if isinstance(rule, Among) and rule.function}
    assert declared
    stored = database.rows(
        "SELECT proname, prosrc, provolatile::text, proparallel::text FROM pg_proc WHERE proname = ANY(:names)",
        names=list(declared),
    )
    bodies = {row["proname"]: without_spaces(row["prosrc"]) for row in stored}
    assert {(row["provolatile"], row["proparallel"]) for row in stored} == {
        ("s", "s")
    }  # STABLE PARALLEL SAFE
    stale = {
        function: stored_ids.body(rule.select)
        for function, rule in declared.items()
        if bodies.get(function) != without_spaces(stored_ids.body(rule.select))
    }
    assert not stale, f"write a migration that gives these functions these bodies: {stale}"
