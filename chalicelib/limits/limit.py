"""What a rate limit is: a name with its setting, the scope of a counter, and which requests count.

Counters are keyed by an HMAC, so that the table discloses no address and no recipient.
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
class Subject:
    """What is known of a request before any work. `account` is the id in its token, not yet checked in the
    database.

    `source` is the client IP that API Gateway saw, or ""; `path` has the path parameters; `body` is the
    parsed JSON, or None if unreadable. `opens` has the rows of the token's link, where it is one of a link.
    """

    account: int | None = None
    source: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    opens: Mapping[str, int] = field(default_factory=dict)


# The key of a counter within its limit, or None where the limit does not apply to this request.
Scope = Callable[[Subject], str | None]


class Counts(Enum):
    """Which requests count: all, successful ones, or misses (a wrong password, say)."""

    ALL = auto()
    DONE = auto()
    MISSED = auto()


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate limit. Its rate is the setting limit_<name>.

    by       the scopes whose combined values have one counter
    counts   which requests count in the end
    what     what there was too much of, for the message "Too many ..."
    member   JSON pointer of the error; default: the Authorization header, or the whole body
    misses   for Counts.MISSED: whether an error (status, pointer) is a miss
    """

    name: str
    by: tuple[Scope, ...]
    what: str
    counts: Counts = Counts.ALL
    member: str = ""
    misses: Callable[[int, str], bool] = lambda _status, _pointer: True

    @property
    def rate(self) -> Rate:
        """The rate in the settings."""
        rate: Rate = getattr(settings(), f"limit_{self.name}")
        return rate

    def counter(self, *values: str) -> "Counter":
        """The counter for these values of its scopes."""
        return Counter(self, digest("\n".join((self.name, *values))), self.rate)


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter of a limit, with the key under which it is stored."""

    limit: Limit
    key: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Exempt:
    """Marks that no limit is needed, for the `reason` given."""

    reason: str


LimitedBy = Iterable[Limit | Exempt]


def counters_of(limited_by: LimitedBy, subject: Subject) -> list[Counter]:
    """The counters of a request, each once, in lock order."""
    if not settings().limits:
        return []
    by_key = {counter.key: counter for counter in _concerned(limited_by, subject)}
    return [by_key[key] for key in sorted(by_key)]


def _concerned(limited_by: LimitedBy, subject: Subject) -> Iterator[Counter]:
    for limit in limited_by:
        if isinstance(limit, Exempt) or not limit.rate.number:
            continue
        values = [scope(subject) for scope in limit.by]
        if None not in values:
            yield limit.counter(*(value for value in values if value is not None))


def digest(text: str) -> str:
    """The key of a counter, for what it counts."""
    # An HMAC, because IPv4 addresses could all be tried against a plain hash.
    secret = next(iter(tokens.keys().values()))
    return hmac.new(secret.encode(), f"limit {text}".encode(), hashlib.sha256).hexdigest()[:32]
