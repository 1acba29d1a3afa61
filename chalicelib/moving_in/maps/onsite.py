"""Badges, stations and check-ins."""

from typing import Final

from chalicelib.moving_in import values
from chalicelib.moving_in.tables import Moved, refuse

# One stay of each person: the old row lists everybody who came at once.
_STAYS: Final = """(
SELECT v.id::bigint * 65536 + person.place AS id, person.id AS ticket_holder_id, v.microlocation_id,
  v.check_in_type, v.check_in_at, v.check_out_at, v.created_at
FROM virtual_check_in v CROSS JOIN LATERAL unnest(v.ticket_holder_id) WITH ORDINALITY AS person (id, place)
WHERE v.deleted_at IS NULL AND v.is_deleted IS NOT TRUE)"""

TABLES: Final = (
    Moved("badge_forms", "badge_forms"),
    Moved("badge_field_forms", "badge_field_forms"),
    Moved("station", "stations"),
    Moved("station_store_paxs", "station_store_paxs"),
    Moved(
        "user_check_in",
        "user_check_ins",
        values={"created_at": values.first_of("check_in_out_at", "created_at")},
        unless="is_deleted IS TRUE",
        because="it is deleted, and check-ins have no trash here",
    ),
    Moved(
        "virtual_check_in",
        "virtual_check_ins",
        query=_STAYS,
        values={"check_in_at": values.first_of("check_in_at", "created_at")},
        keeps_ids=False,
        duplicates={"uq_virtual_check_ins_open": refuse},
    ),
)
