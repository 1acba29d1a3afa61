"""The most requested lists: at check-in, and in an organizer's dashboard."""

# `{id}` is the id of an event or of a ticket.
BUSY = [
    "/v1/events/{id}/attendees?filter[is-checked-in]=false",
    '/v1/events/{id}/attendees?filter=[{"name":"email","op":"ilike","val":"%25person.25%25"}]',
    '/v1/events/{id}/attendees?filter=[{"name":"firstname","op":"ilike","val":"%25ab%25"}]',
    "/v1/events/{id}/attendees?sort=lastname,firstname",
    "/v1/events/{id}/orders?filter[status]=completed",
    "/v1/events/{id}/sessions?sort=starts-at",
    "/v1/events/{id}/speakers?sort=name",
    "/v1/tickets/{id}/attendees?filter[is-checked-in]=true",
    "/v1/events/{id}/order-statistics",
    "/v1/tickets/{id}/order-statistics",
]
# Plain JSON about an event.
REPORTS = [
    "/v1/events/{id}/tickets/availability",
    "/v1/events/{id}/attendees/search?q=person",
    "/v1/events/{id}/sales-over-time",
    "/v1/states?event_id={id}&attendee_id={id}",
]
