"""docs/permissions.md: the rules of every noun in words, and the table of status codes."""

from pathlib import Path

from chalicelib.docs.who import who_may
from chalicelib.jsonapi.model.policy import anyone
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
_START, _END = "<!-- made by make permissions -->", "<!-- end -->"


def write_page(table: str) -> None:
    """Exchange the part of the page that is made."""
    PAGE.write_text(with_table(PAGE.read_text(), table))


def with_table(page: str, table: str) -> str:
    """The page with its made part as it should be."""
    before, rest = page.split(_START)
    after = rest.split(_END)[1]
    rules = "\n".join(_rules(resource) for resource in sorted(REGISTRY, key=lambda resource: resource.type))
    return f"{before}{_START}\n\n{rules}\n\n```\n{table}```\n\n{_END}{after}"


def _rules(resource: Resource) -> str:
    policy = resource.policy
    rules = {
        "list": [policy.see, policy.read, policy.list],
        "read": [policy.see, policy.read],
        "create": [policy.create],
        "update": [policy.change],
        "delete": [policy.remove],
    }
    offered = [
        f"{name}: {'; and '.join([who_may(value[0]), *(who_may(item) for item in value[1:] if item != anyone)])}"
        for name, value in rules.items()
        if name in resource.methods
    ]
    return f"- **{resource.type}** — {' · '.join(offered)}"
