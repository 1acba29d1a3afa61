"""The window of a call for speakers: when sessions may be submitted by others than the event's team.

An event without a call takes sessions at any time, as clients of the former server expect.
"""

from datetime import datetime, timedelta
from typing import Final

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.values.zones import local, zone

# How long after the end a draft that was begun in time may still be submitted.
GRACE: Final = timedelta(hours=24)
_POINTER: Final = "/data/relationships/event"
_CALL: Final = """
SELECT called.starts_at, called.ends_at, event.timezone
  FROM speakers_calls called JOIN events event ON event.id = called.event_id
 WHERE called.event_id = $1 AND called.deleted_at IS NULL
"""


def submit_in_time(context: Context, change: Change) -> None:
    """Refuse a session that is created outside the call's window, and a draft that is submitted too late."""
    row = change.row
    is_submitted = not change.is_new and change.before.get("state") == "draft" and row.state == "pending"
    if not (change.is_new or is_submitted) or context.viewer.has_role(COORGANIZERS, row.event_id):
        return
    for starts_at, ends_at, name in db.fetch(context.session, _CALL, [row.event_id], flush=False):
        now = clock.now()
        if now < starts_at:
            raise forbidden(f"The call for speakers begins on {_said(starts_at, name)}.", _POINTER)
        in_time = is_submitted and row.created_at <= ends_at
        if now > ends_at + (GRACE if in_time else timedelta(0)):
            raise forbidden(f"The call for speakers ended on {_said(ends_at, name)}.", _POINTER)


def _said(moment: datetime, name: str) -> str:
    """The moment in the event's zone, such as 2030-05-01 18:00 (Europe/Berlin)."""
    return f"{local(moment, zone(name)):%Y-%m-%d %H:%M} ({name})"
