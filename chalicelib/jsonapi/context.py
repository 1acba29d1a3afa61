"""What every piece of work is given: who asks, what was asked, and the transaction it runs in.

It is made once per wake-up and passed down; there is no hidden global that could outlive it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.request import Request

if TYPE_CHECKING:
    from chalicelib.jsonapi.resource import Registry


@dataclass(slots=True)
class Context:
    """The surroundings of one request."""

    session: Session
    viewer: Viewer
    request: Request
    registry: "Registry"
