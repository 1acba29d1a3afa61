"""Examples of actions for the API description, declared by decorator next to each action.

The description shows the example, and derives schemas from it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from chalicelib.limits.limit import Exempt, Limit
from chalicelib.registered import Registered

Run = TypeVar("Run", bound=Callable[..., Any])

# Usual error statuses.
READING: Final = (400, 401, 404, 406)
CREATING: Final = (400, 401, 403, 404, 406, 409, 413, 415, 422)
CHANGING: Final = (400, 401, 403, 404, 406, 409, 412, 413, 415, 422)
REMOVING: Final = (400, 401, 403, 404, 406, 409, 412, 422)


def limited(limited_by: Iterable[Limit | Exempt]) -> tuple[int, ...]:
    """The error statuses due to these rate limits."""
    return (429,) if any(isinstance(limit, Limit) for limit in limited_by) else ()


BOUNDARY: Final = "a-line-between-parts"
SIGNED_IN: Final = "whoever is signed in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """An example of an action, and who may do it.

    who        whom it is for; default: authenticated users
    open       whether it works without a token
    path       path parameters of the example, by name; default "1"
    query      query parameters of the example, by name; all are required
    request    JSON of the request; members in `optional` may be left out
    files      names of the parts of multipart/form-data that are files: then `request` is the text of such
               a body, with BOUNDARY between its parts; the first part alone is in it
    response   JSON of the answer; members in `optional_in_response` may be missing or null,
               and those in `open_members` have members of any kind
    one, many  instead of `response`: the type of the resource or resources in the answer
    fields     the attributes in the answer, where not all
    meta       an example of the answer's meta, which only some callers get
    creates, changes, removes  instead of `request`: the type of the resource that is written
    status     of the answer, and `errors` those of refusals
    media_type of an answer other than JSON, and `others` its alternatives
    credential  which token the request carries; "" for none
    """

    who: str = SIGNED_IN
    open: bool = False
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    request: Any = None
    optional: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    response: Any = None
    optional_in_response: tuple[str, ...] = ()
    open_members: tuple[str, ...] = ()
    one: str = ""
    many: str = ""
    fields: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    creates: str = ""
    changes: str = ""
    removes: str = ""
    status: int = 200
    errors: tuple[int, ...] = ()
    media_type: str = ""
    others: tuple[str, ...] = ()
    credential: str = "ACCESS_TOKEN"


DOCUMENTED: Final[Registered[Callable[..., Any], Documented]] = Registered()


def documented(**declared: Any) -> Callable[[Run], Run]:
    """Decorator: declare the example of an action. The arguments are the fields of Documented."""

    def keep(run: Run) -> Run:
        DOCUMENTED[run] = Documented(**declared)
        return run

    return keep
