"""Bodies of check-ins: scans with their members, each mistake with its JSON pointer."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from chalicelib import clock
from chalicelib.actions.door_clocks import DeviceClock
from chalicelib.actions.plain_object import id_in, text_in
from chalicelib.actions.scan_bodies import code_in, nonce_in
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.resources.onsite.door_device import PairedDevice
from chalicelib.resources.onsite.gate import ADMITTED, IN, OUT
from chalicelib.resources.onsite.scan import Scan
from chalicelib.resources.orders.attendee.search import LONGEST

MEMBERS: Final = (
    *("nonce", "code", "attendee", "direction", "station", "room", "session"),
    *("device_time", "device_name", "force"),
)
MOST: Final = 1_000
_LONGEST_NAME: Final = 100
_REASON: Final = re.compile("[a-z][a-z-]{0,49}")
# Of scans that a device has made before it sends them.
MEMBERS_OF_BATCH: Final = (*MEMBERS, "offline")


def search_in(content: dict[str, Any]) -> str:
    """The text to search for, or "". Raises Problem 422."""
    return " ".join(text_in(content, "search", "/search", LONGEST).split())


def scan_in(
    content: dict[str, Any],
    at: str,
    *,
    sought: str = "",
    found: Sequence[tuple[int, bool]] = (),
    device_clock: DeviceClock | None = None,
) -> Scan:
    """The scan in an object at this JSON pointer; `found` are (id, is_alike) of a search for `sought`.

    Raises Problem 422.
    """
    nonce, code = nonce_in(content, at), code_in(content, at)
    id = _id(content, "attendee", at)
    if sum([bool(code), id is not None, bool(sought)]) != 1:
        alternatives = "code, attendee" if at else "code, attendee, search"
        raise invalid(f"Say who comes by one of {alternatives}.", f"{at}/code")
    direction = content.get("direction")
    if direction not in (None, IN, OUT):
        raise invalid(f"direction is {IN} or {OUT}.", f"{at}/direction")
    station, room, talk = (_id(content, name, at) for name in ("station", "room", "session"))
    if station is not None and room is not None:
        raise invalid("Say where by station or room, not by both.", f"{at}/room")
    force = content.get("force", False)
    if not isinstance(force, bool):
        raise invalid("force is true or false.", f"{at}/force")
    known_clock = device_clock or DeviceClock(clock.now())
    moment, said_of_clock = known_clock.corrected(content.get("device_time"), f"{at}/device_time")
    was_let_in, offline_reason = _offline(content, at)
    meant, candidates = _who(found)
    return Scan(
        nonce=nonce,
        at=moment,
        code=code,
        attendee_id=id if meant is None else meant,
        direction=direction or "",
        station_id=station,
        room_id=room,
        session_id=talk,
        device_name=text_in(content, "device_name", f"{at}/device_name", _LONGEST_NAME),
        force=force,
        sought=sought,
        candidates=candidates,
        was_let_in=was_let_in,
        offline_reason=offline_reason,
        clock=said_of_clock,
    )


def demand_place(scan: Scan, at: str) -> None:
    """Raise Problem 422 for a session without a place."""
    if scan.session_id is not None and scan.station_id is None and scan.room_id is None:
        raise invalid("A session takes place at a station or in a room: say which.", f"{at}/session")


def at_gate_of(device: PairedDevice, scan: Scan, at: str) -> Scan:
    """The scan at the gate that the device was paired to, under the device's name. Raises Problem 422."""
    is_placed = scan.room_id is not None or scan.station_id is not None
    if device.station_id is not None and is_placed and scan.station_id != device.station_id:
        name = "room" if scan.room_id is not None else "station"
        raise invalid("This device is for another gate.", f"{at}/{name}")
    station = scan.station_id if is_placed else device.station_id
    return replace(scan, station_id=station, device_name=device.name)


def _who(found: Sequence[tuple[int, bool]]) -> tuple[int | None, tuple[int, ...]]:
    """Who is meant, or else who may be: a name that is only alike lets nobody in."""
    matching = tuple(person for person, is_alike in found if not is_alike)
    if len(matching) == 1:
        return matching[0], ()
    return None, matching or tuple(person for person, _ in found)


def _id(content: dict[str, Any], name: str, at: str) -> int | None:
    return None if content.get(name) is None else id_in(content, name, f"{at}/{name}")


def _offline(content: dict[str, Any], at: str) -> tuple[bool | None, str]:
    """What the device has decided itself, and why; (None, "") for what is asked now."""
    said, pointer = content.get("offline"), f"{at}/offline"
    if said is None:
        return None, ""
    if not isinstance(said, dict) or not isinstance(said.get("admitted"), bool):
        raise invalid("offline is an object with admitted (true or false) and reason.", pointer)
    for name in said:
        if name not in ("admitted", "reason"):
            raise invalid(f"There is no {name:.100}; there are admitted, reason.", f"{pointer}/{name:.100}")
    reason = said.get("reason", ADMITTED if said["admitted"] else "")
    if not isinstance(reason, str) or not _REASON.fullmatch(reason):
        raise invalid("reason is a word such as already-in.", f"{pointer}/reason")
    return said["admitted"], reason
