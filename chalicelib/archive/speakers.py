"""Speakers of an archive: a profile with another address than that of whoever imports is not theirs."""

from collections.abc import Mapping
from typing import Any

from chalicelib.imports.importing import Importing
from chalicelib.imports.names import demand_address
from chalicelib.imports.report import Item
from chalicelib.resources.programme.speaker import Speaker


def write_speaker(
    importing: Importing, item: Item, attributes: Mapping[str, Any], links: Mapping[str, Any], external: str
) -> int | None:
    """Create a speaker; the id, or None where it is refused.

    Its person is known by the address. Whoever imports would else have a conflict of interest about all
    sessions, and see no review of any.
    """
    email = str(attributes.get("email") or "")
    try:
        demand_address(importing, email)
    except ValueError as mistake:
        importing.refuse(item, str(mistake), "/data/attributes/email")
        return None
    id = importing.write(item, attributes, links, external_id=external)
    if id is not None and email.lower() != (importing.context.viewer.email or "").lower():
        profile = importing.context.session.get_one(Speaker, id)
        profile.user_id = profile.profile_id = None
        importing.context.session.flush()
    return id
