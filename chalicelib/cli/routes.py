"""routes: lists every endpoint and its handler."""

import argparse
from typing import Any

from chalicelib.jsonapi.http import relationships
from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.resources import REGISTRY

_METHODS = {"list": "GET", "create": "POST", "read": "GET", "update": "PATCH", "delete": "DELETE"}


def add_to(groups: Any, every: argparse.ArgumentParser) -> None:
    """Add routes."""
    command = groups.add_parser("routes", parents=[every], help="list every endpoint with its handler")
    command.add_argument("--under", default="/", metavar="PATH", help="only paths with this prefix")
    command.set_defaults(run=_routes)


def _routes(chosen: argparse.Namespace) -> list[dict[str, str]]:
    endpoints = [*_of_actions(), *_of_nouns()]
    return sorted(
        (
            {"method": method, "path": path, "answers": who}
            for method, path, who in endpoints
            if path.startswith(chosen.under)
        ),
        key=lambda endpoint: (endpoint["path"], endpoint["method"]),
    )


def _of_actions() -> list[tuple[str, str, str]]:
    return [
        (action.method, "/" + "/".join(action.pattern), f"{action.run.__module__}.{action.run.__name__}")
        for several in ACTIONS.values()
        for action in several
    ]


def _of_nouns() -> list[tuple[str, str, str]]:
    endpoints = []
    for resource in REGISTRY:
        for path in (resource.path, *resource.aliases):
            base = f"/v1/{path}"
            for offer in sorted(resource.methods):
                where = base if offer in {"list", "create"} else f"{base}/{{id}}"
                endpoints.append((_METHODS[offer], where, resource.type))
        for relation in REGISTRY.relations[resource.type].values():
            target = f"{resource.type} -> {relation.target}"
            address = f"/v1/{resource.path}/{{id}}"
            names = (relation.wire, *relation.paths)
            endpoints += [("GET", f"{address}/{name}", target) for name in names]
            linked = f"{address}/relationships/{relation.wire}"
            endpoints += [(method, linked, target) for method in relationships.methods(relation)]
    return endpoints
