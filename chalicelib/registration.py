"""What is imported, and when: everything at once in a checkout; with a package's manifest, what is needed.

Importing registers resource types, actions, tasks and signal receivers. A write gets its resource type, and
an action its module; what these name, Python imports. What they do not name is imported where it is looked
up: another type in the registry of types, receivers when their signal is emitted (signals.expect), and
everything when a registry is read (registered.py).
"""

import gc
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Final

from chalicelib import registered
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http import action, manifest
from chalicelib.resources import REGISTRY

# Tables elsewhere, which no resource type, action or task names.
_TABLES: Final = (
    *("chalicelib.jsonapi.http.idempotency_key", "chalicelib.limits.rate_limit", "chalicelib.reader_tables"),
    *("chalicelib.moving_in.moved_rows", "chalicelib.restoration"),
)


@contextmanager
def _for_good() -> Iterator[None]:
    """Freeze what the block allocates: exempt from garbage collection from then on."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()


@cache
def collect_from_now_on() -> None:
    """Collect garbage again, which app.py disables for the imports of a cold start.

    It is called once the first event needs no further import; what is there by then stays for good.
    """
    gc.freeze()
    gc.enable()


@cache
def expect_receivers() -> None:
    """Have the receivers of a signal imported when it is emitted, where the manifest spares their imports.

    It precedes every such import. Raises StaleManifest.
    """
    contents = manifest.read()
    if contents is not None:
        from chalicelib import signals  # lazy: a read emits none

        manifest.demand_sizes()
        signals.expect(contents["signals"])


def import_written(request: Request) -> None:
    """Import what a write names: its action's module, or the types at its address.

    It is called before the transaction, which is not to wait for imports.
    """
    if import_all.cache_info().currsize:
        return
    if (match := action.find(request.method, request.path)) is not None:
        if isinstance(match[0].run, manifest.NotImported):
            match[0].run.demand()
        return
    address = REGISTRY.at(request.path[1:]) if request.path[:1] == ("v1",) else None
    if address is None:
        return
    with _for_good():
        expect_receivers()
        resource, rest = address
        REGISTRY.declared(resource.type)
        name = rest[-1] if len(rest) > 1 else ""
        relation = REGISTRY.related_at(resource, name) if name else None
        if relation is not None:
            REGISTRY.declared(relation.target)


@cache
def import_all() -> None:
    """Import every resource type, action and task, and so every signal receiver and every table."""
    with _for_good():
        manifest.demand_current()
        expect_receivers()
        REGISTRY.import_all()
        for table in _TABLES:
            import_module(table)
        # Not every table is of a resource type, and not every module is named by one.
        for name in ("chalicelib.resources", "chalicelib.actions", "chalicelib.tasks"):
            for module in pkgutil.walk_packages(import_module(name).__path__, f"{name}."):
                import_module(module.name)


def _import_action(module: str) -> None:
    """Import the module of an action, which another module may have imported meanwhile."""
    expect_receivers()
    if module not in sys.modules:
        with _for_good():
            import_module(module)


def register() -> None:
    """Register the actions of the manifest; without one, import everything."""
    registered.complete_with(import_all)
    contents = manifest.read()
    if contents is None:
        import_all()
        collect_from_now_on()
        return
    action.add_sorted(manifest.actions_in(contents, importing=_import_action))
