"""Held mails of an event: releasing them, which sends each once, and discarding them."""

from typing import Final

from chalicelib import clock, db
from chalicelib.actions.plain_object import ids_in, members_of
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, invalid, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.mails.held_mail import DISCARDED, HELD, RELEASED
from chalicelib.tasks.held_mails import enqueue_released

_MOST: Final = 500
_MEMBERS: Final = ("mails", "all")
_LOCK: Final = f"""
SELECT id, state FROM held_mails
 WHERE event_id = $1 AND CASE WHEN $2::bigint[] IS NULL THEN state = '{HELD}' ELSE id = ANY ($2::bigint[]) END
 ORDER BY id LIMIT {_MOST} FOR UPDATE
"""  # noqa: S608 - constants
_SETTLE: Final = "UPDATE held_mails SET state = $2, decided_at = $3 WHERE id = ANY ($1::bigint[])"


@action("POST", "/v1/events/{id}/held-mails/release")
@documented(
    who="owner and organizers of the event",
    request={"mails": ["1"]},
    optional=_MEMBERS,
    response={"mails": ["1"], "later": []},
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def release_held_mails(context: Context, id: str) -> Answer:
    """{mails or all: true} -> {mails, later}: sends these held mails, each once, as they read by now.

    One that was released or discarded already refuses all of them, 409. With `all` the oldest 500 that are
    held. They are sent at the pace of mails to speakers; those in `later` wait for more than a day. A mail
    about a state that its session has left by the time it is sent is not sent: its state is `outdated` then.
    To speakers who have confirmed meanwhile a mail about the acceptance is sent, unless it was edited in the
    words for a confirmed session.
    """
    event_id, mails = _settled(context, id, RELEASED)
    later = enqueue_released(context.session, event_id, mails)
    return plain({"mails": [str(mail) for mail in mails], "later": [str(mail) for mail in later]})


@action("POST", "/v1/events/{id}/held-mails/discard")
@documented(
    who="owner and organizers of the event",
    request={"mails": ["1"]},
    optional=_MEMBERS,
    response={"mails": ["1"]},
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def discard_held_mails(context: Context, id: str) -> Answer:
    """{mails or all: true} -> {mails}: these held mails are never sent. Otherwise as for releasing."""
    _, mails = _settled(context, id, DISCARDED)
    return plain({"mails": [str(mail) for mail in mails]})


def _settled(context: Context, id: str, state: str) -> tuple[int, list[int]]:
    """The id of the event, and of the mails that have this state by now."""
    event = visible_to_team(context, "event", id, roles=ORGANIZERS)
    content = members_of(context, _MEMBERS, may_be_empty=True)
    if ("mails" in content) == ("all" in content):
        raise invalid("Send either mails or all.", "/mails")
    if "all" in content and content["all"] is not True:
        raise invalid("all is true, or not sent.", "/all")
    ids = ids_in(content, "mails", _MOST) if "mails" in content else None
    rows = dict(map(tuple, db.fetch(context.session, _LOCK, [event.id, ids])))
    for position, mail in enumerate(ids or ()):
        if mail not in rows:
            raise not_found(f"There is no held mail {mail}.", f"/mails/{position}")
        if rows[mail] != HELD:
            raise conflict(f"Mail {mail} was {rows[mail]} already.", f"/mails/{position}")
    settled = list(rows)
    db.fetch(context.session, _SETTLE, [settled, state, clock.now()])
    return event.id, settled
