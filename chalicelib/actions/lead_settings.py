"""Settings of lead scanning: whether an event hands details of attendees to exhibitors, which, and what it
says of that.
"""

from typing import Final

from chalicelib.actions.plain_object import members_of
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible, visible_to_team
from chalicelib.resources.onsite.lead_terms import MEMBERS, set_terms, terms_of, terms_with

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
    optional=MEMBERS,
    response={**_EXAMPLE, "version": 1},
    errors=(400, 401, 403, 404, 413, 422),
)
def set_lead_settings(context: Context, id: str) -> Answer:
    """{is_enabled, fields, wording} -> the settings, in a new version where they differ; what is left out
    stays.

    Who has consented before has done so by the version of that time: exhibitors never get more than it said,
    nor what the event does not hand over any more. It is off until somebody switches it on.
    """
    content = members_of(context, MEMBERS)
    event = visible_to_team(context, "event", id, roles=COORGANIZERS)
    former = terms_of(context.session, event.id)
    terms = terms_with(content, former)
    if terms != former:
        terms = set_terms(context.session, event.id, terms)
    return plain(terms.document())
