"""Devices at the door: made by the event's team, paired by a QR code, listed and revoked."""

from typing import Final

from chalicelib.actions.account_requests import data, text
from chalicelib.actions.device_pairing import made, name_in
from chalicelib.actions.plain_object import id_in, members_of
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, invalid, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.limits.declared import TOKEN_GUESSES
from chalicelib.limits.limit import Exempt
from chalicelib.resources.onsite import door_device
from chalicelib.resources.onsite.gate_facts import stations_of

_TEAM: Final = "owner, organizers and coorganizers of the event"
_BOUNDED: Final = Exempt("for an event's team alone, which has a bounded number of devices")
_MOMENT: Final = "2031-05-03T07:00:00+00:00"
_DEVICE: Final = {
    "id": "1",
    "name": "Door 1",
    "station": "1",
    "created_at": _MOMENT,
    "paired_at": _MOMENT,
    "seen_at": _MOMENT,
    "revoked_at": None,
}


@action("POST", "/v1/events/{id}/door-devices", secret=True, limited_by=(_BOUNDED,))
@documented(
    who=_TEAM,
    request={"name": "Door 1"},
    optional=("station",),
    response={
        "id": "1",
        "pairing": {
            "text": "https://api.example.org/door#pair=DEVICE_KEY",
            "token": "DEVICE_KEY",
            "ends_at": _MOMENT,
        },
    },
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def make_door_device(context: Context, id: str) -> Answer:
    """{name, station} -> a device, and the text of the QR code that pairs it within 15 minutes, once.

    Without `station` its gate is the event's own door. The secret is told here, and never again.
    """
    content = members_of(context, ("name", "station"))
    event = visible_to_team(context, "event", id, roles=COORGANIZERS)
    name = name_in(content)
    station = None if content.get("station") is None else id_in(content, "station", "/station")
    if station is not None and not stations_of(context.session, event.id, [station]):
        raise invalid("The event has no such station.", "/station")
    if door_device.count(context.session, event.id) >= door_device.MOST:
        raise conflict(f"The event has {door_device.MOST} devices: revoke those that are not used.")
    device_id, token, ends_at = door_device.make(context.session, event.id, name, station)
    return made(device_id, f"{context.request.api_address}/door#pair=", token, ends_at)


@action("GET", "/v1/events/{id}/door-devices")
@documented(
    who=_TEAM,
    response=[_DEVICE],
    optional_in_response=("station", "paired_at", "seen_at", "revoked_at"),
    errors=(400, 401, 403, 404),
)
def list_door_devices(context: Context, id: str) -> Answer:
    """The event's devices, newest first, revoked ones too; `seen_at` is exact to a minute."""
    event = visible_to_team(context, "event", id, roles=COORGANIZERS)
    return plain(door_device.devices_of(context.session, event.id))


@action("DELETE", "/v1/events/{id}/door-devices/{device}")
@documented(
    who=_TEAM,
    path={"id": "1", "device": "1"},
    response={"message": "The device is revoked."},
    errors=(400, 401, 403, 404),
)
def revoke_door_device(context: Context, id: str, device: str) -> Answer:
    """Revoke a device: its token, or its QR code, is refused from now on (401)."""
    event = visible_to_team(context, "event", id, roles=COORGANIZERS)
    if not is_number(device) or not door_device.revoke(context.session, event.id, int(device)):
        raise not_found(f"The event has no device {device:.30}.")
    return plain({"message": "The device is revoked."})


@action("POST", "/v1/door-devices/pair", reads_token=False, secret=True, limited_by=(TOKEN_GUESSES,))
@documented(
    who="whoever has scanned the QR code",
    open=True,
    request={"data": {"token": "DEVICE_KEY"}},
    response={
        "access_token": "DEVICE_TOKEN",
        "expires_at": _MOMENT,
        "device": {"id": "1", "name": "Door 1"},
        "event": {"id": "1", "identifier": "b8324ae2"},
        "station": "1",
    },
    optional_in_response=("station",),
    errors=(400, 404, 413),
)
def pair_door_device(context: Context) -> Answer:
    """{data: {token}} with what follows #pair= in the QR code -> a token for check-ins and search of
    that event.

    It is sent as an account's is, in the Authorization header, and is valid until a week after the event, or
    until the device is revoked. 404 for a code that is unknown, was used, has ended or was revoked.
    """
    paired = door_device.pair(context.session, text(data(context), "token", at="/data"))
    if paired is None:
        raise not_found("This code is unknown, was used, has ended or was revoked.", "/data/token")
    return plain(paired)
