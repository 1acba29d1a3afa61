"""docs/permissions.md: the rules of every noun in words, and the table of status codes."""

from pathlib import Path

from chalicelib.jsonapi.resource import Resource
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
    rules = "\n".join(_rules(one) for one in sorted(REGISTRY, key=lambda one: one.type))
    return f"{before}{_START}\n\n{rules}\n\n```\n{table}```\n\n{_END}{after}"


def _rules(resource: Resource) -> str:
    policy = resource.policy
    told = {
        "list": f"{policy.see.name}; {policy.read.name}; {policy.list.name}",
        "read": f"{policy.see.name}; {policy.read.name}",
        "create": policy.create.name,
        "update": policy.change.name,
        "delete": policy.remove.name,
    }
    offered = [f"{name}: {told[name].replace('; public', '')}" for name in told if name in resource.offers]
    return f"- **{resource.type}** — {' · '.join(offered)}"
