"""why: explains a permission, with every part of the rule and whether it holds."""

import argparse
from collections.abc import Iterator
from typing import Any, Final

from chalicelib.cli.accounts import account_id
from chalicelib.cli.output import Failed
from chalicelib.docs import explained
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.model.context import open_context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.explanation import explain, outside_trash
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings

_NOBODY: Final = "nobody"
_OFFERS: Final = {"change": "update", "remove": "delete"}


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add why."""
    command = groups.add_parser(
        "why",
        parents=[every],
        help="explain why somebody may, or may not, see, change or remove a row; exit code 1 if not",
        description="It shows which parts of the type's rules hold for this viewer and this row. "
        "Attributes with rules of their own, and what else a noun refuses, are not part of it.",
    )
    command.add_argument("who", help="the e-mail address of an account, or nobody")
    command.add_argument("right", choices=("see", "change", "remove", "create"))
    command.add_argument("type", help="a JSON:API type, such as order")
    command.add_argument("id", help="the row's id or identifier")
    command.set_defaults(run=_why, lines=_lines, fails_on=lambda explanation: not explanation["holds"])


def _why(chosen: argparse.Namespace) -> dict[str, Any]:
    if chosen.right == "create":
        raise Failed("create is asked of a row that is not there yet: why tells of rows that are")
    if chosen.type not in REGISTRY:
        known = ", ".join(sorted(resource.type for resource in REGISTRY))
        raise Failed(f"there is no type {chosen.type}; there are {known}")
    resource = REGISTRY[chosen.type]
    offer = _OFFERS.get(chosen.right)
    if offer is not None and offer not in resource.methods:
        raise Failed(f"there is no request to {chosen.right} {resource.type}")
    named = not is_number(chosen.id)
    if named and resource.identifier is None:
        raise Failed(f"{chosen.id} is no id, and {resource.type} has no identifier")
    try:
        with open_context(REGISTRY, user_id=_account(chosen.who), options=settings()) as context:
            explanation = explain(context, resource, chosen.id, _rule(resource, chosen.right), named=named)
    except LookupError as problem:  # a blocked, deleted or unknown account
        raise Failed(str(problem.args[0])) from None
    if explanation is None:
        raise Failed(f"there is no {resource.singular} {chosen.id}")
    may = "may" if explanation.holds else "may not"
    says = f"{chosen.who} {may} {chosen.right} {resource.singular} {chosen.id}"
    return {**explained.as_json(explanation), "says": says}


def _rule(resource: Resource, right: str) -> Rule:
    """The rule that a request at the row's own URL must pass."""
    policy = resource.policy
    further = {"see": (), "change": (policy.change,), "remove": (policy.remove,)}[right]
    return outside_trash(resource, policy.see, policy.read, *further)


def _account(who: str) -> int | None:
    if who == _NOBODY:
        return None
    return account_id(who)


def _lines(explanation: dict[str, Any]) -> Iterator[str]:
    return explained.lines(explanation)
