"""`make shell`: a Python console with a context on the running system.

Every line is a savepoint of one transaction: a failing line is rolled back alone. Without WRITE=1 the
transaction is read-only; with it, everything is committed on Ctrl-D or exit(), and rolled back on exit(1).
"""

import code
import os
import sys
from collections.abc import Mapping
from types import CodeType
from typing import Any

from sqlalchemy import func, select

from chalicelib import db, entrypoints
from chalicelib.jsonapi.model.context import Context, open_context
from chalicelib.resources import REGISTRY
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings


class Refused(Exception):
    """The shell was not opened; the text is one line for the user."""


class Console(code.InteractiveConsole):
    """Runs each line in a savepoint."""

    def __init__(self, context: Context) -> None:
        super().__init__({"context": context, "session": context.session, "REGISTRY": REGISTRY})
        self._context = context

    def runcode(self, compiled: CodeType) -> None:
        """Run one line; an exception is shown, and the savepoint rolled back."""
        try:
            with db.savepoint(self._context.session):
                exec(compiled, self.locals)  # noqa: S102 - that is what a shell is for
        except SystemExit:
            raise
        except BaseException:
            self.showtraceback()


def main(wanted: Mapping[str, str]) -> None:
    """Run the console. `wanted` has AS (an email address) and WRITE. Raises Refused, SystemExit."""
    writes = wanted.get("WRITE", "").lower() in {"1", "true", "yes"}
    if not (settings().database_url or settings().database_url_parameter):
        raise Refused("no system is running here: make run starts one")
    if writes and settings().stage == "prod":
        raise Refused("this is prod, where nothing is written by hand: python -m chalicelib.cli has commands")
    entrypoints.import_all()
    user_id = _id_of(wanted["AS"]) if wanted.get("AS") else None
    with open_context(REGISTRY, user_id=user_id, writes=writes, options=settings()) as context:
        try:
            Console(context).interact(_banner(context, writes=writes), exitmsg="")
        except SystemExit as left:
            if left.code:
                raise
    print("committed" if writes else "nothing was written")


def _id_of(email: str) -> int:
    with open_context(REGISTRY, options=settings()) as context:
        wanted = select(User.id).where(func.lower(User.email) == email.lower(), User.deleted_at.is_(None))
        found = context.session.scalar(wanted)
    if found is None:
        raise Refused(f"there is no account with the address {email}")
    return found


def _banner(context: Context, *, writes: bool) -> str:
    who: Any = context.viewer.email or "nobody"
    may = "writing: Ctrl-D commits, exit(1) undoes" if writes else "reading only: WRITE=1 to write"
    return f"stage {settings().stage}, as {who}, {may}\ncontext, session, REGISTRY are here"


if __name__ == "__main__":
    try:
        main(os.environ)
    except (Refused, LookupError) as problem:
        sys.exit(f"make shell: {problem}")
