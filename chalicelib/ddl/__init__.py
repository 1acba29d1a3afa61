"""Changes of the schema that hold nobody up: what migrations use where rows may be many.

Each is done in short steps outside of the migration's transaction, and may be interrupted anywhere:
when the migration is run again it goes on from what it finds. A migration with one of them has
nothing else in it. docs/migrations.md tells when to use which.
"""

from chalicelib.ddl.apart import Refused
from chalicelib.ddl.constraints import add_check, add_foreign_key, add_unique, drop_check, set_not_null
from chalicelib.ddl.defaults import drop_defaults, set_defaults
from chalicelib.ddl.indexes import create_index, drop_index
from chalicelib.ddl.pages import update_in_batches
from chalicelib.ddl.types import narrow, widen

__all__ = [
    "Refused",
    "add_check",
    "add_foreign_key",
    "add_unique",
    "create_index",
    "drop_check",
    "drop_defaults",
    "drop_index",
    "narrow",
    "set_defaults",
    "set_not_null",
    "update_in_batches",
    "widen",
]
