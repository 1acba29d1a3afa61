"""Actions: endpoints that do more than create, read, update or delete one resource.

An action is looked up before the generic endpoints, by method and path. A path pattern consists of literal
segments and {names}, which may have a suffix such as {identifier}.ics; a literal takes precedence over a
name, and a name with a suffix over one without.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.negotiation import SAFE
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.parameters import check, demand_known, refuse
from chalicelib.limits.limit import Exempt, Limit

Run = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Action:
    """One action: `run(context, **path parameters)` returns an Answer.

    `reads_token` False ignores a bad or expired token, as for signing in; True (the default) refuses it, but
    requires none: the action itself decides. `documents` True: the action exchanges JSON:API documents rather
    than plain JSON. `secret` True: its answer, such as a token, must not be stored: an Idempotency-Key is
    ignored and a repeated request is executed again. `limited_by`: the rate limits counted before it runs, or
    why there are none. `families`: the list parameters, such as "page", that it understands.
    `query`: the names of the other parameters that it understands. Any further one is 400: a misspelt dry_run
    must not be a real run. `lenient` True ignores it, for addresses of the former API, whose clients may send
    what they like, and for services that choose what they send.
    `acts` True, of GET: it changes something or asks a third party, as former clients need. Every other GET
    runs in a read-only transaction, and answers HEAD.
    `shared` True, of GET: its answer is the same for everybody without credentials, and shared caches may
    tell it, unless the answer itself says otherwise.
    `former`: a regular expression for the path parameters of an address that old clients alone use; the API
    description leaves it out, as a resource is there otherwise.
    """

    method: str
    pattern: tuple[str, ...]
    run: Run
    reads_token: bool = True
    documents: bool = False
    secret: bool = False
    limited_by: tuple[Limit | Exempt, ...] = ()
    families: tuple[str, ...] = ()
    acts: bool = False
    former: str = ""
    query: tuple[str, ...] = ()
    lenient: bool = False
    shared: bool = False
    # The second and the last segment of the pattern, such as "events", if they are literals, and what follows
    # a name in the last one, such as ".ics": compared first.
    collection: str = field(init=False, compare=False, repr=False)
    last: str = field(init=False, compare=False, repr=False)
    suffix: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.shared and (self.method != "GET" or self.secret or self.acts or self.limited_by):
            raise ValueError(f"{self.method} /{'/'.join(self.pattern)} is nothing for shared caches")
        second, last = _second_and_last(self.pattern)
        object.__setattr__(self, "collection", "" if second.startswith("{") else second)
        object.__setattr__(self, "last", "" if last.startswith("{") else last)
        object.__setattr__(self, "suffix", last.partition("}")[2] if last.startswith("{") else "")


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
    acts: bool = False,
    former: str = "",
    query: tuple[str, ...] = (),
    lenient: bool = False,
    shared: bool = False,
) -> Callable[[Run], Run]:
    """Decorator: register the function for `method path`, for instance ("POST", "/v1/events/{id}/copy")."""
    pattern = tuple(path.strip("/").split("/")) if path.strip("/") else ()

    def register(run: Run) -> Run:
        add(
            Action(
                method, pattern, run, reads_token, documents, secret,
                limited_by, families, acts, former, query, lenient, shared,
            )
        )  # fmt: skip
        return run

    return register


def add(new: Action) -> None:
    """Register an action; it takes the place of one at the same address."""
    listed = ACTIONS.setdefault((new.method, len(new.pattern)), [])
    for place, other in enumerate(listed):
        if other.pattern == new.pattern:
            listed[place] = new
            return
    listed.append(new)
    listed.sort(key=_precedence)


def add_sorted(actions: Iterable[Action]) -> None:
    """Register actions that are sorted as `add` sorts them, at addresses where none is yet."""
    for new in actions:
        ACTIONS.setdefault((new.method, len(new.pattern)), []).append(new)


def _precedence(listed: Action) -> list[int]:
    return [part.startswith("{") + part.endswith("}") for part in listed.pattern]


def find(method: str, path: tuple[str, ...]) -> tuple[Action, dict[str, str]] | None:
    """The action at this address with its path parameters, or None."""
    collection, last = _second_and_last(path)
    for candidate in ACTIONS.get((method, len(path)), ()):
        if candidate.last and candidate.last != last:
            continue
        if candidate.collection and candidate.collection != collection:
            continue
        if candidate.suffix and not last.endswith(candidate.suffix):
            continue
        parameters = _match(candidate.pattern, path)
        if parameters is not None and _fits(candidate.former, parameters):
            return candidate, parameters
    return None


def demand_understood(chosen: Action, request: Request) -> None:
    """Raise Problem 400 for a query parameter that the action does not understand."""
    if chosen.documents:
        check(request)
    elif request.method in SAFE:
        refuse(request, but=chosen.families)
    if not chosen.lenient:
        demand_known(request, chosen.query, chosen.families)


def refuse_head(chosen: Action, request: Request) -> None:
    """Raise Problem 405 for HEAD, at the address of a GET that acts."""
    if chosen.acts and request.method == "HEAD":
        allowed = ", ".join([*methods_at(request.path), "OPTIONS"])
        raise Problem(405, "There is no HEAD here: GET does something.", headers={"Allow": allowed})


def name_in(part: str) -> str:
    """The name of the parameter in this segment of a pattern, or ""."""
    return part[1:].partition("}")[0] if part.startswith("{") else ""


def methods_at(path: tuple[str, ...]) -> list[str]:
    """The HTTP methods that have an action at this path, with HEAD where GET only reads."""
    found = {method: find(method, path) for method, length in ACTIONS if length == len(path)}
    methods = {method for method, match in found.items() if match is not None}
    read = found.get("GET")
    return sorted(methods | {"HEAD"} if read is not None and not read[0].acts else methods)


def _second_and_last(path: tuple[str, ...]) -> tuple[str, str]:
    return path[1] if len(path) > 1 else "", path[-1] if path else ""


def _match(pattern: tuple[str, ...], path: tuple[str, ...]) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for expected, given in zip(pattern, path, strict=True):
        if expected.startswith("{"):
            name, _, suffix = expected[1:].partition("}")
            if not given.endswith(suffix) or given == suffix:
                return None
            parameters[name] = given.removesuffix(suffix)
        elif expected != given:
            return None
    return parameters


def _fits(former: str, parameters: dict[str, str]) -> bool:
    return not former or all(re.fullmatch(former, value) for value in parameters.values())


__all__ = [
    "ACTIONS",
    "Action",
    "Context",
    "action",
    "add",
    "add_sorted",
    "find",
    "methods_at",
    "name_in",
    "refuse_head",
]
