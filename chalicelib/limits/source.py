"""Whose request it is, and where it was sent, as API Gateway or our own edge cache has seen it.

Behind the edge (docs/edge.md) API Gateway sees the edge's address, and is asked at its own. The edge then
says the viewer's address and its own host in headers, and proves by a secret in another one that it wrote
them: what a client writes there is not read.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Final

# The edge overwrites them, whatever a client sends: deploy/edge.py.
VIEWER: Final = "x-edge-viewer"
HOST: Final = "x-edge-host"
PROOF: Final = "x-edge-secret"
_ADDRESS: Final = re.compile(r"[0-9A-Fa-f:.]{3,45}")


def is_from_edge(headers: Mapping[str, str], secret: str) -> bool:
    """Whether our own edge has passed the request on. `secret` is the edge's; empty: there is none."""
    shown = headers.get(PROOF)
    return bool(secret) and shown is not None and hmac.compare_digest(shown.encode(), secret.encode())


def source_of(headers: Mapping[str, str], seen: str) -> str:
    """The client's IP address in a request of the edge; `seen` is what API Gateway saw."""
    viewer = headers.get(VIEWER, "")
    return viewer if _ADDRESS.fullmatch(viewer) else seen


def named_by_edge(headers: dict[str, str]) -> None:
    """Let a request of the edge have the edge's host, by which links lead there and not past it.

    The host is the distribution's, and not what the viewer has asked at: it is in no cache's key.
    """
    host = headers.get(HOST)
    if host:
        headers["host"], headers["x-forwarded-proto"] = host, "https"
