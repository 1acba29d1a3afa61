"""What an action takes and gives, said beside it in the words of an example.

The description of the API shows the example, and derives from it what kinds of values there are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from chalicelib.limits.limit import Exempt, Limit

Run = TypeVar("Run", bound=Callable[..., Any])

# What is usually refused.
READING: Final = (400, 401, 404, 406)
CREATING: Final = (400, 401, 403, 404, 406, 409, 413, 415, 422)
CHANGING: Final = (400, 401, 403, 404, 406, 409, 412, 413, 415, 422)
REMOVING: Final = (400, 401, 403, 404, 406, 409, 412, 422)


def limited(limited_by: Iterable[Limit | Exempt]) -> tuple[int, ...]:
    """What is refused where these rate limits are asked."""
    return (429,) if any(isinstance(one, Limit) for one in limited_by) else ()


SIGNED_IN: Final = "whoever is signed in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An example of an action, and who may do it.

    who        whom it is for; who says nothing must be signed in
    open       whether it answers without a token
    path       what stands in the address, by the parameter's name; "1" unless it is said
    query      what stands behind the question mark, by the parameter's name; all of it is needed
    takes      the JSON that is sent; members in `optional` may be left out
    gives      the JSON that is answered; members in `perhaps` may be missing or null,
                and those in `loose` have members of any kind
    one, many  instead of `gives`: the type of the resource or resources that are answered
    fields     the attributes that are answered, where not all of them are
    creates, changes, removes  instead of `takes`: the type of the resource that this is done to
    status     of the answer, and `refuses` those of errors
    media_type what is answered where no JSON is shown, and `others` what else may be
    carries    which token the request carries
    """

    who: str = SIGNED_IN
    open: bool = False
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    takes: Any = None
    optional: tuple[str, ...] = ()
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
    """Decorator: the description of the API shows this of the action. The arguments are Shown's."""

    def keep(run: Run) -> Run:
        SHOWN[run] = Shown(**said)
        return run

    return keep
