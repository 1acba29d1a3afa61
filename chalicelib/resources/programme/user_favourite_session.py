"""Favourite sessions of users. They are visible to the user and the event's team, and public if the user's
profile is.
"""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne
from chalicelib.jsonapi.model.policy import (
    Policy,
    is_owner,
    logged_in,
    nobody,
    staff,
    visible_with,
    where_sql,
)
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.ownership import belong_to_the_caller
from chalicelib.resources.policies import has_role


class UserFavouriteSession(Model):
    __tablename__ = "user_favourite_sessions"
    user_id: Mapped[int] = owned_by("users.id")
    session_id: Mapped[int] = owned_by("sessions.id")

    __table_args__ = (UniqueConstraint("session_id", "user_id", name="uq_user_favourite_sessions"),)


_FAN_OR_TEAM = is_owner("user_id") | has_role(COORGANIZERS, "session.event") | staff
_PUBLIC_PROFILE = where_sql(
    sql("(SELECT fan.is_profile_public FROM users fan WHERE fan.id = ", ROW["user_id"], ")"),
    "the profile is public",
    of_row=True,
)
_PUBLIC_SELF = where_sql(sql(ROW["is_profile_public"]), "the profile is public", of_row=True)


class UserFavouriteSessionSchema(Schema):
    session = ToOne(
        "session", inverse="favourites", inverse_paths=("user-favourite-sessions",), required=True
    )
    user = ToOne(
        "user",
        inverse="favourite-sessions",
        inverse_paths=("user-favourite-sessions",),
        scope=_FAN_OR_TEAM | _PUBLIC_PROFILE,
        inverse_scope=is_owner("id") | staff | _PUBLIC_SELF,
    )


def count_for_the_session(context: Context, change: Change) -> None:
    """Update the number of favourites of the session."""
    _count(context, change.row.session_id, 0)


def count_without(context: Context, change: Change) -> None:
    """The same before a favourite is deleted."""
    _count(context, change.row.session_id, change.row.id)


def _count(context: Context, session_id: int, without: int) -> None:
    # The lock comes first, so that two at once do not count without each other.
    db.fetch(context.session, "SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", [session_id])
    db.fetch(
        context.session,
        "UPDATE sessions SET favourite_count = (SELECT count(*) FROM user_favourite_sessions "
        "WHERE session_id = $1 AND id <> $2) WHERE id = $1",
        [session_id, without],
    )


USER_FAVOURITE_SESSION = Resource(
    "user-favourite-session",
    UserFavouriteSession,
    UserFavouriteSessionSchema,
    path="user-favourite-sessions",
    methods=frozenset({"list", "create", "read", "delete"}),
    policy=Policy(
        see=visible_with("session"),
        read=_FAN_OR_TEAM,
        list=staff,
        create=logged_in & visible_with("session"),
        change=nobody,
        remove=_FAN_OR_TEAM,
    ),
    before_write=[belong_to_the_caller],
    after_write=[count_for_the_session],
    before_delete=[count_without],
    constraint_errors={
        "uq_user_favourite_sessions": ("/data/relationships/session", "It is among your favourites already.")
    },
)
