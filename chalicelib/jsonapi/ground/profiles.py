"""JSON:API profiles that a client names in Accept, and that an answer names in Content-Type.

Source: jsonapi.org/format/#profiles and #content-negotiation.
"""

import re
from functools import lru_cache
from typing import Final

from chalicelib.jsonapi.ground.request import MEDIA_TYPE, Request

CURSOR_PAGINATION: Final = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/"
# Resource objects and relationships without links, for clients on weak networks: see docs/clients.md.
WITHOUT_LINKS: Final = "urn:open-event:profile:without-links"

_PROFILE: Final = re.compile(r'\bprofile="([^"]*)"')


def is_cursor_pagination(request: Request) -> bool:
    """Whether Accept names the profile of pages by cursor."""
    # The scheme, the last slash and quotes do not matter.
    return CURSOR_PAGINATION.split("://")[1].rstrip("/") in request.headers.get("accept", "")


def is_without_links(request: Request) -> bool:
    """Whether Accept names the profile without links."""
    accept = request.headers.get("accept", "")
    return WITHOUT_LINKS in accept and WITHOUT_LINKS in _named(accept)


def content_type(*profiles: str) -> str:
    """The media type of a document to which the profiles were applied."""
    return f'{MEDIA_TYPE}; profile="{" ".join(profiles)}"' if profiles else MEDIA_TYPE


@lru_cache(maxsize=64)
def _named(accept: str) -> frozenset[str]:
    return frozenset(name for names in _PROFILE.findall(accept) for name in names.split())
