"""GET /health-check: health checks, for load balancers and people on call."""

from chalicelib import health
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context


# Tokens are ignored: it must answer even when accounts cannot be loaded.
@action("GET", "/health-check", lenient=True, reads_token=False)
@documented(
    who="everybody",
    open=True,
    response={
        "status": "success",
        "timestamp": 1923000000.5,
        "hostname": "api",
        "results": [
            {
                "checker": "database",
                "output": "It answers.",
                "passed": True,
                "timestamp": 1923000000.5,
                "expires": 1923000030.5,
            }
        ],
    },
    errors=(),
)
def show_health(_context: Context) -> Answer:
    """200 when every check passed, 500 otherwise, with the same document."""
    healthy, document = health.report()
    return plain(document, 200 if healthy else 500, {"Cache-Control": "no-store"})
