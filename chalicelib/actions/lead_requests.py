"""Whose leads a request is about, and bodies of scans of leads, each mistake with its JSON pointer."""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.actions.door_clocks import DeviceClock, clock_in
from chalicelib.actions.plain_object import number_in, text_in
from chalicelib.actions.scan_bodies import code_in, nonce_in, objects_in
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.markup import sanitize
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.onsite.lead_device import note_seen
from chalicelib.resources.onsite.lead_lists import LONGEST_NOTE, MOST_STARS
from chalicelib.resources.onsite.lead_loader import LEAD_DEVICE, LEADS
from chalicelib.resources.onsite.lead_scanning import LeadScan
from chalicelib.resources.policies import owns_email

MEMBERS_OF_BATCH: Final = ("scans", "sent_at")
MEMBERS: Final = ("nonce", "code", "device_time", "consent", "wording_version", "note", "rating")
MOST: Final = 500
_MOST_VERSIONS: Final = 1_000_000
_FACTS: Final = (
    "(SELECT json_build_array(exhibitor.event_id, event.timezone, exhibitor.name) FROM events event "
    "WHERE event.id = exhibitor.event_id)"
)
# Whoever has this address speaks for the exhibitor; the event's team does not, and neither does staff.
SPEAKS: Final = owns_email("contact_email")


@dataclass(frozen=True, slots=True)
class Exhibiting:
    """An exhibitor for which somebody asks. `device_id` is that of its device, or None for an account."""

    id: int
    event_id: int
    zone: str
    name: str
    device_id: int | None = None


def exhibiting(context: Context, key: str, *, devices: bool = True) -> Exhibiting:
    """The exhibitor, for whoever speaks for it, and for its `devices`. Raises Problem 401, 403, 404."""
    context.demand_identity()
    row = visible(context, "exhibitor", key, _FACTS, rule=SPEAKS)
    device_id = context.viewer.opens.get(LEAD_DEVICE) if context.viewer.holds(LEADS, row.id) else None
    if not (row.passes or (devices and device_id is not None)):
        raise forbidden("This is for the exhibitor: its devices, and the account with its contact-email.")
    if device_id is not None and context.request.method != "GET":  # a GET writes nothing
        note_seen(context.session, device_id)
    event_id, zone, name = row.value
    return Exhibiting(row.id, event_id, zone, name, device_id)


def scans_in(content: dict[str, Any]) -> list[LeadScan]:
    """The scans of a body. Raises Problem 400, 422."""
    sent, device_clock = objects_in(content, MOST, MEMBERS), clock_in(content)
    return [_scan(scan, f"/scans/{place}", device_clock) for place, scan in enumerate(sent)]


def note_in(content: dict[str, Any], at: str = "") -> str | None:
    """The note, without dangerous markup; None where there is none. Raises Problem 422."""
    return sanitize(text_in(content, "note", f"{at}/note", LONGEST_NOTE)) or None


def rating_in(content: dict[str, Any], at: str = "") -> int | None:
    """The rating, or None. Raises Problem 422."""
    if content.get("rating") is None:
        return None
    return number_in(content, "rating", f"{at}/rating", MOST_STARS)


def _scan(content: dict[str, Any], at: str, device_clock: DeviceClock) -> LeadScan:
    nonce, code = nonce_in(content, at), code_in(content, at)
    if not code:
        raise invalid("code is the text of the ticket's QR code.", f"{at}/code")
    is_agreed = content.get("consent", False)
    if not isinstance(is_agreed, bool):
        raise invalid("consent is true or false.", f"{at}/consent")
    version = content.get("wording_version")
    if is_agreed and version is None:
        raise invalid("Say which version of the wording the attendee has seen.", f"{at}/wording_version")
    if version is not None:
        version = number_in(content, "wording_version", f"{at}/wording_version", _MOST_VERSIONS)
    return LeadScan(
        nonce=nonce,
        code=code,
        at=device_clock.corrected(content.get("device_time"), f"{at}/device_time")[0],
        is_agreed=is_agreed,
        version=version or 0,
        note=note_in(content, at),
        rating=rating_in(content, at),
    )
