"""Admission: which call for papers takes a session of somebody else than the event's team, and when.

An event without any call takes sessions at any time, as clients of the former server expect.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from chalicelib import clock, db
from chalicelib.auth.roles import TRACK_ORGANIZERS
from chalicelib.jsonapi.ground.errors import Problem, conflict, forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.proofs import HASH
from chalicelib.resources.programme.call_rules import PRIVATE
from chalicelib.values.zones import in_words

# How long after the end a draft that was begun in time may still be submitted.
GRACE: Final = timedelta(hours=24)
# Whoever makes the programme submits at any time.
TEAM: Final = TRACK_ORGANIZERS
_EVENT: Final = "/data/relationships/event"
_CALL: Final = "/data/relationships/submission-call"
_DECIDES: Final = frozenset({"track_id", "session_type_id", "submission_call_id"})
_NAMED: Final = "ARRAY(SELECT {0}_id FROM submission_calls_{0}s WHERE submission_call_id = called.id)"
# The main call has no id.
_CALLS: Final = f"""
SELECT NULL::bigint AS id, called.starts_at, called.ends_at, called.privacy, called.hash,
       called.is_hash_required, called.max_submissions, '{{}}'::bigint[] AS tracks, '{{}}'::bigint[] AS types,
       event.timezone
  FROM speakers_calls called JOIN events event ON event.id = called.event_id
 WHERE called.event_id = $1 AND called.deleted_at IS NULL
UNION ALL
SELECT called.id, called.starts_at, called.ends_at, called.privacy, called.hash, TRUE, called.max_submissions,
       {_NAMED.format("track")}, {_NAMED.format("session_type")}, event.timezone
  FROM submission_calls called JOIN events event ON event.id = called.event_id
 WHERE called.event_id = $1 AND called.deleted_at IS NULL
 ORDER BY id NULLS FIRST
"""  # noqa: S608 - texts of this file
_LOCK_ACCOUNT: Final = "SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE"
NOT_COUNTED: Final = ("draft", "withdrawn", "canceled")
_SUBMITTED: Final = f"""
SELECT count(*) FROM sessions
 WHERE event_id = $1 AND creator_id = $2 AND submission_call_id IS NOT DISTINCT FROM $3::bigint
   AND id IS DISTINCT FROM $4::bigint AND deleted_at IS NULL AND state NOT IN {NOT_COUNTED}
"""  # noqa: S608 - texts of this file


class _Call(NamedTuple):
    """A call as the event has it; `id` is None for the main one."""

    id: int | None
    starts_at: datetime
    ends_at: datetime
    privacy: str | None
    hash: str | None
    is_hash_required: bool
    max_submissions: int | None
    tracks: Sequence[int]
    types: Sequence[int]
    zone_name: str

    @property
    def is_specific(self) -> bool:
        return bool(self.tracks or self.types)

    def takes(self, row: Any) -> bool:
        """Whether it is for the session's track and type."""
        of_track = not self.tracks or row.track_id in self.tracks
        return of_track and (not self.types or row.session_type_id in self.types)

    def is_shown(self, context: Context) -> bool:
        """Whether the request may be told of it: a private one needs its hash."""
        return self.privacy != PRIVATE or (
            bool(self.hash) and context.viewer.proofs.get(HASH) == self.hash  # as the policy compares them
        )

    def is_open(self, begun: datetime | None) -> bool:
        """Whether it takes sessions now; `begun` is when the draft was made that is submitted."""
        grace = GRACE if begun is not None and begun <= self.ends_at else timedelta(0)
        return self.starts_at <= clock.now() <= self.ends_at + grace


def submit_in_time(context: Context, change: Change) -> None:
    """Refuse a session that no call takes, and note the one that does.

    This is asked of new sessions, of drafts that are submitted, and of those that go to another track, type
    or call. A call takes as many submissions by one account as it says.
    """
    row = change.row
    if context.viewer.has_role(TEAM, row.event_id):
        return
    before = {} if change.is_new else change.before
    is_submitted = row.state == "pending" and before.get("state") == "draft"
    is_moved = not _DECIDES.isdisjoint(before) and row.state not in NOT_COUNTED
    if not (change.is_new or is_submitted or is_moved):
        if change.restores and row.state not in NOT_COUNTED:
            _demand_room_again(context, change)
        return
    calls = _calls(context, row.event_id)
    if not calls:
        return
    former = before.get("submission_call_id", row.submission_call_id)
    is_named = row.submission_call_id is not None and (change.is_new or former != row.submission_call_id)
    candidates = _candidates(context, calls, row, None if change.is_new else former, not change.is_new)
    if is_named:
        candidates = [call for call in candidates if call.id == row.submission_call_id]
    elif is_moved and not is_submitted and any(call.id == former for call in candidates):
        row.submission_call_id = former  # as it was taken before, whenever that was
        return
    begun = row.created_at if is_submitted else None
    # A draft stays with the call that it was begun for.
    candidates.sort(key=lambda call: change.is_new or call.id != former)
    chosen = next((call for call in candidates if call.is_open(begun)), None)
    if chosen is None:
        raise _refusal(context, candidates, is_named)
    row.submission_call_id = chosen.id
    if row.state not in NOT_COUNTED:
        _demand_room(context, row, chosen, change.is_new)


def _calls(context: Context, event_id: int) -> list[_Call]:
    return [_Call(*row) for row in db.fetch(context.session, _CALLS, [event_id], flush=False)]


def _candidates(
    context: Context, calls: Sequence[_Call], row: Any, former: int | None, was_taken: bool
) -> list[_Call]:
    """The calls that are for such a session, the narrowest first; `former` has taken it already.

    A public call that names its track or type takes the place of those that name none.
    """
    fitting = [call for call in calls if call.takes(row)]
    hidden = [call for call in fitting if call.privacy == PRIVATE and call.is_hash_required]
    doors = [call for call in hidden if call.is_shown(context) or (was_taken and call.id == former)]
    others = [call for call in fitting if call not in hidden]
    return [*doors, *([call for call in others if call.is_specific] or others)]


def _refusal(context: Context, candidates: Sequence[_Call], is_named: bool) -> Problem:
    """Problem 403 with the time to come, or the last one; of private calls only who has the hash is told."""
    pointer = _CALL if is_named else _EVENT
    shown = [call for call in candidates if call.is_shown(context)]
    begins = min(
        (call for call in shown if call.starts_at > clock.now()),
        key=lambda call: call.starts_at,
        default=None,
    )
    if begins is not None:
        return forbidden(
            f"The call for speakers begins on {in_words(begins.starts_at, begins.zone_name)}.", pointer
        )
    if shown:
        last = max(shown, key=lambda call: call.ends_at)
        return forbidden(f"The call for speakers ended on {in_words(last.ends_at, last.zone_name)}.", pointer)
    if is_named:
        return forbidden("This call is not for sessions of this track and type.", pointer)
    return forbidden("No call for speakers takes such a session now.", pointer)


def _demand_room(context: Context, row: Any, call: _Call, is_new: bool) -> None:
    """Raise Problem 409 if the account has as many submissions in the call as it may."""
    if call.max_submissions is None:
        return
    account = context.viewer.id if is_new else row.creator_id
    # Who submits twice at once waits here, and then sees what was submitted first.
    db.fetch(context.session, _LOCK_ACCOUNT, [account], flush=False)
    values = [row.event_id, account, call.id, row.id]
    ((submitted,),) = db.fetch(context.session, _SUBMITTED, values, flush=False)
    if submitted >= call.max_submissions:
        raise conflict(
            f"This call takes {call.max_submissions} submissions by one person at the most.", _EVENT
        )


def _demand_room_again(context: Context, change: Change) -> None:
    """A session that comes back from the trash counts again."""
    row = change.row
    for call in _calls(context, row.event_id):
        if call.id == row.submission_call_id:
            _demand_room(context, row, call, is_new=False)
