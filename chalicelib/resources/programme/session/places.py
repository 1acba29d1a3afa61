"""Sign-up for a session: its places and its window, and who is told how many have signed up.

Who has signed up is session_sign_up.py.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import where_sql
from chalicelib.resources.policies import has_role
from chalicelib.resources.programme.session.rules import demand_unlocked

COUNTS = has_role(COORGANIZERS) | where_sql(
    sql(ROW["is_sign_up_count_public"]), "the counts of sign-ups are public", of_row=True
)
# SQL: null where there is no sign-up, so that the session costs nothing more.
CONFIRMED = sql(
    *("CASE WHEN ", ROW["sign_up_places"], " IS NOT NULL THEN ("),
    *("SELECT stock.taken FROM stocks stock WHERE stock.session_id = ", ROW["id"], ") END"),
)
WAITING = sql(
    *(
        "CASE WHEN ",
        ROW["sign_up_places"],
        " IS NOT NULL THEN (SELECT count(*)::int FROM session_sign_ups line ",
    ),
    *("WHERE line.session_id = ", ROW["id"], " AND line.state = 'waiting') END"),
)


def open_before_closing(_context: Context, change: Change) -> None:
    """The window of sign-up opens before it closes."""
    row = change.row
    if not change.is_new and not {"sign_up_opens_at", "sign_up_closes_at"} & change.before.keys():
        return
    opens, closes = row.sign_up_opens_at, row.sign_up_closes_at
    if opens and closes and closes <= opens:
        raise invalid("Sign-up must close after it opens.", "/data/attributes/sign-up-closes-at")


def choose_tickets_as_team(
    context: Context, session: Any, _added: Sequence[int], _removed: Sequence[int]
) -> None:
    """Whose attendees may sign up is said by the event's team."""
    demand_unlocked(context, session)
    if not context.viewer.has_role(COORGANIZERS, session.event_id):
        raise forbidden("With which tickets one may sign up is said by the event's team.")
