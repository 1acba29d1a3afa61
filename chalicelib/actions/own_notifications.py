"""The caller's inbox: how many notifications are unread, and marking them as read."""

from typing import Any, Final

from chalicelib.actions.plain_object import object_of
from chalicelib.docs.documented import SIGNED_IN, documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.jsonapi.model.moment_field import moment
from chalicelib.limits.limit import Exempt
from chalicelib.resources.people.notification import inbox
from chalicelib.resources.people.notification.kinds import KINDS

_ONCE: Final = (Exempt("a bounded number of the rows of whoever is signed in"),)


class _Which(Schema):
    """Which notifications are marked; without any member all are."""

    kind = fields.Str(validate=validate.OneOf(KINDS))
    until = moment()
    profile_id = fields.Int(strict=True, allow_none=True, data_key="profile-id")


@action("GET", "/v1/users/me/unread-notifications")
@documented(
    who=SIGNED_IN,
    response={
        "count": 3,
        "kinds": {"new_session": 2, "event_role": 1},
        "profiles": [{"profile-id": None, "count": 3}],
    },
    open_members=("kinds",),
    errors=(400, 401),
)
def count_unread_notifications(context: Context) -> Answer:
    """How many of the caller's notifications are unread: all, by kind, and by the profile that they concern.

    A group counts as one. `profile-id` is null for the account itself.
    """
    unread = inbox.unread(context.session, context.demand_account())
    profiles = [{"profile-id": id, "count": count} for id, count in unread.by_profile.items()]
    answer: dict[str, Any] = {"count": unread.count, "kinds": dict(unread.by_kind), "profiles": profiles}
    return plain(answer, headers={"Cache-Control": delivery.NEVER})


@action("POST", "/v1/users/me/read-notifications", limited_by=_ONCE)
@documented(
    who=SIGNED_IN,
    request={"kind": "new_session", "until": "2031-05-03T09:00:00+00:00", "profile-id": 1},
    optional=("kind", "until", "profile-id"),
    response={"marked": 2, "unread": 1},
    errors=(400, 401, 413, 422),
)
def read_notifications(context: Context) -> Answer:
    """{kind, until, profile-id} -> {marked, unread}: marks the caller's notifications as read.

    All of them, or those of a kind, those received until a moment, and those that concern a profile (null:
    the account itself). At most 5,000 at once: `unread` says how many are left, of whatever kind.
    """
    user_id, which = context.demand_account(), inbox.Which()
    if context.request.body:
        sent = object_of(
            context,
            _Which,
            otherwise="The body must be an object with kind, until and profile-id, or empty.",
            members="There are kind, until and profile-id.",
        )
        which = inbox.Which(sent.get("kind"), sent.get("until"), "profile_id" in sent, sent.get("profile_id"))
    marked = inbox.mark_read(context.session, user_id, which)
    return plain({"marked": marked, "unread": inbox.unread(context.session, user_id).count})
