"""Examples that are refused, because hooks of the resource type forbid what its endpoints offer.

`make contract` sends every example, and so finds those missing here.
"""

from typing import Final

_STAYS: Final = 422  # it must have a user: it can be deleted, but not left without one
REFUSED: Final = {
    "DELETE /v1/attendees/{id}/ticket": 403,  # there is an order for it
    "DELETE /v1/attendees/{id}/user": 403,  # who has a ticket for an event to come
    "DELETE /v1/users-groups-roles/{id}/role": 422,  # groups have organizers, a role that is built in
    "DELETE /v1/payments/{id}/order": 403,  # what was paid for stays
    "DELETE /v1/refunds/{id}/order": 403,
    "DELETE /v1/credit-notes/{id}/order": 404,  # there is no spare credit note
    "DELETE /v1/credit-notes/{id}/event": 404,
    "DELETE /v1/refund-requests/{id}/order": 403,
    "POST /v1/attendees/{id}/certificate": 409,  # the event of the example gives none
    "GET /v1/orders/{order}/refund-quote": 409,  # the ticket of the example was used
    "POST /v1/orders/{order}/refund-requests": 409,
    "GET /v1/attendees/{attendee}/cancellation-quote": 409,
    "POST /v1/attendees/{attendee}/cancel": 409,
    "POST /v1/attendees/{attendee}/transfer": 409,
    "POST /v1/attendees/{attendee}/exchange-quote": 409,  # the event of the example exchanges none
    "POST /v1/attendees/{attendee}/exchange": 409,
    "POST /v1/orders/{order}/add": 409,  # the order of the example is not sold yet
    "POST /v1/ticket-transfers/show": 404,  # nobody has mailed the link of the example
    "POST /v1/ticket-transfers/accept": 404,
    "POST /v1/ticket-transfers/decline": 404,
    "POST /v1/events/{id}/waiting-list": 409,  # the event of the example has none
    "POST /v1/waiting-list-entries/{entry}/offer": 409,
    "POST /v1/waiting-list-entries/show": 404,
    "POST /v1/waiting-list-entries/confirm": 404,
    "POST /v1/waiting-list-entries/leave": 404,
    "POST /v1/waiting-list-entries/decline": 404,
    "POST /v1/attendees/{attendee}/form-request": 409,  # the event does not allow it
    "GET /v1/attendees/{attendee}/wallet-pass/apple": 409,  # no certificate is configured
    "GET /v1/attendees/{attendee}/wallet-pass/google": 409,
    "POST /v1/form-requests/show": 404,
    "POST /v1/form-requests/fill-in": 404,
    "POST /v1/events/{id}/refund-all": 409,  # it is published
    "PATCH /v1/events/{id}/relationships/sessions": 403,  # the event has others, which would be without one
    "PATCH /v1/events/{id}/relationships/review-phases": 403,
    "PATCH /v1/events/{id}/relationships/reviewers": 403,
    "PATCH /v1/events/{id}/relationships/review-assignments": 403,
    "PATCH /v1/reviewers/{id}/relationships/assignments": 403,
    "DELETE /v1/reviews/{id}/phase": 409,  # there are reviews in it, and by them
    "DELETE /v1/reviews/{id}/reviewer": 409,
    "PATCH /v1/reviews/{id}": 409,  # the phase of the example is over
    "PATCH /v1/reviews/{id}/relationships/event": 409,
    "PATCH /v1/reviews/{id}/relationships/proposal": 409,
    "PATCH /v1/reviews/{id}/relationships/reviewer": 409,
    "PATCH /v1/review-conflicts/{id}/relationships/event": 409,  # who is invited has not accepted
    "PATCH /v1/review-conflicts/{id}/relationships/proposal": 409,
    "PATCH /v1/review-conflicts/{id}/relationships/reviewer": 409,
    "DELETE /v1/held-mails/{id}/event": 404,  # there is no spare one
    "DELETE /v1/held-mails/{id}/session": 404,
    "DELETE /v1/mails/{id}/event": 404,
    "DELETE /v1/proposals/{id}/phase": 404,
    "DELETE /v1/review-results/{id}/phase": 404,
    "POST /v1/schedule-drafts": 422,  # the session of the example is of another event
    "PATCH /v1/events/{id}/schedule": 409,  # it was changed since
    "POST /v1/session-sign-ups": 409,  # it is not on the programme
    "POST /v1/bulk-mails/{id}/approve": 409,  # that of the example is a draft
    "POST /v1/bulk-mails/{id}/reopen": 409,
    "POST /v1/bulk-mails/{id}/send": 409,
    "POST /v1/door-devices/pair": 404,  # nobody has made the code of the example
    "POST /v1/door-devices/revoked-scans": 404,
    "DELETE /v1/events/{id}/door-devices/{device}": 404,
    "POST /v1/lead-devices/pair": 404,
    "DELETE /v1/exhibitors/{id}/lead-devices/{device}": 404,
    "GET /v1/unsubscribe/{token}": 404,  # nobody has signed the example
    "POST /v1/unsubscribe/{token}": 404,
    "GET /v1/push-subscriptions/public-key": 404,  # there are no keys
    "POST /v1/stripe/webhook": 403,  # Stripe has not signed the example
    "DELETE /v1/tickets/{id}/pool": 409,  # it is sold from there
    "DELETE /v1/events/{id}/owner": 403,  # who holds a role at an event
    "DELETE /v1/users-events-roles/{id}/user": 403,
    "DELETE /v1/discount-codes/{id}/relationships/event": 422,  # a code for tickets has an event
    "PATCH /v1/discount-codes/{id}/relationships/event": 422,
    "DELETE /v1/events/{id}/relationships/discount-codes": 422,
    "PATCH /v1/events/{id}/relationships/discount-codes": 422,
    "DELETE /v1/events/{id}/relationships/feedbacks": 422,  # feedback is about something
    "PATCH /v1/events/{id}/relationships/feedbacks": 422,
    "DELETE /v1/feedbacks/{id}/relationships/event": 422,
    "PATCH /v1/feedbacks/{id}/relationships/event": 422,
    "DELETE /v1/feedbacks/{id}/relationships/session": 422,
    "PATCH /v1/feedbacks/{id}/relationships/session": 422,
    "DELETE /v1/sessions/{id}/relationships/feedbacks": 422,
    "PATCH /v1/sessions/{id}/relationships/feedbacks": 422,
    "DELETE /v1/events/{id}/relationships/video-stream": 422,  # a stream has an event, or rooms
    "PATCH /v1/events/{id}/relationships/video-stream": 422,
    "DELETE /v1/video-streams/{id}/relationships/event": 422,
    "PATCH /v1/video-streams/{id}/relationships/event": 422,
    "DELETE /v1/groups/{id}/relationships/user": _STAYS,
    "PATCH /v1/groups/{id}/relationships/user": _STAYS,
    "DELETE /v1/user-follow-groups/{id}/relationships/user": _STAYS,
    "PATCH /v1/user-follow-groups/{id}/relationships/user": _STAYS,
    "DELETE /v1/user-favourite-events/{id}/relationships/user": _STAYS,
    "PATCH /v1/user-favourite-events/{id}/relationships/user": _STAYS,
    "DELETE /v1/users/{id}/relationships/favourite-events": _STAYS,
    "PATCH /v1/users/{id}/relationships/favourite-events": _STAYS,
    "DELETE /v1/users/{id}/relationships/followed-groups": _STAYS,
    "PATCH /v1/users/{id}/relationships/followed-groups": _STAYS,
    "DELETE /v1/users/{id}/relationships/groups": _STAYS,
    "PATCH /v1/users/{id}/relationships/groups": _STAYS,
    "DELETE /v1/profiles/{id}/relationships/user": 403,  # it is its maker's
    "PATCH /v1/profiles/{id}/relationships/user": 403,
    "DELETE /v1/users-groups-roles/{id}/relationships/user": 403,  # who accepts says who it is
    "PATCH /v1/users-groups-roles/{id}/relationships/user": 403,
}
# Examples with other ids than usual: for types that belong to one thing or another, only some rows have what
# the example needs.
_EITHER: Final = (
    "microlocations/{id}/relationships/video-stream",
    "video-streams/{id}/relationships/rooms",
    "feedbacks/{id}/relationships/session",
    "sessions/{id}/relationships/feedbacks",
)
ABOUT: Final = {
    **{f"{method} /v1/{path}": "99" for path in _EITHER for method in ("POST", "PATCH", "DELETE")},
    "GET /v1/microlocations/{id}/video-stream": "99",
    "PATCH /v1/microlocations/{id}/video-stream": "99",
    "PATCH /v1/feedbacks/{id}/session": "99",
    "DELETE /v1/attendees/{id}/user": "98",
    "DELETE /v1/feedbacks/{id}/event": "98",
    "DELETE /v1/tickets/{id}/pool": "1",
    "DELETE /v1/video-streams/{id}/event": "98",
    "PATCH /v1/users-groups-roles/{id}/role": "2",
    "PATCH /v1/users-groups-roles/{id}/relationships/role": "2",
}
# Types whose hooks ask third parties, so that a write may be 429 or 502.
ASKING_SERVICES: Final = frozenset({"video-recording", "video-stream"})
