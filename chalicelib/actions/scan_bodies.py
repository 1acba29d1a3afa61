"""Scans in bodies, at the door and of leads: the list of a batch, nonces and codes, each mistake with its
JSON pointer.
"""

from collections.abc import Collection
from typing import Any, Final

from chalicelib.actions.plain_object import text_in
from chalicelib.jsonapi.ground.errors import bad_document, invalid

_LONGEST_NONCE: Final = 100
_LONGEST_CODE: Final = 500


def objects_in(content: dict[str, Any], most: int, members: Collection[str]) -> list[dict[str, Any]]:
    """The scans of a batch, `most` at most, whose `members` and nonces are checked.

    Raises Problem 400, 422.
    """
    scans = content.get("scans")
    if not isinstance(scans, list) or not 0 < len(scans) <= most:
        raise invalid(f"scans is a list of 1 to {most:,} scans.", "/scans")
    nonces: set[str] = set()
    for place, scan in enumerate(scans):
        if not isinstance(scan, dict):
            raise bad_document("A scan is an object.", f"/scans/{place}")
        for name in scan:
            if name not in members:
                known = ", ".join(members)
                raise invalid(f"There is no {name:.100}; there are {known}.", f"/scans/{place}/{name:.100}")
        nonce = scan.get("nonce")
        if isinstance(nonce, str) and nonce in nonces:
            raise invalid("This nonce is in the batch twice.", f"/scans/{place}/nonce")
        nonces.add(str(nonce))
    return scans


def nonce_in(content: dict[str, Any], at: str) -> str:
    """The nonce of the scan at this JSON pointer. Raises Problem 422."""
    nonce = text_in(content, "nonce", f"{at}/nonce", _LONGEST_NONCE)
    if not nonce:
        raise invalid("nonce is a text of the device's own, another one for each scan.", f"{at}/nonce")
    return nonce


def code_in(content: dict[str, Any], at: str) -> str:
    """The text of a QR code, or "". Raises Problem 422."""
    return text_in(content, "code", f"{at}/code", _LONGEST_CODE).strip()
