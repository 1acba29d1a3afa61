"""Secrets that a request shows in its address: the identifier of what is not listed, the text of a code.

Rules let a request see what its proofs open, and the links of the answer carry them on, so that a client
that follows links keeps seeing it.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.policy import FALSE, TRUE, Rule
from chalicelib.jsonapi.request import Request

if TYPE_CHECKING:
    from chalicelib.jsonapi.resource import Registry, Resource

# Query parameters by which links carry proofs: a type for its identifier, or the name of another secret.
CODE: Final = "code"
HASH: Final = "hash"
KINDS: Final = frozenset({"event", CODE, HASH})
_LONGEST: Final = 500  # characters; longer ones prove nothing

MARK: Final = "\x02"  # stands in links where what is carried goes


def shown_by(request: Request, registry: "Registry") -> dict[str, str]:
    """The proofs in the query, and the identifier in the path if its noun has unlisted rows."""
    found = {}
    for name, value in request.query:
        if name in KINDS and 0 < len(value.strip()) <= _LONGEST:
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

    def sql(ask: Ask, resource: "Resource", t: str) -> str:
        if t in ask.named:
            return TRUE
        if resource.type not in ask.proofs:
            return FALSE
        return f'{t}."{resource.identifier}" = {ask.bind(("proof", resource.type), "text")}'

    return Rule(sql, "whoever gives its identifier")


def proves(kind: str, condition: Callable[[str, str], str], name: str) -> Rule:
    """The request shows a secret of this kind for which the `condition` (alias, secret) in SQL holds."""

    def sql(ask: Ask, _resource: "Resource", t: str) -> str:
        if kind not in ask.proofs:
            return FALSE
        return condition(t, ask.bind(("proof", kind), "text"))

    return Rule(sql, name)
