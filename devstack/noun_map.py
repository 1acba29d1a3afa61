"""`make map`: lists every resource type with its file, URLs and permissions."""

import inspect
from pathlib import Path

from chalicelib.docs.who import who_may
from chalicelib.jsonapi.http import relationships
from chalicelib.jsonapi.model.policy import anyone
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY

ROOT = Path(__file__).resolve().parent.parent
_OFFERS = {"list": "GET", "create": "POST", "read": "GET", "update": "PATCH", "delete": "DELETE"}


def lines(resource: Resource) -> list[str]:
    """The lines about one type."""
    file = Path(inspect.getfile(resource.schema_class)).relative_to(ROOT)
    collection = [_OFFERS[offer] for offer in ("list", "create") if offer in resource.methods]
    detail = [_OFFERS[offer] for offer in ("read", "update", "delete") if offer in resource.methods]
    told = [f"{resource.type}  ({file})"]
    for path in (resource.path, *resource.aliases):
        if collection or resource.singleton:
            told.append(f"    {', '.join(collection or detail):<22}/v1/{path}")
        if detail:
            told.append(f"    {', '.join(detail):<22}/v1/{path}/{{id}}")
    for relation in REGISTRY.relations[resource.type].values():
        names = "|".join((relation.wire, *relation.paths))
        arrow = "=> many" if relation.many else "->"
        told.append(
            f"    {', '.join(relationships.methods(relation)):<22}  {names} {arrow} {relation.target}"
        )
    policy = resource.policy
    for name, rule in (
        ("see", policy.see), ("read", policy.read), ("list", policy.list),
        ("create", policy.create), ("change", policy.change), ("remove", policy.remove),
        ("trash", policy.sees_trash), ("purge", policy.purge),
    ):  # fmt: skip
        if rule != anyone or name == "see":
            told.append(f"    {name}: {who_may(rule)}")
    return told


def main() -> None:
    """Print the map."""
    for resource in sorted(REGISTRY, key=lambda noun: noun.type):
        print("\n".join(lines(resource)), end="\n\n")


if __name__ == "__main__":
    main()
