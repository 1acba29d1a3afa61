"""Secrets that a request shows in its address: the identifier of what is not listed, the text of a code.

Rules let a request see what its proofs open, and the links of the answer carry them on, so that a client
that follows links keeps seeing it.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.model.rules import IdentifierGiven, Rule, SecretShown

# Names of secrets that are no identifiers.
CODE: Final = "code"
HASH: Final = "hash"
_LONGEST: Final = 500  # characters; longer ones prove nothing

MARK: Final = "\x02"  # stands in links where what is carried goes


def shown_by(request: Request, registry: Registry) -> dict[str, str]:
    """The proofs in the query, and the identifier in the path if its noun has unlisted rows."""
    found = {}
    for name, value in request.query:
        if name in registry.proofs and 0 < len(value.strip()) <= _LONGEST:
            found[name] = value.strip()
    if len(request.path) > 2 and request.path[0] == "v1" and not request.path[2].isdecimal():
        noun = registry.at(request.path[1:])
        if noun is not None and noun[0].unlisted is not None:
            found[noun[0].type] = request.path[2]
    return found


def carried(proofs: Mapping[str, str], needed: Mapping[str, bool]) -> str:
    """The query string for links: every proof but identifiers that prove nothing, as anybody sees the row."""
    pairs = [
        f"{name}={quote(value, safe='')}" for name, value in sorted(proofs.items()) if needed.get(name, True)
    ]
    return "?" + "&".join(pairs) if pairs else ""


def named() -> Rule:
    """The request gives the row's own identifier, in its address or in a link that leads to it."""
    return IdentifierGiven()


def proves(kind: str, condition: Sql, phrase: str) -> Rule:
    """The request shows a secret of this kind, `secret(kind)`, for which the condition about ROW holds."""
    return SecretShown(kind, condition, phrase)
