"""`make shell` opens a context on the system that the environment leads to, and keeps its promises."""

import io
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

import pytest

from chalicelib import db
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.running_system import ROOT

RENAME = "session.get(Event, {id}).name = 'Coffee'"
EVENT = "from chalicelib.resources.events.event.event import Event"


Done = subprocess.CompletedProcess[str]


@pytest.fixture
def shell(environment: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Type these lines, then Ctrl-D: in this process, which has imported all that a shell needs."""

    def shell(*lines: str, **variables: str) -> Done:
        for name, value in variables.items():
            environment.setenv(name, value)
        settings.cache_clear()
        db.forget()
        out, err, code = io.StringIO(), io.StringIO(), None
        environment.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        environment.setattr(sys, "ps1", ">>> ", raising=False)  # Python leaves it behind
        environment.setattr(sys, "ps2", "... ", raising=False)
        with redirect_stdout(out), redirect_stderr(err):
            try:
                runpy.run_module("devstack.shell", run_name="__main__")
            except SystemExit as left:
                code = left.code
                if isinstance(code, str):  # which Python tells when it ends
                    print(code, file=sys.stderr)
        return Done(
            [], code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue()
        )

    return shell


def process(*lines: str, **environment: str) -> Done:
    """The same in a process of its own, as people open it."""
    return subprocess.run(
        [sys.executable, "-m", "devstack.shell"],
        cwd=ROOT,
        input="".join(f"{line}\n" for line in lines),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_context_session_and_nouns_are_there_as_whoever_was_chosen(database: TestDatabase) -> None:
    user = stored(make_user, email="ada@example.org")
    event = stored(make_event, name="Tea", state="draft", owner=user)
    mine = (
        "from chalicelib.jsonapi.http.crud import detail_answer",
        f"print(detail_answer(context, REGISTRY['event'], '{event.id}').status)",
        "print(context.viewer.id, context.session is session)",
    )

    done = process(*mine, AS="Ada@example.org")
    assert "200" in done.stdout, done.stderr
    assert f"{user.id} True" in done.stdout
    assert "as ada@example.org, reading only" in done.stderr
    assert done.stdout.endswith("nothing was written\n")
    nobody = process(*mine)
    assert "There is no event" in nobody.stderr
    assert "None True" in nobody.stdout, "a line that failed undoes itself alone"


def test_it_only_reads_unless_it_may_write(database: TestDatabase, shell: Callable[..., Done]) -> None:
    event = stored(make_event, name="Tea")
    lines = (EVENT, RENAME.format(id=event.id), f"print('it is', session.get(Event, {event.id}).name)")

    done = shell(*lines)

    assert "read-only transaction" in done.stderr
    assert "it is Tea" in done.stdout
    assert database.one("SELECT name FROM events") == "Tea"


@pytest.mark.parametrize(
    ("leaving", "name", "code", "said"),
    [((), "Coffee", 0, "committed"), (("exit()",), "Coffee", 0, "committed"), (("exit(1)",), "Tea", 1, "")],
    ids=["Ctrl-D", "exit()", "exit(1)"],
)
def test_what_it_may_write_is_committed_on_leaving_or_undone(
    database: TestDatabase,
    shell: Callable[..., Done],
    leaving: tuple[str, ...],
    name: str,
    code: int,
    said: str,
) -> None:
    event = stored(make_event, name="Tea")

    done = shell(EVENT, RENAME.format(id=event.id), "1 / 0", *leaving, WRITE="1")

    assert "ZeroDivisionError" in done.stderr
    assert done.returncode == code
    assert said in done.stdout
    assert database.one("SELECT name FROM events") == name


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"AS": "nobody@example.org"}, "there is no account with the address nobody@example.org"),
        ({"AS": "blocked@example.org"}, "may not act"),
        ({"DATABASE_URL": ""}, "no system is running here: make run starts one"),
        ({"STAGE": "prod", "WRITE": "1"}, "nothing is written by hand"),
    ],
)
def test_it_says_in_one_line_why_it_does_not_open(
    database: TestDatabase, shell: Callable[..., Done], variables: dict[str, str], why: str
) -> None:
    stored(make_user, email="blocked@example.org", is_blocked=True)

    done = shell(**variables)

    assert done.returncode == 1
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
