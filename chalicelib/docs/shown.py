"""Examples of actions for the API description, declared by decorator next to each action.

The description shows the example, and derives schemas from it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from chalicelib.limits.limit import Exempt, Limit

Run = TypeVar("Run", bound=Callable[..., Any])

# Usual error statuses.
READING: Final = (400, 401, 404, 406)
CREATING: Final = (400, 401, 403, 404, 406, 409, 413, 415, 422)
CHANGING: Final = (400, 401, 403, 404, 406, 409, 412, 413, 415, 422)
REMOVING: Final = (400, 401, 403, 404, 406, 409, 412, 422)


def limited(limited_by: Iterable[Limit | Exempt]) -> tuple[int, ...]:
    """The error statuses due to these rate limits."""
    return (429,) if any(isinstance(one, Limit) for one in limited_by) else ()


BOUNDARY: Final = "a-line-between-parts"
SIGNED_IN: Final = "whoever is signed in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An example of an action, and who may do it.

    who        whom it is for; default: authenticated users
    open       whether it works without a token
    path       path parameters of the example, by name; default "1"
    query      query parameters of the example, by name; all are required
    takes      JSON of the request; members in `optional` may be left out
    files      names of the parts of multipart/form-data that are files: then `takes` is the text of such
               a body, with BOUNDARY between its parts; the first part alone is in it
    gives      JSON of the answer; members in `perhaps` may be missing or null,
               and those in `loose` have members of any kind
    one, many  instead of `gives`: the type of the resource or resources in the answer
    fields     the attributes in the answer, where not all
    creates, changes, removes  instead of `takes`: the type of the resource that is written
    status     of the answer, and `refuses` those of errors
    media_type of an answer other than JSON, and `others` its alternatives
    carries    which token the request carries
    """

    who: str = SIGNED_IN
    open: bool = False
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    takes: Any = None
    optional: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    gives: Any = None
    perhaps: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    one: str = ""
    many: str = ""
    fields: tuple[str, ...] = ()
    creates: str = ""
    changes: str = ""
    removes: str = ""
    status: int = 200
    refuses: tuple[int, ...] = ()
    media_type: str = ""
    others: tuple[str, ...] = ()
    carries: str = "ACCESS_TOKEN"


SHOWN: Final[dict[Callable[..., Any], Shown]] = {}


def shows(**said: Any) -> Callable[[Run], Run]:
    """Decorator: declare the example of an action. The arguments are the fields of Shown."""

    def keep(run: Run) -> Run:
        SHOWN[run] = Shown(**said)
        return run

    return keep
