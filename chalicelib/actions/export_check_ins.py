"""The check-ins of one event as CSV, at the address of the former server: the file itself, without a task."""

from datetime import date, datetime
from typing import Final

from chalicelib.docs.documented import documented
from chalicelib.exports.check_ins import CHECK_INS
from chalicelib.exports.columns import ZONE
from chalicelib.exports.csv_file import MEDIA_TYPE, CsvFile
from chalicelib.exports.rows import ids_of, values_of
from chalicelib.exports.selection import selection_of
from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, content_disposition
from chalicelib.jsonapi.ground.sql import TRUE, Param, Sql, all_of, sql
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import TASKS
from chalicelib.resources.onsite.station import CHECK_IN, CHECK_OUT, DAILY, REGISTRATION

_MOST: Final = 10_000
_EVENT: Final = "event_id"
_SESSION: Final = "session_id"
_PARAMETERS: Final = (_EVENT, _SESSION, "date", "track_type", "type")
_TYPES: Final = (REGISTRATION, DAILY, CHECK_IN, CHECK_OUT)


@action("POST", "/v1/export/user-check-in/csv", query=_PARAMETERS, limited_by=(TASKS,))
@documented(
    who="owner, organizers and coorganizers of the event",
    query={_EVENT: "1"},
    media_type=MEDIA_TYPE,
    errors=(400, 401, 403, 404),
)
def export_check_ins(context: Context) -> Answer:
    """The check-ins of one event, newest first. The query names it by `event_id`, or by the `session_id` of
    one of its sessions, and may have `date` (YYYY-MM-DD, in the event's time zone), `track_type` (a track's
    name) and `type` (types of stations, with & between).

    400 for more than 10,000: POST /v1/events/{event}/exports/check-ins.csv has no such limit.
    """
    context.demand_account()
    place = CHECK_INS.find(context, _event(context))
    narrow, values = _narrowed(context)
    bare = context.asking(query=())
    selection = selection_of(bare, CHECK_INS, place)
    ids = ids_of(bare, CHECK_INS, place, selection, _MOST, narrow, values)
    if len(ids) > _MOST:
        raise bad_parameter("date", f"These are more than {_MOST:,} check-ins: ask for those of a day.")
    file = CsvFile(selection.columns, place, {})
    content = file.begin() + file.rows(values_of(bare, CHECK_INS, place, selection.columns, ids))
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": content_disposition("attachment", f"check-ins-{place.key}.csv"),
        "Cache-Control": delivery.NEVER,
    }
    return Answer(200, content, headers)


def _event(context: Context) -> str:
    """The event that is meant. Raises Problem 400, and 404 for a session that is not there."""
    event, session = (context.request.parameter(name) for name in (_EVENT, _SESSION))
    if event:
        return event
    if not session:
        raise bad_parameter(_EVENT, "Whose check-ins? Name the event in event_id, or one of its sessions.")
    return str(visible(context, "session", str(_number(session)), '"session".event_id').value)


def _narrowed(context: Context) -> tuple[Sql, dict[object, object]]:
    """The further conditions in the query, with their values."""
    conditions, values = [], dict[object, object]()
    session, day, track, types = (
        context.request.parameter(name) for name in (_SESSION, "date", "track_type", "type")
    )
    if session:
        conditions.append(sql("t.session_id = ", Param("of session", "bigint")))
        values["of session"] = _number(session)
    if day:
        conditions.append(sql("(t.created_at AT TIME ZONE ", ZONE, ")::date = ", Param("day", "date")))
        values["day"] = _day(day)
    if track:
        talk = "EXISTS (SELECT FROM sessions talk JOIN tracks track ON track.id = talk.track_id "
        conditions.append(
            sql(talk, "WHERE talk.id = t.session_id AND track.name = ", Param("track", "text"), ")")
        )
        values["track"] = track
    if types:
        conditions.append(sql("desk.station_type = ANY(", Param("types", "text[]"), ")"))
        values["types"] = _listed(types)
    return all_of(*conditions) if conditions else TRUE, values


def _number(text: str) -> int:
    if not is_number(text):
        raise bad_parameter(_SESSION, "session_id is the id of a session.")
    return int(text)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, in the event's zone
    except ValueError:
        raise bad_parameter("date", "date is a day, as in 2031-05-01.") from None


def _listed(text: str) -> list[str]:
    types = [part.strip() for part in text.split("&") if part.strip()]
    unknown = next((part for part in types if part not in _TYPES), None)
    if unknown is not None:
        raise bad_parameter("type", f"{unknown!r:.50} is no type of station: {', '.join(_TYPES)}.")
    return types
