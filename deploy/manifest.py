"""Writes the manifest of resource types and actions, which spares cold starts most imports."""

import json
import shutil
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from chalicelib import entrypoints, signals
from chalicelib.jsonapi.http import manifest, sources
from chalicelib.jsonapi.http.action import ACTIONS, Action
from chalicelib.jsonapi.http.retry import constraints_of_random_values
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.dependants import parent_types
from chalicelib.limits import declared
from chalicelib.limits.limit import Limit
from chalicelib.resources import REGISTRY
from deploy.compiled import compiled

_PRODUCT = Path(manifest.__file__).parents[3]


def write(root: Path) -> Path:
    """Write the manifest into the copy of the product at `root`; returns its file.

    Beside it is a folder with a file for each resource type.
    """
    target = root / manifest.FILE.relative_to(_PRODUCT)
    nouns = root / manifest.NOUNS.relative_to(_PRODUCT)
    shutil.rmtree(nouns, ignore_errors=True)
    nouns.mkdir()
    contents = table()
    for resource in REGISTRY:
        _write(nouns / f"{resource.type}.json", compiled(resource, REGISTRY))
    package = root / "chalicelib"
    known = {
        "sizes": sources.sizes(package, sources.DECLARING),
        "all sizes": sources.sizes(package),
        "sources": sources.digest(package),
    }
    _write(target, {**known, **contents})
    return target


def _write(file: Path, contents: object) -> None:
    file.write_text(json.dumps(contents, separators=(",", ":")))


def table() -> dict[str, Any]:
    """The manifest of the product in this process."""
    entrypoints.import_all()
    return {
        "nouns": {resource.type: _place(resource) for resource in REGISTRY},
        "paths": {
            path: resource.type for resource in REGISTRY for path in (resource.path, *resource.aliases)
        },
        "signals": signals.modules_by_signal(),
        "parents": list(parent_types(REGISTRY)),
        "random keys": sorted(constraints_of_random_values(REGISTRY)),
        "actions": [
            [
                *(action.method, action.pattern, action.run.__module__, action.run.__name__),
                *(_limits(action), _options(action)),
            ]
            for listed in ACTIONS.values()
            for action in listed
        ],
    }


def _options(action: Action) -> dict[str, Any]:
    """The fields of an action that are plain values, and not their default: one added later too."""
    declared_apart = {"method", "pattern", "run", "limited_by"}
    values = {
        field.name: (getattr(action, field.name), field.default)
        for field in fields(Action)
        if field.init and field.name not in declared_apart
    }
    return {name: value for name, (value, default) in values.items() if value != default}


def _limits(action: Action) -> list[str]:
    """The variable names of an action's rate limits."""
    limits = [limit for limit in action.limited_by if isinstance(limit, Limit)]
    names = {id(value): name for name, value in vars(declared).items() if isinstance(value, Limit)}
    return [names[id(limit)] for limit in limits]


def _place(resource: Resource) -> tuple[str, str]:
    """(module, variable) that declares the type."""
    module = resource.schema_class.__module__
    places = [name for name, value in vars(sys.modules[module]).items() if value is resource]
    if not places:
        raise LookupError(f"{resource.type} is not declared beside its schema in {module}")
    return module, places[0]


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
