"""Renders an explanation of a permission as text: a line per part of the rule, indented by depth."""

from collections.abc import Iterator
from typing import Any

from chalicelib.docs.page_rights import is_of_row, phrase
from chalicelib.jsonapi.model.rules import AllOf, AnyOf, ColumnIs, HasRole, IsOwner, Nobody, Not, OfKind
from chalicelib.jsonapi.rights.explanation import Explanation


def as_json(found: Explanation) -> dict[str, Any]:
    """{"holds", "says", "parts"}, recursively."""
    return {"holds": found.holds, "says": sentence(found), "parts": [as_json(part) for part in found.parts]}


def lines(part: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """The lines of an explanation from as_json()."""
    yield f"{'  ' * depth}{'yes' if part['holds'] else 'no'}: {part['says']}"
    for inner in part["parts"]:
        yield from lines(inner, depth + 1)


def sentence(found: Explanation) -> str:
    """One node of the explanation in words."""
    match found.rule:
        case AllOf():
            return "all of these"
        case AnyOf():
            return "any of these"
        case HasRole():
            return _roles(found, found.rule)
        case Nobody():
            return "is open to nobody"
        case OfKind(least) if not least:
            return "is open to everybody"
        case ColumnIs(column, value) | Not(ColumnIs(column, value)):
            equal = found.holds is isinstance(found.rule, ColumnIs)
            return f"its {column.replace('_', '-')} is {'' if equal else 'not '}{value}"
        case Not():
            return "the opposite of this"
    words, isnt = phrase(found.rule), "" if found.holds else "not "
    if is_of_row(found.rule):
        return words if found.holds else f"it is not so that {words}"
    if words.startswith("whoever "):
        rest = words.removeprefix("whoever ")
        return rest if found.holds else f"is not somebody who {rest}"
    singular = isinstance(found.rule, IsOwner | OfKind) or words.startswith("the ")
    return f"is {isnt}{words}" if singular else f"is {isnt}among {words}"


def _roles(found: Explanation, rule: HasRole) -> str:
    if found.event is None and not found.holds:
        return "it belongs to no event"
    if found.roles:
        return f"holds {' and '.join(found.roles)} of event {found.event}"
    if found.holds:
        return "is staff, which passes where a role is asked for"
    return f"holds none of {', '.join(sorted(rule.roles))} of event {found.event}"
