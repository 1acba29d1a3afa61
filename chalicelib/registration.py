"""What is imported, and when: everything at once in a checkout; with a package's manifest, what is needed.

Importing registers resource types, actions, tasks and signal receivers.
"""

import gc
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Final

from chalicelib.docs import prerendered
from chalicelib.jsonapi.http import action, manifest
from chalicelib.resources import REGISTRY

# Tables that no resource type declares.
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
def import_nouns() -> None:
    """Import every resource type, as hooks of one involve others; signal receivers when they are called."""
    with _for_good():
        manifest.demand_current()
        REGISTRY.import_all()
        for table in _TABLES:
            import_module(table)
        contents = manifest.read()
        if contents is not None:
            from chalicelib import signals  # lazy: a read emits none

            signals.expect(contents["signals"])


@cache
def import_all() -> None:
    """Import every resource type, action and task, and so every signal receiver."""
    import_nouns()
    with _for_good():
        for name in ("chalicelib.actions", "chalicelib.tasks"):
            for module in pkgutil.iter_modules(import_module(name).__path__, f"{name}."):
                import_module(module.name)


def _prepare(module: str) -> None:
    """Import what the actions of this module need: everything, unless they answer with prerendered texts."""
    if module not in prerendered.ACTIONS or not prerendered.usable():
        import_all()


def register() -> None:
    """Register the actions of the manifest; without one, import everything."""
    contents = manifest.read()
    if contents is None:
        import_all()
        collect_from_now_on()
        return
    for listed in manifest.actions_in(contents, before=_prepare):
        action.add(listed)
