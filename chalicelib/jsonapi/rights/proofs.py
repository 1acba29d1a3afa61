"""Secrets in a request's URL that unlock rows: the identifier of an unlisted row, a discount code, a hash.

Rules admit the request to what they unlock, and the links of the answer carry them on, so that a client which
follows links keeps its access.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.model.rules import IdentifierGiven, Rule, SecretShown

# Query parameters of secrets that are no identifiers.
CODE: Final = "code"
HASH: Final = "hash"
_LONGEST: Final = 500  # characters; longer ones are ignored

MARK: Final = "\x02"  # placeholder in links for the carried query string


def shown_by(request: Request, registry: Registry) -> dict[str, str]:
    """The proofs in the query, and the identifier in the path of a type with unlisted rows: value by kind."""
    proofs = {}
    for name, value in request.query:
        if name in registry.proofs and 0 < len(value.strip()) <= _LONGEST:
            proofs[name] = value.strip()
    if len(request.path) > 2 and request.path[0] == "v1" and not request.path[2].isdecimal():
        noun = registry.at(request.path[1:])
        if noun is not None and noun[0].unlisted is not None:
            proofs[noun[0].type] = request.path[2]
    return proofs


def carried(proofs: Mapping[str, str], needed: Mapping[str, bool]) -> str:
    """The query string for links: all proofs, without identifiers of rows that are public anyway."""
    pairs = [
        f"{name}={quote(value, safe='')}" for name, value in sorted(proofs.items()) if needed.get(name, True)
    ]
    return "?" + "&".join(pairs) if pairs else ""


def named() -> Rule:
    """The request contains the row's own identifier, in its URL or in a link that leads to it."""
    return IdentifierGiven()


def proves(kind: str, condition: Sql, phrase: str) -> Rule:
    """The request contains a secret of this kind, `secret(kind)`, for which the condition on ROW holds."""
    return SecretShown(kind, condition, phrase)
