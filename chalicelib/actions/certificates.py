"""Certificates of attendance: issued by the rule of the event, fetched as a PDF, verified by their code."""

from typing import Final

from chalicelib import paper_store
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import CERTIFICATES, PAPERS
from chalicelib.resources.onsite.attendance import attendance_of
from chalicelib.resources.onsite.certificate import facts_for, hours_of, issue, valid
from chalicelib.tasks.printed_certificate import certificate_of

_WHO: Final = "the attendee, the buyer, and owner, organizers, coorganizers and registrars of the event"
_CODE: Final = "J4V3QZ6M2T7XK5RWYBNOPCDEFG"
_EXAMPLE: Final = {
    "name": "Ada Lovelace",
    "event": "Compiler Days",
    "starts_at": "2031-05-03T07:00:00+00:00",
    "ends_at": "2031-05-04T16:00:00+00:00",
    "hours": 7.5,
}


@action("POST", "/v1/attendees/{id}/certificate", limited_by=(PAPERS,))
@documented(
    who=_WHO,
    path={"id": "1"},
    response={**_EXAMPLE, "code": _CODE, "url": f"https://api.example.org/v1/certificates/{_CODE}"},
    optional_in_response=("hours",),
    errors=(400, 401, 404, 409),
)
def issue_certificate(context: Context, id: str) -> Answer:
    """Issue the attendee's certificate -> what it says, its code, and the address where anybody verifies it.

    Once the event is over, by its `certificate-rule`; 409 with the reason where it gives none. Issued again,
    it says what is true by then, under the same code.
    """
    context.demand_identity()
    attendee = visible(context, "attendee", id)
    asked = facts_for(context.session, attendee.id)
    if asked.refusal:
        raise conflict(asked.refusal)
    attended = attendance_of(context.session, attendee.id)
    if not attended.has_come:
        raise conflict("The attendee has not checked in.")
    if asked.hours is not None and attended.minutes < asked.hours * 60:
        hours = hours_of(attended.minutes)
        raise conflict(f"The attendee was there for {hours:g} hours, and {asked.hours} are needed.")
    minutes = attended.minutes if asked.hours is not None else None
    certificate = issue(context.session, attendee.id, asked.name, minutes)
    url = f"{context.request.api_address}/v1/certificates/{certificate.code}"
    return plain({**certificate.described, "code": certificate.code, "url": url})


@action("GET", "/v1/attendees/{id}/certificate", limited_by=(PAPERS,), acts=True)
@documented(who=_WHO, path={"id": "1"}, status=302, errors=(400, 401, 404, 503))
def fetch_certificate(context: Context, id: str) -> Answer:
    """302 to the certificate as a PDF, once it was issued. The URL expires after five minutes.

    404 where none was issued, or it is revoked. 503 with Retry-After if the document takes too long.
    """
    context.demand_identity()
    attendee = visible(context, "attendee", id)
    printed = certificate_of(context.session, attendee.id, context.request.api_address)
    if printed is None:
        raise not_found("No certificate was issued to this attendee.")
    return paper_store.fetched(context, printed.paper)


@action("GET", "/v1/certificates/{code}", limited_by=(CERTIFICATES,))
@documented(
    who="everybody who has the code",
    open=True,
    path={"code": _CODE},
    response=_EXAMPLE,
    optional_in_response=("hours",),
    errors=(400, 404),
)
def verify_certificate(context: Context, code: str) -> Answer:
    """{name, event, starts_at, ends_at, hours} of the certificate with this code.

    404 for any other code, and once it is revoked. `hours` is null where the event asks for none.
    """
    certificate = valid(context.session, code)
    if certificate is None:
        raise not_found("There is no valid certificate with this code.")
    return plain(certificate.described)
