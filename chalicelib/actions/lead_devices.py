"""Devices of exhibitors: made by the exhibitor or the event's team, paired by a QR code, and revoked."""

from typing import Final

from chalicelib.actions.account_requests import data, text
from chalicelib.actions.device_pairing import made, name_in
from chalicelib.actions.lead_requests import SPEAKS
from chalicelib.actions.plain_object import members_of
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import TOKEN_GUESSES
from chalicelib.limits.limit import Exempt
from chalicelib.resources.onsite import lead_device

_WHO: Final = (
    "owner, organizers and coorganizers of the event, and the account with the verified address of the "
    "exhibitor's contact-email"
)
_BOUNDED: Final = Exempt("for an exhibitor and the event's team alone; there is a bounded number of devices")
_MOMENT: Final = "2031-05-03T07:00:00+00:00"
_DEVICE: Final = {
    "id": "1",
    "name": "Phone of the booth",
    "created_at": _MOMENT,
    "paired_at": _MOMENT,
    "seen_at": _MOMENT,
    "revoked_at": None,
}


@action("POST", "/v1/exhibitors/{id}/lead-devices", query=("event",), secret=True, limited_by=(_BOUNDED,))
@documented(
    who=_WHO,
    request={"name": "Phone of the booth"},
    response={
        "id": "1",
        "pairing": {
            "text": "https://api.example.org/door/leads#lead-pair=LEAD_DEVICE_KEY",
            "token": "LEAD_DEVICE_KEY",
            "ends_at": _MOMENT,
        },
    },
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def make_lead_device(context: Context, id: str) -> Answer:
    """{name} -> a device that scans leads of this exhibitor, and the text of the QR code that pairs it within
    15 minutes, once. The secret is told here, and never again.
    """
    content = members_of(context, ("name",))
    exhibitor_id = _exhibitor(context, id)
    name = name_in(content)
    if lead_device.count(context.session, exhibitor_id) >= lead_device.MOST:
        raise conflict(f"The exhibitor has {lead_device.MOST} devices: revoke those that are not used.")
    device_id, token, ends_at = lead_device.make(context.session, exhibitor_id, name)
    return made(device_id, f"{context.request.api_address}/door/leads#lead-pair=", token, ends_at)


@action("GET", "/v1/exhibitors/{id}/lead-devices", query=("event",))
@documented(
    who=_WHO,
    response=[_DEVICE],
    optional_in_response=("paired_at", "seen_at", "revoked_at"),
    errors=(400, 401, 403, 404),
)
def list_lead_devices(context: Context, id: str) -> Answer:
    """The exhibitor's devices, newest first, revoked ones too; `seen_at` is exact to a minute."""
    return plain(lead_device.devices_of(context.session, _exhibitor(context, id)))


@action("DELETE", "/v1/exhibitors/{id}/lead-devices/{device}", query=("event",))
@documented(
    who=_WHO,
    path={"id": "1", "device": "1"},
    response={"message": "The device is revoked."},
    errors=(400, 401, 403, 404),
)
def revoke_lead_device(context: Context, id: str, device: str) -> Answer:
    """Revoke a device: its token, or its QR code, is refused from now on (401)."""
    exhibitor_id = _exhibitor(context, id)
    if not is_number(device) or not lead_device.revoke(context.session, exhibitor_id, int(device)):
        raise not_found(f"The exhibitor has no device {device:.30}.")
    return plain({"message": "The device is revoked."})


@action("POST", "/v1/lead-devices/pair", reads_token=False, secret=True, limited_by=(TOKEN_GUESSES,))
@documented(
    who="whoever has scanned the QR code",
    open=True,
    request={"data": {"token": "LEAD_DEVICE_KEY"}},
    response={
        "access_token": "LEAD_DEVICE_TOKEN",
        "expires_at": _MOMENT,
        "device": {"id": "1", "name": "Phone of the booth"},
        "exhibitor": {"id": "1", "name": "Solder & Sons"},
        "event": {"id": "1", "identifier": "b8324ae2"},
    },
    errors=(400, 404, 413),
)
def pair_lead_device(context: Context) -> Answer:
    """{data: {token}} with what follows #lead-pair= in the QR code -> a token for the leads of that
    exhibitor.

    It is sent as an account's is, in the Authorization header, and is valid until 30 days after the event, or
    until the device is revoked. 404 for a code that is unknown, was used, has ended or was revoked.
    """
    paired = lead_device.pair(context.session, text(data(context), "token", at="/data"))
    if paired is None:
        raise not_found("This code is unknown, was used, has ended or was revoked.", "/data/token")
    return plain(paired)


def _exhibitor(context: Context, key: str) -> int:
    """The exhibitor, for who speaks for it and the event's team. Raises Problem 401, 403, 404."""
    context.demand_account()
    row = visible(context, "exhibitor", key, roles=COORGANIZERS, rule=SPEAKS)
    if not (row.passes or row.has_role):
        raise forbidden("This is for the event's team, and the account with the exhibitor's contact-email.")
    return row.id
