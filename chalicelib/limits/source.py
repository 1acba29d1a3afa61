"""Whose request it is: the client's address, as API Gateway or our own edge cache has seen it.

Behind the edge (docs/edge.md) API Gateway sees the edge's address. The edge then says the viewer's in a
header, and proves by a secret in another one that it wrote it: what a client writes there is not read.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Final

# The edge overwrites both, whatever a client sends: deploy/edge.py.
VIEWER: Final = "x-edge-viewer"
PROOF: Final = "x-edge-secret"
_ADDRESS: Final = re.compile(r"[0-9A-Fa-f:.]{3,45}")


def source_of(headers: Mapping[str, str], seen: str, secret: str) -> str:
    """The client's IP address. `seen` is what API Gateway saw; `secret` is the edge's, or empty."""
    shown = headers.get(PROOF)
    if not secret or shown is None or not hmac.compare_digest(shown.encode(), secret.encode()):
        return seen
    viewer = headers.get(VIEWER, "")
    return viewer if _ADDRESS.fullmatch(viewer) else seen
