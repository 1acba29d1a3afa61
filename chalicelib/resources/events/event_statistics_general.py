"""Statistics of an event: its sessions by state, its speakers, its sponsors. Computed on request."""

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import has_role

_STATES = ("draft", "accepted", "confirmed", "pending", "rejected", "withdrawn", "canceled")
_SESSIONS = "SELECT count(*) FROM sessions s WHERE s.event_id = e.id AND s.deleted_at IS NULL"
_SPEAKERS = "SELECT count(*) FROM speakers p WHERE p.event_id = e.id AND p.deleted_at IS NULL"
_GIVING = (
    "EXISTS (SELECT 1 FROM speakers_sessions link JOIN sessions s ON s.id = link.session_id "
    "WHERE link.speaker_id = p.id AND s.deleted_at IS NULL"
)
_BY_STATE = ", ".join(f"({_SESSIONS} AND s.state = '{state}') AS sessions_{state}" for state in _STATES)
_SPEAKERS_BY_STATE = ", ".join(
    f"'{state}', ({_SPEAKERS} AND {_GIVING} AND s.state = '{state}'))" for state in _STATES
)
_ROWS = (
    f"SELECT e.id, e.identifier, {_BY_STATE}, "  # noqa: S608 - no user input
    f"({_SESSIONS}) AS sessions_submitted, ({_SESSIONS}) AS sessions, "
    f"jsonb_build_object('total', ({_SPEAKERS}), {_SPEAKERS_BY_STATE}) AS speakers, "
    f"({_SPEAKERS} AND NOT {_GIVING})) AS speaker_without_session, "
    "(SELECT count(*) FROM sponsors o WHERE o.event_id = e.id AND o.deleted_at IS NULL) AS sponsors "
    "FROM events e WHERE e.deleted_at IS NULL"
)


class EventStatisticsGeneralSchema(Schema):
    identifier = fields.Str()
    sessions_draft = fields.Int(dump_only=True)
    sessions_submitted = fields.Int(dump_only=True)
    sessions_accepted = fields.Int(dump_only=True)
    sessions_confirmed = fields.Int(dump_only=True)
    sessions_pending = fields.Int(dump_only=True)
    sessions_rejected = fields.Int(dump_only=True)
    sessions_withdrawn = fields.Int(dump_only=True)
    sessions_canceled = fields.Int(dump_only=True)
    speakers = fields.Dict(dump_only=True)
    sessions = fields.Int(dump_only=True)
    sponsors = fields.Int(dump_only=True)
    speaker_without_session = fields.Int(dump_only=True)


EVENT_STATISTICS_GENERAL = Resource(
    "event-statistics-general",
    None,
    EventStatisticsGeneralSchema,
    path="general-statistics",
    select_sql=_ROWS,
    methods=frozenset({"read"}),
    policy=Policy(see=has_role(COORGANIZERS, "id"), create=nobody, change=nobody, remove=nobody),
)
