"""Consent of attendees to leads: given or refused for all exhibitors, withdrawn for one, and who has scanned
them.
"""

from typing import Any, Final

from chalicelib.actions.plain_object import members_of
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.verdicts import demand
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.resources.onsite.lead_lists import decision_of
from chalicelib.resources.onsite.lead_terms import decide, terms_of, withdraw
from chalicelib.resources.orders.attendee.attendee import MAY_CONSENT

_WHO: Final = "the attendee with a verified address, and the buyer until the ticket is passed on"
_REFUSED: Final = "Whose ticket it is decides about their details."
_AT: Final = "2031-05-03T09:02:11+00:00"
_EXAMPLE: Final = {
    "consent": True,
    "decided_at": _AT,
    "wording": "May exhibitors write to you?",
    "fields": ["name", "email"],
    "leads": [
        {
            "id": "1",
            "exhibitor": "Solder & Sons",
            "scanned_at": _AT,
            "consented_at": _AT,
            "wording": "May exhibitors write to you?",
            "fields": ["name", "email"],
        }
    ],
    "terms": {
        "is_enabled": True,
        "fields": ["name", "email"],
        "wording": "May exhibitors write to you?",
        "version": 1,
    },
}
_MAYBE: Final = ("consent", "decided_at", "wording", "fields")


@action("GET", "/v1/attendees/{id}/lead-consent")
@documented(who=_WHO, response=_EXAMPLE, optional_in_response=_MAYBE, errors=(400, 401, 403, 404))
def show_lead_consent(context: Context, id: str) -> Answer:
    """What the attendee has decided (`consent` is null before), having read what, and who has scanned them;
    `terms` are those of the event now.
    """
    context.demand_identity()
    row = visible(context, "attendee", id, "attendee.event_id", rule=MAY_CONSENT)
    if not row.passes:
        raise forbidden(_REFUSED)
    return _told(context, row.id, row.value)


@action("POST", "/v1/attendees/{id}/lead-consent")
@documented(
    who=_WHO,
    request={"consent": True, "wording_version": 1},
    optional=("wording_version",),
    response=_EXAMPLE,
    optional_in_response=_MAYBE,
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def decide_lead_consent(context: Context, id: str) -> Answer:
    """{consent, wording_version} -> the decision for all exhibitors: true hands the details of the terms to
    those who scan the ticket; false refuses, and withdraws what was handed over before.

    `wording_version` is the version of the terms that was shown: 409 where there is another one by now.
    """
    content = members_of(context, ("consent", "wording_version"))
    is_given = content.get("consent")
    if not isinstance(is_given, bool):
        raise invalid("consent is true or false.", "/consent")
    attendee = _locked(context, id)
    terms = terms_of(context.session, attendee.event_id)
    if is_given and not terms.is_enabled:
        raise conflict("This event hands over no details of attendees.", "/consent")
    if is_given and content.get("wording_version") != terms.version:
        raise conflict(
            "Say which version of the terms was shown; there may be another one.", "/wording_version"
        )
    decide(context.session, attendee.id, terms, is_given=is_given)
    return _told(context, attendee.id, attendee.event_id)


@action("DELETE", "/v1/attendees/{id}/leads/{lead}")
@documented(
    who=_WHO,
    path={"lead": "1"},
    response=_EXAMPLE,
    optional_in_response=_MAYBE,
    errors=(400, 401, 403, 404),
)
def withdraw_lead(context: Context, id: str, lead: str) -> Answer:
    """Withdraw the consent for one exhibitor, who has the details no more; note and rating are deleted."""
    attendee = _locked(context, id)
    if not is_number(lead) or not withdraw(context.session, attendee.id, int(lead)):
        raise not_found(f"The attendee has no lead {lead:.30}.")
    return _told(context, attendee.id, attendee.event_id)


def _locked(context: Context, id: str) -> Any:
    context.demand_identity()
    nouns = context.registry["attendee"]
    attendee = lock_visible(context, nouns, id)
    demand(context, nouns, attendee, MAY_CONSENT, _REFUSED)
    return attendee


def _told(context: Context, attendee_id: int, event_id: int) -> Answer:
    terms = terms_of(context.session, event_id).document()
    return plain({**decision_of(context.session, attendee_id), "terms": terms})
