"""Who may do something: in words, and whether a token is needed."""

from functools import reduce

from chalicelib.auth.viewer import Kind
from chalicelib.docs.page_rights import Words, in_words
from chalicelib.jsonapi.ground.sql import FALSE, Row
from chalicelib.jsonapi.model.policy import anyone
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.compiler import Compiler


def who_may(*rules: Rule) -> str:
    """Who passes all of the rules, as a phrase."""
    telling = [rule for rule in dict.fromkeys(rules) if rule != anyone]
    return _phrase(in_words(reduce(Rule.__and__, telling)) if telling else in_words(anyone))


def open_to(kind: Kind, registry: Registry, resource: Resource, *rules: Rule) -> bool:
    """Whether a viewer of this kind, with any secrets, can pass all of the rules for any row."""
    compiler, row = Compiler(registry, kind, registry.proofs), Row("t")
    return all(compiler.condition(rule, resource, row) is not FALSE for rule in rules)


def _phrase(words: Words, within: str = "") -> str:
    if isinstance(words, str):
        return words
    word, *parts = words
    joined = (", or " if word == "any" else ", and ").join(_phrase(part, str(word)) for part in parts)
    return f"({joined})" if within else joined
