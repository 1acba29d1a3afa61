"""Manifest of resource types and actions, compiled when the system is packaged (deploy/manifest.py).

A cold read needs nothing else: neither the modules that declare them nor SQLAlchemy and marshmallow, whose
import takes longer than the answer. Without a manifest, as in a checkout, everything is imported at once.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http import sources
from chalicelib.jsonapi.http.action import Action
from chalicelib.jsonapi.model.compiled import CompiledResource
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.limits import declared

FILE = Path(__file__).parents[2] / "manifest.json"
NOUNS = FILE.with_suffix("")  # the folder with a file for each resource type
Manifest = Mapping[str, Any]


class StaleManifest(RuntimeError):
    """The manifest was written for other code: what it says of resource types may be wrong."""


@cache
def read() -> Manifest | None:
    """The manifest, or None where there is none. Raises StaleManifest where it is older than the code."""
    if not FILE.exists():
        return None
    contents: Manifest = json.loads(FILE.read_bytes())
    if contents["sizes"] != sources.sizes(FILE.parent, sources.DECLARING):
        raise _stale()
    return contents


def demand_sizes() -> None:
    """Raise StaleManifest where files were added or removed, or have another size than the manifest knows."""
    contents = read()
    if contents is not None and contents["all sizes"] != sources.sizes(FILE.parent):
        raise _stale()


def demand_current() -> None:
    """Raise StaleManifest where any file of the code has changed since the manifest was written."""
    contents = read()
    if contents is not None and contents["sources"] != sources.digest(FILE.parent):
        raise _stale()


def _stale() -> StaleManifest:
    return StaleManifest(
        f"{FILE} is older than the code: package again (make package), or delete it to go without"
    )


class LazyRegistry(Registry):
    """Registry backed by the manifest: its resource types are compiled ones, until all are imported."""

    def __init__(
        self,
        contents: Manifest,
        *,
        roles_at: str = "",
        proofs: frozenset[str] = frozenset(),
        nouns: Path = NOUNS,
    ) -> None:
        super().__init__((), roles_at=roles_at, proofs=proofs)
        self._folder = nouns
        self._listed: dict[str, tuple[str, str]] = contents["nouns"]
        self._paths: dict[str, str] = contents["paths"]
        self.parent_types, self.random_keys = tuple(contents["parents"]), frozenset(contents["random keys"])
        self._compiled: dict[str, CompiledResource] = {}

    def __iter__(self) -> Iterator[Resource]:
        return (self[name] for name in self._listed)

    def __getitem__(self, resource_type: str) -> Resource:
        declared = self._by_type.get(resource_type)
        return declared if declared is not None else cast(Resource, self.compiled(resource_type))

    def __contains__(self, resource_type: str) -> bool:
        return resource_type in self._listed

    def compiled(self, resource_type: str) -> CompiledResource:
        """The resource type as the manifest describes it."""
        compiled = self._compiled.get(resource_type)
        if compiled is None:
            if resource_type not in self._listed:
                raise KeyError(resource_type)
            contents = json.loads((self._folder / f"{resource_type}.json").read_bytes())
            compiled = CompiledResource(contents, partial(self.declared, resource_type))
            self._compiled[resource_type] = compiled
        return compiled

    def declared(self, resource_type: str) -> Resource:
        """The resource type as it is declared: its module is imported. It is answered from then on."""
        resource = self._by_type.get(resource_type)
        if resource is None:
            module, variable = self._listed[resource_type]
            resource = self._by_type[resource_type] = getattr(import_module(module), variable)
        return resource

    def import_all(self) -> None:
        """Import every resource type."""
        for resource_type in self._listed:
            self.declared(resource_type)

    def _noun_at(self, path: str) -> Resource | None:
        resource_type = self._paths.get(path)
        return None if resource_type is None else self[resource_type]

    def known_dependants(self, resource_type: str, parent: str) -> list[list[str]]:
        """As compiled."""
        return self.compiled(resource_type).dependants.get(parent, [])

    @cached_property
    def relations(self) -> Mapping[str, Mapping[str, Relation]]:
        """As for every registry, but the relationships of a type are built on first access."""
        return _LazyRelations(self, list(self._listed))


class _LazyRelations(dict[str, Mapping[str, Relation]]):
    def __init__(self, registry: LazyRegistry, listed: list[str]) -> None:
        super().__init__()
        self._registry = registry
        self._listed = listed

    def __missing__(self, resource_type: str) -> Mapping[str, Relation]:
        compiled = self._registry.compiled(resource_type)
        relations = {relation.name: relation for relation in compiled.relations}
        self[resource_type] = relations
        return relations

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def items(self) -> Any:
        """All of them."""
        return [(name, self[name]) for name in self._listed]

    def values(self) -> Any:
        """All of them."""
        return [self[name] for name in self._listed]


class NotImported:
    """An action whose module is imported once it is needed, by `importing`."""

    __slots__ = ("_function", "_importing", "_module")

    def __init__(self, module: str, function: str, importing: Callable[[str], None]) -> None:
        self._module, self._function, self._importing = module, function, importing

    def demand(self) -> Callable[..., Answer]:
        """The function; its module is imported."""
        self._importing(self._module)
        function: Callable[..., Answer] = getattr(import_module(self._module), self._function)
        return function

    def __call__(self, context: Any, **parameters: str) -> Answer:
        return self.demand()(context, **parameters)


def actions_in(contents: Manifest, importing: Callable[[str], None]) -> Iterator[Action]:
    """The actions in the manifest. Once one is needed, `importing` is called with its module."""
    for method, pattern, module, function, limits, options in contents["actions"]:
        limited_by = tuple(getattr(declared, limit) for limit in limits)
        options.update((name, tuple(options.get(name, ()))) for name in ("families", "query"))
        run = NotImported(module, function, importing)
        yield Action(method, tuple(pattern), run, limited_by=limited_by, **options)
