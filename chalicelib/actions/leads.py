"""Leads of an exhibitor: scanned with the attendee's consent, listed and noted; for the exhibitor alone."""

from typing import Any, Final

from chalicelib.actions.lead_requests import MEMBERS_OF_BATCH, exhibiting, note_in, rating_in, scans_in
from chalicelib.actions.plain_object import members_of
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_parameter, conflict, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.limit import Exempt
from chalicelib.resources.onsite import gate
from chalicelib.resources.onsite.lead_lists import annotate, forget, leads_of
from chalicelib.resources.onsite.lead_scanning import (
    ADDED,
    CONSENT_NEEDED,
    KNOWN,
    SENTENCES,
    Booth,
    LeadVerdict,
    scan_leads,
)
from chalicelib.resources.onsite.lead_terms import Terms, terms_of

WHO: Final = "the exhibitor: its devices, and the account with the verified address of its contact-email"
_PAGE: Final = 500
_NO_LIMIT: Final = Exempt("for an exhibitor's devices and its account alone, each attendee once")
_AT: Final = "2031-05-03T09:02:11+00:00"
_LEAD: Final = {
    "id": "1",
    "scanned_at": _AT,
    "consented_at": _AT,
    "note": "Wants a quote",
    "rating": 4,
    "ticket": "Regular",
    "person": {"name": "Ada Lovelace", "company": "Analytical Engines", "email": "ada@example.org"},
}
_MAYBE: Final = ("note", "rating")
_CONSENT: Final = {"is_enabled": True, "fields": ["name"], "wording": "May they write to you?", "version": 1}


@action("POST", "/v1/exhibitors/{id}/leads", query=("event",), limited_by=(_NO_LIMIT,))
@documented(
    who=WHO,
    request={
        "scans": [
            {
                "nonce": "5c2e8a-000017",
                "code": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10-5c2e8a",
                "device_time": "2026-11-28T09:02:11.250Z",
                "consent": True,
                "wording_version": 1,
                "note": "Wants a quote",
                "rating": 4,
            }
        ],
        "sent_at": "2026-11-28T09:02:12.000Z",
    },
    optional=("sent_at", "device_time", "consent", "wording_version", "note", "rating"),
    response={
        "results": [
            {
                "nonce": "5c2e8a-000017",
                "reason": ADDED,
                "detail": SENTENCES[ADDED],
                "repeated": False,
                "lead": _LEAD,
            }
        ],
        "terms": _CONSENT,
    },
    optional_in_response=("lead", *_MAYBE),
    open_members=("person",),
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def scan_exhibitor_leads(context: Context, id: str) -> Answer:
    """{scans: [...], sent_at} -> {results, terms}: up to 500 scans of tickets, in the order of `device_time`.

    Nobody's details are told without consent: `consent-needed` asks to show the attendee the `terms`, and to
    scan again with `consent` and their version; who has consented before is `added` at once, and who has
    refused stays `refused`. A `nonce` has one effect, an attendee is one lead (`known`). Other reasons are
    those of the door. 409 where the event hands over no details.
    """
    content = members_of(context, MEMBERS_OF_BATCH)
    booth = exhibiting(context, id)
    scans = scans_in(content)
    terms = terms_of(context.session, booth.event_id)
    if not terms.is_enabled:
        raise conflict("This event hands over no details of attendees.", "/scans")
    place = Booth(booth.id, booth.event_id, terms, booth.device_id)
    verdicts = scan_leads(context.session, place, scans)
    ids = [verdict.lead_id for verdict in verdicts if verdict.lead_id is not None]
    told = leads_of(context.session, booth.id, terms, most=len(scans), ids=ids) if ids else []
    leads = {lead["id"]: lead for lead in told}
    results = [_told(verdict, leads) for verdict in verdicts]
    return plain({"results": results, "terms": terms.document()})


@action("GET", "/v1/exhibitors/{id}/leads", query=("after", "event"))
@documented(
    who=WHO,
    response={"leads": [_LEAD], "next": None},
    optional_in_response=("next", *_MAYBE),
    open_members=("person",),
    errors=(400, 401, 403, 404),
)
def list_exhibitor_leads(context: Context, id: str) -> Answer:
    """The exhibitor's leads, 500 at once in the order of their ids; `next` is the `after` of the next page.

    `person` has what the attendee has agreed to and the event still hands over. Who has withdrawn is
    not there.
    """
    booth = exhibiting(context, id)
    after = context.request.parameter("after") or "0"
    if not is_number(after):
        raise bad_parameter("after", "after is the id of a lead.")
    terms = terms_of(context.session, booth.event_id)
    found = leads_of(context.session, booth.id, terms, after=int(after), most=_PAGE + 1)
    page = found[:_PAGE]
    return plain({"leads": page, "next": page[-1]["id"] if len(found) > _PAGE else None})


@action("PATCH", "/v1/exhibitors/{id}/leads/{lead}", query=("event",))
@documented(
    who=WHO,
    path={"lead": "1"},
    request={"note": "Wants a quote", "rating": 4},
    optional=_MAYBE,
    response=_LEAD,
    optional_in_response=_MAYBE,
    open_members=("person",),
    errors=(400, 401, 403, 404, 413, 422),
)
def note_exhibitor_lead(context: Context, id: str, lead: str) -> Answer:
    """{note, rating} -> the lead, with these instead of the former ones; what is left out stays."""
    content = members_of(context, ("note", "rating"))
    booth = exhibiting(context, id)
    former = _one(context, booth.id, terms_of(context.session, booth.event_id), lead)
    note = note_in(content) if "note" in content else former["note"]
    rating = rating_in(content) if "rating" in content else former["rating"]
    if not annotate(context.session, booth.id, int(lead), note, rating):
        raise not_found(f"The exhibitor has no lead {lead:.30}.")
    return plain({**former, "note": note, "rating": rating})


@action("DELETE", "/v1/exhibitors/{id}/leads/{lead}", query=("event",))
@documented(
    who=WHO,
    path={"lead": "1"},
    response={"message": "The lead is deleted."},
    errors=(400, 401, 403, 404),
)
def delete_exhibitor_lead(context: Context, id: str, lead: str) -> Answer:
    """Delete the lead for good; scanned again, with consent, it is a new one."""
    booth = exhibiting(context, id)
    if not is_number(lead) or not forget(context.session, booth.id, int(lead)):
        raise not_found(f"The exhibitor has no lead {lead:.30}.")
    return plain({"message": "The lead is deleted."})


def _one(context: Context, exhibitor_id: int, terms: Terms, lead: str) -> dict[str, Any]:
    if is_number(lead):
        found = leads_of(context.session, exhibitor_id, terms, most=1, ids=[int(lead)])
        if found:
            return found[0]
    raise not_found(f"The exhibitor has no lead {lead:.30}.")


def _told(verdict: LeadVerdict, leads: dict[str, dict[str, Any]]) -> dict[str, Any]:
    lead = leads.get(str(verdict.lead_id))
    reason = verdict.reason
    # What was added once may be withdrawn by now: a scan that is sent again brings nobody back.
    if reason in {ADDED, KNOWN} and lead is None:
        reason = CONSENT_NEEDED
    detail = SENTENCES.get(reason) or gate.sentence(reason)
    return {
        "nonce": verdict.scan.nonce,
        "reason": reason,
        "detail": detail,
        "repeated": verdict.is_replayed,
        "lead": lead,
    }
