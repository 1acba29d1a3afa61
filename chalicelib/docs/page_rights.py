"""Permission rules in words, for people who do not read policies.

A rule becomes a phrase, or a list that starts with "any" or "all", followed by rules.
"""

from typing import Final

from chalicelib.auth import roles
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.model.policy import Policy, anyone
from chalicelib.jsonapi.model.rules import (
    AllOf,
    Among,
    AnyOf,
    AnyRelated,
    ColumnIs,
    Described,
    EditableWith,
    HasAddress,
    HasRole,
    IdentifierGiven,
    IsOwner,
    Nobody,
    Not,
    OfKind,
    OpenedByLink,
    RelatedPasses,
    Rule,
    SecretShown,
    SqlFragment,
    Unlocked,
    Verified,
    VisibleWith,
)

# A phrase, or ["any" or "all", rule, rule ...].
Words = str | list["Words"]

_KINDS: Final = {
    Kind.NOBODY: "everybody",
    Kind.USER: "whoever is signed in",
    Kind.STAFF: "staff",
    Kind.SUPER_ADMIN: "super admins",
}
_RANKED: Final = (
    roles.OWNER_ROLE,
    roles.ORGANIZER_ROLE,
    roles.COORGANIZER_ROLE,
    roles.TRACK_ORGANIZER_ROLE,
    roles.MODERATOR_ROLE,
    roles.REGISTRAR_ROLE,
    roles.ATTENDEE_ROLE,
)
_OWNERS: Final = {"id": "the account itself", "user_id": "the user it belongs to"}


class _OfRow(str):
    """A phrase about the row, rather than about who passes."""


def in_words(rule: Rule) -> Words:
    """The rule in words."""
    return _said(_tree(rule))


def rights(policy: Policy) -> dict[str, Words]:
    """Every right of a policy in words, by name."""
    reads = [policy.see, policy.read]
    return {
        "see": in_words(policy.see),
        "read": _all(reads),
        "list": _all([*reads, policy.list]),
        "create": in_words(policy.create),
        "change": in_words(policy.change),
        "remove": in_words(policy.remove),
        "trash": in_words(policy.sees_trash),
        "purge": in_words(policy.purge),
    }


def is_of_row(rule: Rule) -> bool:
    """Whether phrase() describes the row, rather than who passes."""
    return isinstance(phrase(rule), _OfRow)


def phrase(rule: Rule) -> str:
    """A leaf rule in words: who passes, or what the row is like. Raises TypeError for an unknown node."""
    match rule:
        case Described(_, words) | SecretShown(_, _, words) | Among(_, words) | AnyRelated(_, _, words):
            return words
        case OpenedByLink(_, _, words):
            return words
        case SqlFragment(_, words):
            return _OfRow(words) if rule.of_row else words
        case OfKind(least):
            return _KINDS[least]
        case Nobody():
            return "nobody"
        case Verified():
            return "whoever is signed in with a verified e-mail address"
        case HasRole(held, at):
            return f"{_holders(held)} of {_event(at)}"
        case IsOwner(column):
            return _OWNERS.get(column) or f"its {column.removesuffix('_id').replace('_', ' ')}"
        case HasAddress():
            return "whoever has verified that e-mail address"
        case VisibleWith(relation):
            return f"whoever sees the {relation.replace('_', ' ')}"
        case EditableWith(relation):
            return f"whoever changes the {relation.replace('_', ' ')}"
        case RelatedPasses(relation, inner):
            return f"{phrase(inner)} (of the {relation.replace('_', ' ')})"
        case ColumnIs(column, value):
            return _OfRow(f"its {column.replace('_', '-')} is {value}")
        case Not(ColumnIs(column, value)):
            return _OfRow(f"its {column.replace('_', '-')} is not {value}")
        case Not(inner):
            return f"not {phrase(inner)}"
        case Unlocked():
            return "whoever has its code"
        case IdentifierGiven():
            return "whoever gives its identifier"
    raise TypeError(f"no words for {rule!r}")


def _all(rules: list[Rule]) -> Words:
    telling = [_tree(rule) for rule in rules if rule != anyone]
    return _said(_joined("all", telling) if telling else _tree(anyone))


def _tree(rule: Rule) -> Words:
    match rule:
        case AnyOf(rules):
            return _joined("any", [_tree(inner_rule) for inner_rule in rules])
        case AllOf(rules):
            return _joined("all", [_tree(inner_rule) for inner_rule in rules])
    return phrase(rule)


def _joined(word: str, parts: list[Words]) -> Words:
    """Flatten nested lists of the same word, and drop duplicates."""
    flat: list[Words] = []
    for part in parts:
        inner = part[1:] if isinstance(part, list) and part[0] == word else [part]
        flat += [node for node in inner if node not in flat]
    if word == "all":  # "a or b, and a" says no more than "a"
        flat = [node for node in flat if not any(_narrower(other, node) for other in flat)]
    return [word, *flat] if len(flat) > 1 else flat[0]


def _narrower(first: Words, other: Words) -> bool:
    ours, theirs = (
        part[1:] if isinstance(part, list) and part[0] == "any" else [part] for part in (first, other)
    )
    return len(ours) < len(theirs) and all(part in theirs for part in ours)


def _said(tree: Words, within: str = "any") -> Words:
    if isinstance(tree, list):
        word = str(tree[0])
        return [word, *(_said(part, word) for part in tree[1:])]
    if isinstance(tree, _OfRow):
        return f"while {tree}" if within == "all" else f"everybody, while {tree}"
    return tree


def _holders(holders: frozenset[str]) -> str:
    ranked = sorted(
        holders, key=lambda role: (_RANKED.index(role) if role in _RANKED else len(_RANKED), role)
    )
    people = ["owner" if role == roles.OWNER_ROLE else f"{role.replace('_', ' ')}s" for role in ranked]
    return people[0] if len(people) == 1 else f"{', '.join(people[:-1])} and {people[-1]}"


def _event(path: str) -> str:
    """The event at the end of a path: "station.event" is the station's event."""
    if path in {"id", "event"}:
        return "the event"
    head, dot, _ = path.partition(".")
    return f"the {head.replace('_', ' ')}'s event" if dot else path
