"""What a rate limit is: a name with its setting, what one counter is for, and which requests count.

A counter is kept under a keyed digest, so that the table tells no address and no recipient.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from chalicelib.auth import tokens
from chalicelib.rates import Rate
from chalicelib.settings import settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request tells before any work is done. `account` is the id that its token names, unchecked.

    `source` is the address that API Gateway saw, or empty; `path` has the parameters of the address;
    `body` is the JSON that was sent, or None where it cannot be read.
    """

    account: int | None = None
    source: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


# What a counter is for: a text, or None where the limit does not concern this request.
Scope = Callable[[Asked], str | None]


class Counts(Enum):
    """Which requests count: all, those that are done, or those that miss (a wrong password, say)."""

    ALL = auto()
    DONE = auto()
    MISSED = auto()


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate limit. Its rate is the setting limit_<name>.

    by       what one counter is for: all of these together
    counts   which requests count in the end
    what     what there was too much of, as a sentence begins
    member   what the error points at in the body; else it is the Authorization header, or the whole body
    misses   for Counts.MISSED: whether an error (status, pointer) is such a miss
    """

    name: str
    by: tuple[Scope, ...]
    what: str
    counts: Counts = Counts.ALL
    member: str = ""
    misses: Callable[[int, str], bool] = lambda _status, _pointer: True

    @property
    def rate(self) -> Rate:
        """How many in how much time, as it is set."""
        rate: Rate = getattr(settings(), f"limit_{self.name}")
        return rate

    def counter(self, *values: str) -> "Counter":
        """The counter for these values of its scopes."""
        return Counter(self, _digest("\n".join((self.name, *values))), self.rate)


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter of a limit, under the key by which it is stored."""

    limit: Limit
    key: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Exempt:
    """Stands where a limit would: this needs none, for the `reason` that is given."""

    reason: str


LimitedBy = Iterable[Limit | Exempt]


def counters_of(limited_by: LimitedBy, asked: Asked) -> list[Counter]:
    """The counters that a request meets, each once, in the order in which they are locked."""
    if not settings().limits:
        return []
    found = {one.key: one for one in _concerned(limited_by, asked)}
    return [found[key] for key in sorted(found)]


def _concerned(limited_by: LimitedBy, asked: Asked) -> Iterator[Counter]:
    for limit in limited_by:
        if isinstance(limit, Exempt) or not limit.rate.number:
            continue
        values = [scope(asked) for scope in limit.by]
        if None not in values:
            yield limit.counter(*(value for value in values if value is not None))


def _digest(text: str) -> str:
    # Keyed, because there are few enough addresses to try them all.
    secret = next(iter(tokens.keys().values()))
    return hmac.new(secret.encode(), f"limit {text}".encode(), hashlib.sha256).hexdigest()[:32]
