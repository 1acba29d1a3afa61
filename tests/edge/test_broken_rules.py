"""Mutation test of the replay of rights: each rule of sharing, broken on purpose, makes it fail."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from chalicelib import entrypoints  # noqa: F401 - declares what nouns listen to
from chalicelib.resources import REGISTRY
from deploy.edge import RULES, Rules
from tests.edge.replay import Replay, sell_to_guests
from tests.edge.staged import without_people, written_here
from tests.edge.varnish import Asking, in_front_of
from tests.permissions import stage as stages
from tests.permissions.stage import Stage
from tests.support.running_system import RunningSystem
from tests.support.sharing import SHARED

# One that is shared and has more to tell to some, and one that is sold.
_NOUNS = ("session", "ticket")
_THROUGH = "another through the edge|is looked up for"
Headers = dict[str, str]
# What an API with a mistake would say, by what it was asked and what the real one says.
Mistake = Callable[[str, Headers, Headers], Headers]


def none(_path: str, _asked: Headers, said: Headers) -> Headers:
    """What the API says."""
    return said


def shares_what_is_sold(path: str, asked: Headers, said: Headers) -> Headers:
    """The noun ticket is declared as shared."""
    nobody = "authorization" not in asked and "cookie" not in asked
    return {**said, "cache-control": SHARED} if "/tickets" in path and nobody else said


def shares_what_some_see(_path: str, _asked: Headers, said: Headers) -> Headers:
    """Whether somebody is signed in is not looked at."""
    return {**said, "cache-control": SHARED} if said["cache-control"] == "private, no-cache" else said


def forgets_vary(_path: str, _asked: Headers, said: Headers) -> Headers:
    """A cache that is not ours would not know what the answer depends on."""
    return {name: value for name, value in said.items() if name != "vary"}


def keeps_for_a_minute(_path: str, _asked: Headers, said: Headers) -> Headers:
    """A page would be older than allowed."""
    longer = (
        said["cache-control"].replace("s-maxage=10", "s-maxage=60").replace("s-maxage=5,", "s-maxage=60,")
    )
    return {**said, "cache-control": longer}


class _Between(ThreadingHTTPServer):
    """Passes requests on to the API, and changes what it says."""

    daemon_threads = True

    def __init__(self, api: str, mistake: Mistake) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api, self.mistake = urlsplit(api).netloc, mistake

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Between

    def do_GET(self) -> None:
        asked = {name.lower(): value for name, value in self.headers.items()}
        connection = HTTPConnection(self.server.api, timeout=60)
        connection.request(self.command, self.path, headers=asked)
        with connection.getresponse() as answer:
            said = {name.lower(): value for name, value in answer.getheaders()}
            body = answer.read()
        connection.close()
        self.send_response(answer.status)
        for name, value in self.server.mistake(self.path, asked, said).items():
            if name not in {"connection", "transfer-encoding", "content-length", "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system without people and events."""
    with without_people(tmp_path_factory.mktemp("system")) as started:
        yield started


@pytest.fixture(scope="module")
def stages_of(system: RunningSystem) -> list[Stage]:
    """The stage of this system, once it is furnished."""
    return []


@pytest.fixture
def furnished(
    system: RunningSystem, stages_of: list[Stage], environment: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """The people and events, and this process as one that writes to the system's database."""
    with written_here(system, environment):
        if not stages_of:
            stages_of.append(stages.furnish())
            sell_to_guests(stages_of[0].orders.values())
        yield stages_of[0]


def replayed(system: RunningSystem, stage: Stage, directory: Path, rules: Rules, mistake: Mistake) -> Replay:
    with ExitStack() as stack:
        between = stack.enter_context(_Between(system.address, mistake))
        Thread(target=between.serve_forever, daemon=True).start()
        stack.callback(between.shutdown)
        edge = stack.enter_context(in_front_of(between.address, directory, rules, ignores_vary=True))
        dice = random.Random(22)  # noqa: S311 - the same in each run
        replay = Replay(Asking(between.address), Asking(edge.address), dice)
        for noun in _NOUNS:
            replay.read(REGISTRY[noun], stage)
        return replay


def test_nothing_is_found_where_nothing_is_broken(
    system: RunningSystem, furnished: Stage, tmp_path: Path
) -> None:
    replay = replayed(system, furnished, tmp_path, RULES, none)
    assert replay.shared
    assert replay.hits
    assert replay.richer


@pytest.mark.parametrize(
    ("rules", "mistake", "message"),
    [
        pytest.param(rules, mistake, message, id=name)
        for name, rules, mistake, message in (
            ("Authorization is looked up", replace(RULES, credentials=("cookie",)), none, _THROUGH),
            ("cookies are looked up", replace(RULES, credentials=("authorization",)), none, _THROUGH),
            ("Accept is not in the key", replace(RULES, key=()), none, "another through the edge"),
            ("a noun that is sold is shared", RULES, shares_what_is_sold, "not declared as shared"),
            ("who is signed in is not looked at", RULES, shares_what_some_see, "is shared by"),
            ("Vary is missing", RULES, forgets_vary, "does not say what it depends on"),
            ("a page is kept for a minute", RULES, keeps_for_a_minute, "kept"),
        )
    ],
)
def test_each_broken_rule_is_found(
    rules: Rules, mistake: Mistake, message: str, system: RunningSystem, furnished: Stage, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match=message):
        replayed(system, furnished, tmp_path, rules, mistake)
