"""The request context: session (transaction), viewer, request and registry.

It is made once per invocation and passed down explicitly; no global state outlives it.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chalicelib import log
from chalicelib.auth import viewer as viewers
from chalicelib.auth.viewer import Kind, Viewer
from chalicelib.jsonapi.ground.errors import unauthorized
from chalicelib.jsonapi.ground.options import DEFAULTS, Options
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.resource import Registry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Outcome = TypeVar("Outcome")
_WARNINGS: Final = "warnings"  # of the transaction


class AskFirst(Exception):
    """A third party is to be asked before the transaction can go on. See Context.ask_outside()."""

    def __init__(self, key: str, ask: Callable[[], Any]) -> None:
        super().__init__(key)
        self.key = key
        self.ask = ask


def _no() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Context:
    """The context of one request, immutable; use acting_as() or asking() for a changed copy."""

    session: "Session"
    viewer: Viewer
    request: Request
    registry: Registry
    # Whether the transaction may end with the answer's own statement: nothing is written after it, and
    # whoever asks is known to be who they were taken for.
    may_commit: Callable[[], bool] = _no
    # What third parties have answered to this request, by key.
    told: Mapping[str, Any] = field(default_factory=dict)

    def ask_outside(self, key: str, ask: Callable[[], Outcome]) -> Outcome:
        """What `ask` returns, which talks to a third party: it is called while no transaction is open.

        The first time this ends the transaction without effect; `ask` is called, and the whole request is
        repeated, rights included. So call it once everything else is checked; the key says what is asked,
        and is the same in each repetition. What `ask` raises ends the request. RuntimeError in a GET that is
        not declared to act.
        """
        if self.session.info.get("only_reads"):
            raise RuntimeError("a GET asks a third party: it must be declared with acts=True")
        if key not in self.told:
            raise AskFirst(key, ask)
        outcome: Outcome = self.told[key]
        return outcome

    def collect_warnings(self) -> None:
        """From now on hooks may say of what is written that it is allowed, and yet may be a mistake."""
        self.session.info[_WARNINGS] = []

    @property
    def wants_warnings(self) -> bool:
        """Whether warnings get into the answer; nobody reads those of an import or a task."""
        return _WARNINGS in self.session.info

    def warn(self, warning: Mapping[str, Any]) -> None:
        """Put it into `meta.warnings` of the answer, if that has them."""
        if self.wants_warnings:
            self.session.info[_WARNINGS].append(warning)

    @property
    def warnings(self) -> Sequence[Mapping[str, Any]]:
        """What hooks have warned of."""
        warnings: Sequence[Mapping[str, Any]] = self.session.info.get(_WARNINGS, ())
        return warnings

    def demand_account(self) -> int:
        """The id of the viewer's account. Raises Problem 401 for an anonymous viewer."""
        if self.viewer.id is None:
            raise unauthorized()
        return self.viewer.id

    def demand_identity(self) -> None:
        """Raise Problem 401 for an anonymous viewer: one with neither an account nor a link's token."""
        if self.viewer.kind is Kind.NOBODY:
            raise unauthorized()

    def acting_as(self, viewer: Viewer) -> "Context":
        """A copy for another viewer, in the same transaction."""
        return self if viewer is self.viewer else self._copy(viewer, self.request)

    def showing(self, kind: str, secret: str) -> "Context":
        """A copy whose request contains this secret too (rights/proofs.py), as the links of its answer do."""
        return self.acting_as(replace(self.viewer, proofs={**self.viewer.proofs, kind: secret}))

    def committing_when(self, may_commit: Callable[[], bool]) -> "Context":
        """A copy whose transaction may end with the answer's own statement, if `may_commit()` by then."""
        return Context(self.session, self.viewer, self.request, self.registry, may_commit, self.told)

    def at(self, path: tuple[str, ...]) -> "Context":
        """A copy with another path of the request, in the same transaction."""
        return self._copy(self.viewer, self.request.at(path))

    def asking(self, **changes: Any) -> "Context":
        """A copy with fields of the request replaced, such as query or path, in the same transaction."""
        return self._copy(self.viewer, replace(self.request, **changes))

    def _copy(self, viewer: Viewer, request: Request) -> "Context":
        """As dataclasses.replace() makes one, in a third of its time."""
        return Context(self.session, viewer, request, self.registry, self.may_commit, self.told)

    @property
    def request_id(self) -> str:
        """The request id in the log entries of this invocation and of the tasks that follow from it."""
        return self.request.id

    @property
    def seconds_left(self) -> float:
        """Seconds until this process is stopped; infinite where nothing limits it."""
        return self.request.seconds_left()


@contextmanager
def open_context(
    registry: Registry, *, user_id: int | None = None, writes: bool = False, options: Options = DEFAULTS
) -> Iterator[Context]:
    """A context without a request: for a shell, a script, a test.

    The viewer is the user, or anonymous. With `writes` the transaction is committed at the end of the block,
    unless an exception is raised; without, it is read-only. Raises LookupError for a blocked, deleted or
    unknown account.
    """
    from chalicelib.db import transaction  # lazy: a cold read needs no SQLAlchemy

    request = Request("GET", (), id=str(uuid.uuid4()), options=options)
    with log.traced(request.id), transaction(only_reads=not writes) as session:
        viewer = viewers.NOBODY if user_id is None else viewers.load(session, user_id)
        if viewer is None:
            raise LookupError(f"The account {user_id} may not act: it is unknown, blocked or deleted.")
        yield Context(session, viewer, request, registry)
