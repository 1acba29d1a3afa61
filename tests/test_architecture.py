"""The rules of the house hold, and each of them is noticed when it is broken."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.architecture import violations
from devstack.architecture_names import GLOSSARY, refused_names
from devstack.architecture_places import LONGEST_FILE, LONGEST_FUNCTION, LONGEST_NOUN

ROOT = Path(__file__).resolve().parent.parent
NOUN = "chalicelib/resources/events/faq.py"
RULES = "chalicelib/resources/orders/attendee/rules.py"  # attendee.py imports it
MODEL = "chalicelib/jsonapi/model/relation.py"  # resource.py imports it, and context.py imports that
TO_ITSELF = r" of imports: (chalicelib\.jsonapi\.model\.relation) → .* → \1$"
ATTENDEE = "chalicelib.resources.orders.attendee.attendee"
CIRCLE = r"circle.*attendee\.rules → .*attendee\.attendee → .*attendee\.rules"
VISIBLE = r"who sees an event is told by its policy"
OPENING = '"""A file that breaks a rule."""\n'


class Copy:
    """A copy of the project's own source; what a test writes into it is undone after the test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._before: dict[Path, str | None] = {}

    def append(self, file: str, text: str) -> tuple[Path, str]:
        """Add a text to a file, or to a new one that opens as a module does: the path and what was there."""
        path = self.root / file
        before = path.read_text() if path.exists() else None
        self._before.setdefault(path, before)
        path.parent.mkdir(exist_ok=True)
        path.write_text((OPENING if before is None else before) + text)
        return path, OPENING if before is None else before

    def undo(self) -> None:
        """Have the files as they were."""
        for path, before in self._before.items():
            if before is None:
                path.unlink()
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
            else:
                path.write_text(before)
        self._before.clear()


@pytest.fixture(scope="module")
def whole_copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    root = tmp_path_factory.mktemp("copy")
    for name in ("chalicelib", "devstack"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", root)
    return Copy(root)


@pytest.fixture
def copy(whole_copy: Copy) -> Iterator[Copy]:
    """A copy of the project's own source."""
    yield whole_copy
    whole_copy.undo()


def test_the_rules_hold() -> None:
    assert [str(violation) for violation in violations(ROOT)] == []


@pytest.mark.parametrize(
    ("file", "line", "rule"),
    [
        ("chalicelib/auth/new.py", "import app", "nothing imports app.py"),
        ("chalicelib/entrypoints.py", "from app import app", "nothing imports app.py"),
        ("chalicelib/auth/new.py", "from chalicelib.resources.events.faq import Faq", "machinery .* nouns"),
        ("chalicelib/log.py", "from chalicelib import signals", "ground .* machinery"),
        ("chalicelib/tasks/new.py", "from chalicelib import entrypoints", "verbs .* entrypoints"),
        (NOUN, "from chalicelib.tasks import registry", "nouns .* verbs"),
        (NOUN, "from chalicelib import tasks", "nouns .* verbs"),
        (NOUN, "def f(): import chalicelib.actions", "nouns .* verbs"),
        (NOUN, "from ...tasks import registry", "nouns .* verbs"),
        (MODEL, "from chalicelib.jsonapi.write import rows", "engine's .* model .* write"),
        (MODEL, "from chalicelib.jsonapi.rights.compiler import Compiler", "engine's .* model .* rights"),
        (MODEL, "from chalicelib.jsonapi import http", "engine's .* model .* http"),
        (MODEL, "def f(): import chalicelib.jsonapi.read.find", "engine's .* model .* read"),
        (MODEL, "if TYPE_CHECKING: from ..query.parse import Query", "engine's .* model .* query"),
        (MODEL, "from chalicelib.settings import settings", "the engine reads no settings"),
        (MODEL, "def f(): from chalicelib.settings import settings", "the engine reads no settings"),
        (MODEL, "X = 'event'", "the engine knows no 'event'"),
        ("chalicelib/jsonapi/novelty.py", "", "on no floor of the engine"),
        ("chalicelib/jsonapi/novel/ty.py", "", "on no floor of the engine"),
        (MODEL, "if TYPE_CHECKING: from chalicelib.jsonapi.model import resource", f"circle{TO_ITSELF}"),
        (MODEL, "def f(): from chalicelib.jsonapi.model.context import Context", f"circle{TO_ITSELF}"),
        (RULES, "from chalicelib.resources.orders.attendee.attendee import Attendee", CIRCLE),
        (RULES, "class A:\n    import chalicelib.resources.orders.attendee.attendee", CIRCLE),
        (RULES, f"if TYPE_CHECKING: from {ATTENDEE} import Attendee", CIRCLE),
        ("chalicelib/clock.py", "from chalicelib import log", "circle of imports"),
        ("chalicelib/auth/new.py", "def f(): import jwt", "# lazy"),
        ("chalicelib/auth/new.py", "def f():\n    import jwt  # it is slow", "# lazy"),
        ("chalicelib/auth/new.py", "def f():\n    import jwt  # lazy:", "# lazy"),
        ("chalicelib/auth/new.py", "class A:\n    def f(self):\n        if self: import jwt", "# lazy"),
        ("chalicelib/auth/new.py", "async def f():\n    try: f()\n    finally: import jwt", "# lazy"),
        ("app.py", "def f():\n    import jwt  # lazy: 75 ms\n    f()\n    import json", "# lazy"),
        (NOUN, "from chalicelib.resources.events.event.event import EventSchema", "EventSchema belongs to"),
        (NOUN, "from chalicelib.resources.events.event.event import EVENT", "EVENT belongs to"),
        (NOUN, "from chalicelib.resources.events.event import event as e; e.EVENT", "EVENT belongs to"),
        ("chalicelib/tasks/new.py", "import os; os.environ['HOME']", "chalicelib.settings only"),
        ("chalicelib/tasks/new.py", "from os import environ", "chalicelib.settings only"),
        ("chalicelib/tasks/new.py", "import os; os.getenv('HOME')", "chalicelib.settings only"),
        ("chalicelib/tasks/new.py", "def f(): import boto3", "boto3 is imported in chalicelib.aws only"),
        ("chalicelib/tasks/new.py", "from botocore.config import Config", "chalicelib.aws only"),
        ("chalicelib/tasks/new.py", "import aws_xray_sdk.core", "chalicelib.telemetry only"),
        ("chalicelib/tasks/new.py", "def f(session): session.commit()", "only chalicelib.db commits"),
        (
            "chalicelib/tasks/new.py",
            "@app.on_sqs_message(queue='q')\ndef f(event): ...",
            "declared in app.py",
        ),
        ("chalicelib/tasks/new.py", "@blue.route('/x')\ndef f(): ...", "declared in app.py"),
        ("chalicelib/tasks/new.py", "import devstack.pump", "devstack is not part of the product"),
        ("app.py", "from tests.support import pump", "tests is not part of the product"),
        ("chalicelib/tasks/new.py", "from chalicelib import aws; QUEUE = aws.sqs()", "at import"),
        ("chalicelib/tasks/new.py", "from chalicelib import db; ENGINE = db.engine()", "at import"),
        ("chalicelib/tasks/new.py", "class A:\n    stage = settings().stage", "at import"),
        ("chalicelib/tasks/new.py", "def f(url=settings().web_url): ...", "at import"),
        ("chalicelib/tasks/new.py", "X = \"status IN ('placed')\"", "states of orders are named in"),
        ("chalicelib/tasks/new.py", "X = {'pending', 'completed'}", "sets of states of orders"),
        ("chalicelib/tasks/new.py", "X = ['can_pay_by_bank']", "payment modes and their switches"),
        (
            "chalicelib/actions/new.py",
            "X = 'SELECT 1 FROM events event WHERE event.deleted_at IS NULL'",
            VISIBLE,
        ),
        (
            "chalicelib/actions/new.py",
            "X = 'SELECT 1 FROM events WHERE id = $1 AND deleted_at IS NULL'",
            VISIBLE,
        ),
        ("chalicelib/actions/new.py", "X = f\"{t}.state = 'published'\"", VISIBLE),
        ("chalicelib/actions/new.py", "X = \"SELECT 1 FROM events WHERE privacy = 'public'\"", VISIBLE),
        ("chalicelib/actions/new.py", "X = 'SELECT 1 FROM users_events_roles WHERE user_id = $1'", VISIBLE),
        ("chalicelib/resources/orders/basket/statement.py", "X = 'AND event.deleted_at IS NULL'", VISIBLE),
        ("chalicelib/novelty.py", "", "is on no floor"),
        ("chalicelib/auth/utils.py", "", "says nothing"),
        ("chalicelib/auth/new.py", "x = 1\n" * LONGEST_FILE, f"a file ends by line {LONGEST_FILE}"),
        (NOUN, "x = 1\n" * LONGEST_NOUN, f"a file ends by line {LONGEST_NOUN}"),
        ("chalicelib/auth/new.py", "def f():\n" + "    f()\n" * LONGEST_FUNCTION, "a function fits a screen"),
        ("chalicelib/resources/events/new.py", "NEW = Resource('talk', New, NewSchema)", "AREA/talk.py"),
        ("chalicelib/resources/talk.py", "TALK = Resource('talk', Talk, TalkSchema)", "AREA/talk.py"),
        ("chalicelib/resources/events/faq_dates.py", "", "belongs to faq alone .* faq/dates.py"),
        ("chalicelib/resources/events/event_dates.py", "", "belongs to event alone .* event/dates.py"),
        (
            NOUN,
            "if TYPE_CHECKING: from chalicelib.jsonapi.model.change import Change",
            "Change costs nothing",
        ),
        (RULES, "POLICY = Policy(see=anyone)", "a policy stands in the file that declares its noun"),
        (NOUN, "class Off: ...", "the name Off is refused .* FalseByDefault"),
        (NOUN, "def organisers_write(): ...", "organisers_write is refused .* organizer"),
        (NOUN, "def f(opened): ...", "the name opened is refused"),
        (NOUN, "def f(x): x.proven = 1", "the name proven is refused .* known_visible"),
        (NOUN, "_gathered = 1", "the name _gathered is refused"),
        (NOUN, "from chalicelib.clock import now as told_by_driver", "told_by_driver is refused"),
        ("chalicelib/tasks/order_letters.py", "", "the name order_letters is refused .* order_mails"),
        (MODEL, "X = [one for one in ()]", "the loop variable one does not say"),
        (RULES, "X = lambda one: one.id", "the loop variable one does not say"),
        (MODEL, "for _, (found, _) in (): ...", "the loop variable found does not say"),
        ("devstack/new.py", "X = {one: 1 for one in ()}", "the loop variable one does not say"),
        ("benchmarks/new.py", "for told in (): ...", "the loop variable told does not say"),
        ("deploy/new.py", "X = lambda wanted: wanted.id", "the loop variable wanted does not say"),
        ("layers/new.py", "X = {asked for asked in ()}", "the loop variable asked does not say"),
    ],
)
def test_a_broken_rule_is_named_with_its_file_and_line(copy: Copy, file: str, line: str, rule: str) -> None:
    path, before = copy.append(file, line + "\n")

    found = violations(copy.root, only=path)

    assert any(re.search(rule, item.rule) for item in found), [str(item) for item in found]
    assert all(1 <= item.line <= len(path.read_text().splitlines()) for item in found)
    if line and "\n" not in line:
        assert found[-1].line == len(before.splitlines()) + 1


def test_a_module_without_an_opening_sentence_is_named(copy: Copy) -> None:
    path, _ = copy.append("chalicelib/auth/silent.py", "")
    path.write_text("x = 1\n")

    assert violations(copy.root, only=path)


@pytest.mark.parametrize(
    "line",
    [
        "from chalicelib.resources.events.event.event import Event",
        "from chalicelib.resources.policies import STAFF_WRITES",
        "from chalicelib import db, signals",
        "def f(): return settings().stage",
        "f = lambda: aws.sqs()",
        "organisation = licence = 1",
        "X = [one_more for one_more in 'organiser']",
        "def f():\n    import jwt  # lazy: 75 ms, and few need it\n    import json\n\n    from chalicelib import db",
    ],
)
def test_what_a_noun_may_do_is_not_refused(copy: Copy, line: str) -> None:
    noun, _ = copy.append(NOUN, line + "\n")

    assert [str(violation) for violation in violations(copy.root, only=noun)] == []


def test_what_the_glossary_names_is_there() -> None:
    """Each file of its last column exists, and has the names behind it."""
    rows = [row.split("|") for row in GLOSSARY.read_text().splitlines() if row.startswith("| ")]
    places = [row[3] for row in rows if len(row) == 5]
    assert len(places) > 60
    for place in places:
        for path, names in re.findall(r"(`?[\w/.-]+(?:\.py|\.md|/)`?)((?:: (?:`\w+`(?:, )?)+)?)", place):
            file = (ROOT / "chalicelib" if path.startswith("`") else ROOT) / path.strip("`")
            assert file.exists(), f"{path} of the glossary is not there"
            for name in re.findall(r"`(\w+)`", names):
                assert re.search(rf"\b{name}\b", file.read_text()), f"{path} has no {name}"


def test_what_the_glossary_says_instead_is_not_refused() -> None:
    for refused in refused_names():
        for name in re.findall(r"\w+[a-z]\b", refused.say):
            assert not any(other.matches(name) for other in refused_names()), f"{name} is refused itself"
