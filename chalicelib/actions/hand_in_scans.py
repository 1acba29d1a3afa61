"""A revoked device hands in the scans that it still has, for review by the event's crew."""

from typing import Final

from chalicelib.actions.account_requests import data, text
from chalicelib.actions.door_clocks import clock_in
from chalicelib.actions.door_requests import MEMBERS_OF_BATCH, MOST, scan_in
from chalicelib.actions.plain_object import members_of
from chalicelib.actions.scan_bodies import objects_in
from chalicelib.auth import tokens
from chalicelib.auth.claims import LinkClaims
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, conflict, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import TOKEN_GUESSES
from chalicelib.resources.onsite import revoked_device

_UNKNOWN: Final = "This is not the token of a device that was revoked."


@action("POST", "/v1/door-devices/revoked-scans", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who="whoever has the token of a revoked device",
    open=True,
    request={
        "data": {"token": "DEVICE_TOKEN"},
        "sent_at": "2026-11-28T09:10:00.000Z",
        "scans": [
            {
                "nonce": "5c2e8a-000018",
                "code": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10-5c2e8a",
                "device_time": "2026-11-28T09:02:11.250Z",
                "offline": {"admitted": True, "reason": "admitted"},
            }
        ],
    },
    optional=("sent_at", "code", "device_time", "offline", "reason"),
    response={"stored": 1, "received_at": "2026-11-28T09:10:00+00:00"},
    errors=(400, 404, 409, 413, 422),
)
def hand_in_scans(context: Context) -> Answer:
    """{data: {token}, scans} as for a batch of check-ins -> stored for review; nobody is checked in by it.

    Whom the device has let in is told by GET /v1/events/{id}/door-conflicts as `device-revoked`. 404 for a
    token that is valid, has ended, or is none; 409 beyond 10,000 scans of one device.
    """
    content = members_of(context, ("data", "sent_at", "scans"))
    device_clock = clock_in(content)
    sent = objects_in(content, MOST, MEMBERS_OF_BATCH)
    scans = [scan_in(each, f"/scans/{place}", device_clock=device_clock) for place, each in enumerate(sent)]
    device = revoked_device.event_of(context.session, _claims(text(data(context), "token", at="/data")))
    if device is None:
        raise not_found(_UNKNOWN, "/data/token")
    if not revoked_device.has_room(context.session, device[0], len(scans)):
        raise conflict(f"A revoked device hands in {revoked_device.MOST:,} scans at most.", "/scans")
    stored = revoked_device.store(context.session, device, scans)
    return plain({"stored": stored, "received_at": device_clock.now.isoformat()})


def _claims(token: str) -> LinkClaims:
    try:
        claims = tokens.credential_in(f"JWT {token}")
    except Problem:
        raise not_found(_UNKNOWN, "/data/token") from None
    if not isinstance(claims, LinkClaims):
        raise not_found(_UNKNOWN, "/data/token")
    return claims
