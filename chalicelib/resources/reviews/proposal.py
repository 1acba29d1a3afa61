"""Proposals: submitted sessions as reviewers see them, and with the same ids.

What an anonymous phase hides is not selected while that phase is active, for whoever reads it: no include,
filter, sort key or count tells it. Organizers read sessions themselves.
"""

from typing import Final

from chalicelib.jsonapi.model.fields import Schema, ToOne, fields
from chalicelib.jsonapi.model.policy import Policy, among, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.reviews.rules import ACTIVE, REVIEWED_NOW, TEAM_AT_EVENT, organizes

_HIDEABLE: Final = ("subtitle", "short_abstract", "long_abstract", "language", "level")
_IDENTIFYING: Final = ("comments", "slides_url", "video_url", "website")
# A name as answers have it, in snake_case: in a form it is shortAbstract, as an attribute short-abstract.
_SNAKE: Final = "lower(replace(regexp_replace({}, '([a-z0-9])([A-Z])', '\\1_\\2', 'g'), '-', '_'))"
_HIDDEN_ONES: Final = ", ".join(
    f"CASE WHEN '{name}' <> ALL (phase.hidden) THEN talk.{name} END AS {name}" for name in _HIDEABLE
)
_NAMES: Final = (
    "(SELECT coalesce(jsonb_agg(speaker.name ORDER BY speaker.id), '[]') FROM speakers speaker "
    "JOIN speakers_sessions link ON link.speaker_id = speaker.id "
    "WHERE link.session_id = talk.id AND speaker.deleted_at IS NULL)"
)
_WHERE_NAMED: Final = ", ".join(
    f"CASE WHEN NOT coalesce(phase.is_anonymous, FALSE) THEN {value} END AS {name}"
    for name, value in (*((name, f"talk.{name}") for name in _IDENTIFYING), ("speaker_names", _NAMES))
)
_ANSWERS: Final = (
    "(SELECT jsonb_object_agg(answer.key, answer.value) FROM jsonb_each("  # noqa: S608 - texts of this file
    "CASE WHEN jsonb_typeof(talk.complex_field_values::jsonb) = 'object' "
    "THEN talk.complex_field_values::jsonb END) answer "
    f"WHERE {_SNAKE.format('answer.key')} <> ALL (phase.hidden))"
)
_HIDDEN: Final = (
    f"ARRAY(SELECT {_SNAKE.format('field.name')} "  # noqa: S608 - texts of this file
    "FROM jsonb_array_elements_text(active.hidden_fields) AS field(name) WHERE active.is_anonymous)"
)
_ROWS: Final = (
    f"SELECT talk.id, talk.title, {_HIDDEN_ONES}, {_WHERE_NAMED}, {_ANSWERS} AS complex_field_values, "  # noqa: S608 - texts of this file
    "coalesce(phase.is_anonymous, FALSE) AS is_anonymous, talk.event_id, talk.track_id, "
    "talk.session_type_id, phase.id AS phase_id "
    "FROM sessions talk LEFT JOIN LATERAL (SELECT phase.* FROM review_phases phase "
    f"WHERE phase.event_id = talk.event_id AND {ACTIVE} "
    "ORDER BY phase.is_anonymous DESC, phase.id LIMIT 1) active ON TRUE "
    f"CROSS JOIN LATERAL (SELECT active.id, active.is_anonymous, {_HIDDEN} AS hidden) phase "
    "WHERE talk.deleted_at IS NULL AND talk.state <> 'draft'"
)


class ProposalSchema(Schema):
    title = fields.Str(dump_only=True)
    subtitle = fields.Str(dump_only=True)
    short_abstract = fields.Str(dump_only=True)
    long_abstract = fields.Str(dump_only=True)
    language = fields.Str(dump_only=True)
    level = fields.Str(dump_only=True)
    complex_field_values = fields.Dict(dump_only=True)
    # Whether what follows is hidden now.
    is_anonymous = fields.Bool(dump_only=True)
    comments = fields.Str(dump_only=True)
    slides_url = fields.Str(dump_only=True)
    video_url = fields.Str(dump_only=True)
    website = fields.Str(dump_only=True)
    speaker_names = fields.List(fields.Str(), dump_only=True)

    event = ToOne("event", inverse="proposals", read_only=True, inverse_scope=TEAM_AT_EVENT)
    track = ToOne("track", read_only=True)
    session_type = ToOne("session-type", read_only=True)
    # The active one.
    phase = ToOne("review-phase", read_only=True)


PROPOSAL = Resource(
    "proposal",
    None,
    ProposalSchema,
    path="proposals",
    select_sql=_ROWS,
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=organizes("id") | among(REVIEWED_NOW, "reviewers of the session, while a phase is active"),
        create=nobody,
        change=nobody,
        remove=nobody,
    ),
)
