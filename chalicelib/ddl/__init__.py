"""Online schema changes (zero downtime), for migrations of large tables.

Each runs in short steps outside the migration's transaction and may be interrupted anywhere: run again, it
resumes. A migration that uses one contains nothing else. docs/migrations.md says when to use which.
"""

from chalicelib.ddl.apart import Refused
from chalicelib.ddl.constraints import add_check, add_foreign_key, add_unique, drop_check, set_not_null
from chalicelib.ddl.defaults import drop_defaults, set_defaults
from chalicelib.ddl.indexes import create_index, drop_index
from chalicelib.ddl.pages import insert_in_batches, update_in_batches
from chalicelib.ddl.partitions import partition_by_id, rejoin
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
    "insert_in_batches",
    "narrow",
    "partition_by_id",
    "rejoin",
    "set_defaults",
    "set_not_null",
    "update_in_batches",
    "widen",
]
