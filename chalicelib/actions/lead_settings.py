"""Settings of lead scanning: whether an event hands details of attendees to exhibitors, which, and what it
says of that.
"""

from typing import Any, Final

from chalicelib.actions.plain_object import members_of, text_in
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.markup import sanitize
from chalicelib.jsonapi.rights.visibility import visible, visible_to_team
from chalicelib.resources.onsite.lead_terms import FIELDS, Terms, set_terms, terms_of

_LONGEST: Final = 1000
_MEMBERS: Final = ("is_enabled", "fields", "wording")
_EXAMPLE: Final = {
    "is_enabled": True,
    "fields": ["name", "company", "job-title", "email"],
    "wording": "With your consent the exhibitor gets these details, to write to you about its offer.",
}


@action("GET", "/v1/events/{id}/lead-settings")
@documented(
    who="whoever sees the event",
    open=True,
    response={**_EXAMPLE, "version": 1},
    errors=(400, 401, 404),
)
def show_lead_settings(context: Context, id: str) -> Answer:
    """{is_enabled, fields, wording, version}: which details exhibitors get of attendees who consent, and what
    these are told.
    """
    return plain(terms_of(context.session, visible(context, "event", id).id).document())


@action("PATCH", "/v1/events/{id}/lead-settings")
@documented(
    who="owner, organizers and coorganizers of the event",
    request=_EXAMPLE,
    optional=_MEMBERS,
    response={**_EXAMPLE, "version": 1},
    errors=(400, 401, 403, 404, 413, 422),
)
def set_lead_settings(context: Context, id: str) -> Answer:
    """{is_enabled, fields, wording} -> the settings, in a new version where they differ; what is left out
    stays.

    Who has consented before has done so by the version of that time: exhibitors never get more than it said,
    nor what the event does not hand over any more. It is off until somebody switches it on.
    """
    content = members_of(context, _MEMBERS)
    event = visible_to_team(context, "event", id, roles=COORGANIZERS)
    former = terms_of(context.session, event.id)
    terms = Terms(
        former.version,
        _switch(content, former),
        _fields(content, former),
        _wording(content, former),
    )
    if terms.is_enabled and not terms.wording:
        raise invalid("Say what attendees consent to.", "/wording")
    if terms != former:
        terms = set_terms(context.session, event.id, terms)
    return plain(terms.document())


def _switch(content: dict[str, Any], former: Terms) -> bool:
    switch = content.get("is_enabled", former.is_enabled)
    if not isinstance(switch, bool):
        raise invalid("is_enabled is true or false.", "/is_enabled")
    return switch


def _fields(content: dict[str, Any], former: Terms) -> tuple[str, ...]:
    if "fields" not in content:
        return former.fields
    fields = content["fields"]
    if not isinstance(fields, list) or not fields:
        raise invalid(f"fields is a list of {', '.join(FIELDS)}.", "/fields")
    for place, field in enumerate(fields):
        if not isinstance(field, str) or field not in FIELDS:
            raise invalid(f"This is none of {', '.join(FIELDS)}.", f"/fields/{place}")
    return tuple(dict.fromkeys(fields))


def _wording(content: dict[str, Any], former: Terms) -> str:
    if "wording" not in content:
        return former.wording
    return sanitize(text_in(content, "wording", "/wording", _LONGEST)) or ""
