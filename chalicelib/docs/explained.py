"""Renders an explanation of a permission as text: a line per part of the rule, indented by depth."""

from collections.abc import Iterator
from typing import Any

from chalicelib.docs.page_rights import is_of_row, phrase
from chalicelib.jsonapi.model.rules import AllOf, AnyOf, ColumnIs, HasRole, IsOwner, Nobody, Not, OfKind
from chalicelib.jsonapi.rights.explanation import Explanation


def as_json(explanation: Explanation) -> dict[str, Any]:
    """{"holds", "says", "parts"}, recursively."""
    return {
        "holds": explanation.holds,
        "says": sentence(explanation),
        "parts": [as_json(part) for part in explanation.parts],
    }


def lines(part: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """The lines of an explanation from as_json()."""
    yield f"{'  ' * depth}{'yes' if part['holds'] else 'no'}: {part['says']}"
    for inner in part["parts"]:
        yield from lines(inner, depth + 1)


def sentence(explanation: Explanation) -> str:
    """One node of the explanation in words."""
    match explanation.rule:
        case AllOf():
            return "all of these"
        case AnyOf():
            return "any of these"
        case HasRole():
            return _roles(explanation, explanation.rule)
        case Nobody():
            return "is open to nobody"
        case OfKind(least) if not least:
            return "is open to everybody"
        case ColumnIs(column, value) | Not(ColumnIs(column, value)):
            equal = explanation.holds is isinstance(explanation.rule, ColumnIs)
            return f"its {column.replace('_', '-')} is {'' if equal else 'not '}{value}"
        case Not():
            return "the opposite of this"
    words, isnt = phrase(explanation.rule), "" if explanation.holds else "not "
    if is_of_row(explanation.rule):
        return words if explanation.holds else f"it is not so that {words}"
    if words.startswith("whoever "):
        rest = words.removeprefix("whoever ")
        return rest if explanation.holds else f"is not somebody who {rest}"
    singular = isinstance(explanation.rule, IsOwner | OfKind) or words.startswith("the ")
    return f"is {isnt}{words}" if singular else f"is {isnt}among {words}"


def _roles(explanation: Explanation, rule: HasRole) -> str:
    if explanation.event is None and not explanation.holds:
        return "it belongs to no event"
    if explanation.roles:
        return f"holds {' and '.join(explanation.roles)} of event {explanation.event}"
    if explanation.holds:
        return "is staff, which passes where a role is asked for"
    return f"holds none of {', '.join(sorted(rule.roles))} of event {explanation.event}"
