"""Verbs with an address: everything that is not create, read, change or delete.

An action is looked up before the generic shapes, by method and path. Path patterns are
literal segments and {names}; a literal wins over a name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.limit import Exempt, Limit

Run = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Action:
    """One verb: `run(context, **path parameters)` answers.

    `reads_token` False means that a bad or expired token in the request is ignored, as for
    signing in; True (the usual) refuses it but still lets nobody in: the action decides.
    `documents` True means that it takes and gives JSON:API documents rather than plain JSON.
    `secret` True means that its answer, such as a token, must not be kept: an Idempotency-Key is
    ignored, and a request that comes again is done again.
    `limited_by` are the rate limits that a request meets before it is done, or why there are none.
    `families` are the query parameters of lists, such as "page", that a plain one understands.
    """

    method: str
    pattern: tuple[str, ...]
    run: Run
    reads_token: bool = True
    documents: bool = False
    secret: bool = False
    limited_by: tuple[Limit | Exempt, ...] = ()
    families: tuple[str, ...] = ()


ACTIONS: dict[tuple[str, int], list[Action]] = {}


def action(
    method: str,
    path: str,
    *,
    reads_token: bool = True,
    documents: bool = False,
    secret: bool = False,
    limited_by: tuple[Limit | Exempt, ...] = (),
    families: tuple[str, ...] = (),
) -> Callable[[Run], Run]:
    """Decorator: answer `method path`, for instance ("POST", "/v1/events/{id}/copy")."""
    pattern = tuple(path.strip("/").split("/")) if path.strip("/") else ()

    def register(run: Run) -> Run:
        add(Action(method, pattern, run, reads_token, documents, secret, limited_by, families))
        return run

    return register


def add(found: Action) -> None:
    """Let an action answer from now on; one at the same address gives way."""
    listed = ACTIONS.setdefault((found.method, len(found.pattern)), [])
    listed[:] = [one for one in listed if one.pattern != found.pattern]
    listed.append(found)
    listed.sort(key=lambda one: [part.startswith("{") for part in one.pattern])


def find(method: str, path: tuple[str, ...]) -> tuple[Action, dict[str, str]] | None:
    """The action at this address with its path parameters, or None."""
    for candidate in ACTIONS.get((method, len(path)), ()):
        parameters = _match(candidate.pattern, path)
        if parameters is not None:
            return candidate, parameters
    return None


def methods_at(path: tuple[str, ...]) -> list[str]:
    """The methods for which an action answers at this path."""
    return sorted({method for method, length in ACTIONS if length == len(path) and find(method, path)})


def _match(pattern: tuple[str, ...], path: tuple[str, ...]) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for expected, given in zip(pattern, path, strict=True):
        if expected.startswith("{"):
            parameters[expected[1:-1]] = given
        elif expected != given:
            return None
    return parameters


__all__ = ["ACTIONS", "Action", "Context", "action", "add", "find", "methods_at"]
