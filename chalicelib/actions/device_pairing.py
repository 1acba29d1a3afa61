"""Bodies and answers of devices that are paired by a QR code, at the door and of exhibitors."""

from datetime import datetime
from typing import Any, Final

from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer, plain

_LONGEST_NAME: Final = 100


def name_in(content: dict[str, Any]) -> str:
    """The name of a device. Raises Problem 422."""
    name = content.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise invalid(f"name is a text of 1 to {_LONGEST_NAME} characters.", "/name")
    return name.strip()


def made(device_id: int, address: str, token: str, ends_at: datetime) -> Answer:
    """A device that waits for its pairing: `address` and `token` are the text of its QR code."""
    pairing = {"text": f"{address}{token}", "token": token, "ends_at": ends_at.isoformat()}
    return plain({"id": str(device_id), "pairing": pairing})
