"""GET /health-check: whether the system is well, for load balancers and people on call."""

from chalicelib import health
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.request import Answer, plain


# Tokens are not read: it must answer whoever asks, also when the accounts cannot be loaded.
@action("GET", "/health-check", reads_token=False)
def show_health(_context: Context) -> Answer:
    """200 when every check passed, 500 otherwise, with the same document."""
    healthy, document = health.report()
    return plain(document, 200 if healthy else 500, {"Cache-Control": "no-store"})
