"""Rights in words: what a rule of a policy says, for people who do not read policies.

A rule is a phrase, or a list that begins with "any" or "all" and goes on with rules. Names that
have no words here are shown as the policy spells them, so that a new rule needs no entry.
"""

import inspect
import re
from collections.abc import Callable
from typing import Final

from chalicelib.auth import roles
from chalicelib.jsonapi.policy import Policy, Rule

# A phrase, or ["any" or "all", rule, rule ...].
Words = str | list["Words"]

_WORDS: Final = {
    "public": "everybody",
    "auth": "whoever is signed in",
    "auth with verified e-mail": "whoever is signed in with a verified e-mail address",
    "staff": "staff",
    "super_admin": "super admins",
    "-": "nobody",
    "buyer": "the buyer",
    "attendee": "its attendees",
    "buyer or attendee with it": "buyers and attendees who have it",
    "buyer with it": "buyers who have used it",
    "group_owner": "the group's owner",
    "accepted organizer of the group": "organizers of the group who have accepted",
    "coorganizer of an event of theirs": "coorganizers of an event of theirs",
    "speaker of the session": "the session's speakers",
    "invited to the session": "whoever is invited to the session",
    "moderator, speaker or attendee": "its moderators, speakers and attendees",
}
# Conditions on the row rather than on who asks.
_CONDITIONS: Final = {
    "about an event": "it is about an event",
    "among the six most used": "it is among the six most used",
    "named by a published event": "a published event names it",
    "no event": "it names no event",
    "no super admin": "it is no super admin's account",
    "not hidden": "it is not hidden",
    "public profile": "the profile is public",
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
_HOLDERS: Final = re.compile(rf"((?:{'|'.join(_RANKED)})(?:/(?:{'|'.join(_RANKED)}))*) of (.+)")
_SELVES: Final = {"id": "the account itself", "user_id": "the user it belongs to"}
_UNVERIFIED: Final = re.compile(r"auth where (\w+) is open to the unverified")


def in_words(rule: Rule) -> Words:
    """The rule in words."""
    return _said(_tree(rule))


def rights(policy: Policy) -> dict[str, Words]:
    """Who may do what, by the name of the right."""
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


def _all(rules: list[Rule]) -> Words:
    telling: list[Words] = [_tree(rule) for rule in rules if rule.name != "public"]
    return _said(_joined("all", telling) if telling else "public")


def _tree(rule: Rule) -> Words:
    """The rule's names, taken apart where rules were joined by | and &."""
    made_by = rule.sql.__qualname__.partition(".<locals>")[0] if inspect.isfunction(rule.sql) else ""
    parts = inspect.getclosurevars(rule.sql).nonlocals if made_by.startswith("Rule.") else {}
    if made_by == "Rule.__or__":
        return _joined("any", [_tree(parts["self"]), _tree(parts["other"])])
    if made_by == "Rule.__and__":
        return _joined("all", [_tree(parts["self"]), _tree(parts["other"])])
    return rule.name


def _joined(word: str, parts: list[Words]) -> Words:
    """Parts that are joined by the same word become one list; what is said twice is said once."""
    flat: list[Words] = []
    for part in parts:
        inner = part[1:] if isinstance(part, list) and part[0] == word else [part]
        flat += [one for one in inner if one not in flat]
    if word == "all":  # "a or b, and a" says no more than "a"
        flat = [one for one in flat if not any(_narrower(other, one) for other in flat)]
    return [word, *flat] if len(flat) > 1 else flat[0]


def _narrower(one: Words, other: Words) -> bool:
    ours, theirs = (
        part[1:] if isinstance(part, list) and part[0] == "any" else [part] for part in (one, other)
    )
    return len(ours) < len(theirs) and all(part in theirs for part in ours)


def _said(tree: Words, within: str = "any") -> Words:
    if isinstance(tree, str):
        return _phrase(tree, within)
    word = str(tree[0])
    return [word, *(_said(part, word) for part in tree[1:])]


def _phrase(name: str, within: str) -> str:
    condition = _condition(name)
    if condition is not None:
        return f"while {condition}" if within == "all" else f"everybody, while {condition}"
    if name in _WORDS:
        return _WORDS[name]
    for pattern, words in _PATTERNS:
        found = pattern.fullmatch(name)
        if found:
            return words(found)
    return name.replace("_", " ")


def _condition(name: str) -> str | None:
    if name in _CONDITIONS:
        return _CONDITIONS[name]
    positive = name.removeprefix("not ")
    column, equal, value = positive.partition("=")
    if not equal:
        return None
    verb = "is" if positive == name else "is not"
    return f"its {column.replace('_', '-')} {verb} {value}"


def _holders(found: re.Match[str]) -> str:
    held = sorted(found[1].split("/"), key=_RANKED.index)
    people = ["owner" if one == roles.OWNER_ROLE else f"{one.replace('_', ' ')}s" for one in held]
    listed = people[0] if len(people) == 1 else f"{', '.join(people[:-1])} and {people[-1]}"
    return f"{listed} of {_event(found[2])}"


def _event(path: str) -> str:
    """Whose event it is: "id" and "event" lead to the event, "station.event" to the station's."""
    if path in {"id", "event"}:
        return "the event"
    head, dot, _ = path.partition(".")
    return f"the {head.replace('_', ' ')}'s event" if dot else path


def _self(found: re.Match[str]) -> str:
    return _SELVES.get(found[1]) or f"its {found[1].removesuffix('_id').replace('_', ' ')}"


_PATTERNS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (_HOLDERS, _holders),
    (re.compile(r"self \((\w+)\)"), _self),
    (re.compile(r"whose verified (\w+) it is"), lambda _: "whoever has verified that e-mail address"),
    (_UNVERIFIED, lambda found: f"whoever is signed in, where staff lets the unverified ({found[1]})"),
)
