"""Lambda SnapStart: what is done before a process is frozen into a snapshot, and in each copy of it.

Copies of one snapshot begin alike. So nothing is in it that only one may have (connections, random state), or
that ends (secrets, results of checks), and each copy draws anew. Source: the AWS Lambda guide, "Handling
uniqueness with Lambda SnapStart" and "runtime hooks for Python".
"""

import gc
import random
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from chalicelib import aws, db_connection, db_statements
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.settings import begins_as_snapshot

# What a process keeps and a copy must not have, by the names of docs/context.md, which says so of each.
FORGOTTEN: Final = (
    "auth.viewer._viewer_cache",
    "auth.tokens._verified_with",
    "auth.signing_keys._keys_in",
    "aws.parameter",
    "settings.settings",
    "db_engine.engine",
    "db_engine.engine_apart",
    "db_connection.held",
    "db_connection._tls",
    "db_reader.is_set",
    "db_reader._held",
    "db_reader._health",
    "aws.s3",
    "aws.sqs",
    "aws.ses",
    "aws.ssm",
    "telemetry._tracer",
    "health._known",
    "log._complaints",
    "resources.orders.payment.paypal._access_tokens",
    "web_push._private_key",
    "papers.apple_pass._signer",
    "papers.google_pass._account",
)
# Imported in functions, to spare a cold start: here they are in the snapshot.
_LAZY: Final = (
    *("chalicelib.driver", "argon2", "icalendar", "idna", "ipaddress", "jwt", "multipart", "nh3", "segno"),
    *("ssl", "stdnum.eu.vat", "PIL.Image", "zoneinfo"),
)


def adopt(import_all: Callable[[], None], registry: Registry) -> None:
    """Register the hooks of the runtime, where Lambda takes a snapshot of this process."""
    if not begins_as_snapshot():
        return
    hooks: Any = import_module("snapshot_restore_py")  # of Lambda's runtime, and of no use elsewhere
    hooks.register_before_snapshot(before_snapshot, import_all, registry)
    hooks.register_after_restore(after_restore)


def before_snapshot(import_all: Callable[[], None], registry: Registry) -> None:
    """Import and rehearse whatever a request may need, and drop what copies may not share."""
    from chalicelib import rehearsal  # lazy: only a snapshot needs it

    import_all()
    for name in _LAZY:
        import_module(name)
    aws.import_boto3()
    rehearsal.rehearse(registry)
    forget()
    gc.collect()
    gc.freeze()


def after_restore() -> None:
    """Begin as a process of one's own."""
    random.seed()  # by the system; secrets and UUIDs ask it each time anyway
    forget()


def forget() -> None:
    """Close connections, and drop what is FORGOTTEN. What was not imported has nothing."""
    for name in ("chalicelib.db", "chalicelib.db_reader"):
        if module := sys.modules.get(name):
            module.forget()
    db_connection.forget()
    db_statements.set_pool(db_connection.borrow)  # until there is an engine
    aws.forget_session()
    for name in FORGOTTEN:
        place, _, variable = name.rpartition(".")
        kept: Any = getattr(sys.modules.get(f"chalicelib.{place}"), variable, None)
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
        elif kept is not None:
            kept.clear()
