"""Recipients of bulk mails: rows of exported lists by the sender's rights and filter, with addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib import db
from chalicelib.exports.attendees import ATTENDEES
from chalicelib.exports.columns import Kind, column
from chalicelib.exports.export import Export, Place
from chalicelib.exports.others import FOLLOWERS
from chalicelib.exports.programme import SPEAKERS
from chalicelib.exports.rows import Ids, ids_of, values_of
from chalicelib.exports.selection import Selection
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.ground.sql import Param, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.parse import parse
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.bulk_mail import bulk_mail
from chalicelib.resources.mails.bulk_mail.bulk_mail import BulkMail
from chalicelib.resources.orders.order.states import ADMITTING, listed

_AFTER: Final = Param("after", "bigint")
_UNTIL: Final = Param("until", "bigint")
_LAST: Final = 2**63 - 1
_ID: Final = column("id", "ID", "t.id", Kind.NUMBER)
# Whoever has not ticked that they want mails, where the event's form asks it.
_REFUSED: Final = """
    (NOT coalesce(t.is_consent_form_field_email, FALSE) AND EXISTS (
      SELECT FROM custom_forms f WHERE f.event_id = t.event_id AND f.form = 'attendee' AND f.is_included
      AND f.field_identifier IN ('isConsentFormFieldEmail', 'is_consent_form_field_email')))
"""
_WITHDREW: Final = """
    (EXISTS (SELECT FROM speakers_sessions link WHERE link.speaker_id = t.id) AND NOT EXISTS (
      SELECT FROM speakers_sessions link JOIN sessions talk ON talk.id = link.session_id
      WHERE link.speaker_id = t.id AND talk.deleted_at IS NULL AND talk.state <> 'withdrawn'))
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """`may` is a condition on rows of the export; `people` is a SELECT of id, email, name and whether they
    have refused, by ids in $1.
    """

    export: Export
    may: str
    people: str


AUDIENCES: Final[Mapping[str, Audience]] = {
    bulk_mail.ATTENDEES: Audience(
        ATTENDEES,
        f"t.email <> '' AND bought.status IN {listed(ADMITTING)}",
        "SELECT t.id, t.email, concat_ws(' ', nullif(t.firstname, ''), nullif(t.lastname, '')) AS name, "  # noqa: S608 - constants
        f"{_REFUSED} AS refused FROM attendees t WHERE t.id = ANY ($1::bigint[])",
    ),
    bulk_mail.SPEAKERS: Audience(
        SPEAKERS,
        f"t.email <> '' AND NOT t.is_email_overridden AND NOT {_WITHDREW}",
        "SELECT t.id, t.email, t.name, FALSE AS refused FROM speakers t WHERE t.id = ANY ($1::bigint[])",
    ),
    bulk_mail.FOLLOWERS: Audience(
        FOLLOWERS,
        "fan.is_verified AND NOT fan.is_blocked",
        "SELECT t.id, fan.email, coalesce(nullif(fan.public_name, ''), nullif(concat_ws(' ', fan.first_name, "
        "fan.last_name), ''), '') AS name, FALSE AS refused FROM user_follow_groups t "
        "JOIN users fan ON fan.id = t.user_id WHERE t.id = ANY ($1::bigint[])",
    ),
}
# $2: the kind of mails that may be unsubscribed from, $3: how many are listed.
_PREVIEW: Final = """
    WITH person AS (
      SELECT lower(trim(email)) AS email, (array_agg(name ORDER BY id))[1] AS name,
             bool_or(refused) AS refused, min(id) AS first
      FROM ({people}) each GROUP BY lower(trim(email))
    ), judged AS (
      SELECT *, refused OR EXISTS (SELECT FROM mail_suppressions s
        WHERE lower(s.email) = person.email AND s.kind IN ('', $2)) AS skipped FROM person
    )
    SELECT count(*), count(*) FILTER (WHERE skipped),
      (SELECT coalesce(json_agg(json_build_array(first, email, name) ORDER BY first), '[]') FROM (
         SELECT * FROM judged WHERE NOT skipped ORDER BY first LIMIT $3::bigint) shown)
    FROM judged
"""


def place_of(context: Context, mail: BulkMail) -> Place:
    """Whose people it goes to, if the viewer may still export them. Raises Problem 401, 403, 404."""
    export = AUDIENCES[mail.audience].export
    if mail.audience != bulk_mail.FOLLOWERS:
        return export.find(context, str(mail.event_id))
    began = mail.began_at is not None  # and has its group, unless that was deleted for good
    group_id = mail.group_id if began else context.session.get_one(Event, mail.event_id).group_id
    if group_id is None:
        raise Problem(409, "The event belongs to no group, so nobody follows it.")
    return export.find(context, str(group_id))


def kind_of(mail: BulkMail, place: Place) -> str:
    """The kind of mails that one click unsubscribes from: bulk mails of this event, or to this group."""
    about = "group" if mail.audience == bulk_mail.FOLLOWERS else "event"
    return f"bulk_mail {about} {place.id}"


def matching(
    context: Context, mail: BulkMail, place: Place, most: int, after: int = 0, until: int | None = None
) -> Ids:
    """The ids of the next rows that the filter matches, in their order, by the viewer's rights; none is after
    `until`.
    """
    audience = AUDIENCES[mail.audience]
    query = (("filter", mail.filter),) if mail.filter else ()
    request = Request("GET", (), query=(*query, ("sort", "id")))
    parsed = parse(request, context.registry, context.registry[audience.export.type])
    narrow = sql(f"({audience.may}) AND t.id > ", _AFTER, " AND t.id <= ", _UNTIL)
    selection = Selection((), parsed, shows_hidden=True)
    values = {_AFTER.key: after, _UNTIL.key: until or _LAST}
    return ids_of(context, audience.export, place, selection, most - 1, narrow, values)


def previewed(
    context: Context, mail: BulkMail, place: Place, ids: Ids, shown: int
) -> tuple[int, int, list[tuple[str | None, str]]]:
    """(addresses, of which skipped, (address, name) of the first that are not) of these rows.

    The address of a row is None where the viewer may not see it: a group's followers have shown theirs to
    nobody.
    """
    text = _PREVIEW.replace("{people}", AUDIENCES[mail.audience].people)
    ((count, skipped, some),) = db.fetch(context.session, text, [list(ids), kind_of(mail, place), shown])
    export = AUDIENCES[mail.audience].export
    columns = [_ID, *(each for each in export.columns if each.name == "email")]
    seen = {id for id, email in values_of(context, export, place, columns, [row[0] for row in some]) if email}
    return count, skipped, [(email if id in seen else None, name) for id, email, name in some]
