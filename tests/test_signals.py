"""News is told inside the teller's transaction, and receivers are ready for more of it."""

import threading
from pathlib import Path

import pytest
from blinker import Namespace
from sqlalchemy.orm import Session

from chalicelib import signals
from tests.factories import attributes_of
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump


@pytest.fixture
def session() -> Session:
    """A session that is connected to nothing: signals only hand it on."""
    return Session()


def test_a_receiver_is_given_the_session_and_the_payload(session: Session) -> None:
    heard: list[tuple[Session, dict[str, object]]] = []

    def receiver(session: Session, **payload: object) -> None:
        heard.append((session, payload))

    with signals.temporary_receiver("kettle.boiled", receiver):
        signals.emit(session, "kettle.boiled", id=5, changed=["temperature"])

    assert heard == [(session, {"id": 5, "changed": ["temperature"]})]


def test_a_receiver_that_could_not_bear_new_keys_is_refused_at_once() -> None:
    def narrow(session: Session, *, id: int) -> None: ...

    with pytest.raises(TypeError, match=r"must accept \*\*payload"):
        signals.on("kettle.boiled")(narrow)


def test_a_receiver_that_names_some_keys_is_not_disturbed_by_others(session: Session) -> None:
    heard = []

    def receiver(_session: Session, *, id: int, **_payload: object) -> None:
        heard.append(id)

    with signals.temporary_receiver("kettle.boiled", receiver):
        signals.emit(session, "kettle.boiled", id=5, invented="tomorrow")

    assert heard == [5]


def test_within_silence_nobody_hears_anything(session: Session) -> None:
    heard = []

    def receiver(_session: Session, **payload: object) -> None:
        heard.append(payload)

    with signals.temporary_receiver("kettle.boiled", receiver):
        with signals.muted(), signals.muted():
            signals.emit(session, "kettle.boiled", id=1)
        signals.emit(session, "kettle.boiled", id=2)

    assert heard == [{"id": 2}]


def test_who_begins_to_listen_in_a_silence_hears_until_the_next_one_begins(session: Session) -> None:
    heard = []

    def receiver(_session: Session, **payload: object) -> None:
        heard.append(payload["id"])

    with signals.muted(), signals.temporary_receiver("kettle.boiled", receiver):
        signals.emit(session, "kettle.boiled", id=1)
        with signals.muted():
            signals.emit(session, "kettle.boiled", id=2)
        signals.emit(session, "kettle.boiled", id=3)

    assert heard == [1, 3]


def test_a_silence_ends_with_its_block_also_when_that_raises(session: Session) -> None:
    heard = []

    def receiver(_session: Session, **payload: object) -> None:
        heard.append(payload["id"])

    with signals.temporary_receiver("kettle.boiled", receiver):
        with pytest.raises(LookupError), signals.muted():
            raise LookupError
        signals.emit(session, "kettle.boiled", id=1)

    assert heard == [1]


def test_the_silence_of_one_thread_is_not_that_of_another(session: Session) -> None:
    heard = []

    def receiver(_session: Session, **payload: object) -> None:
        heard.append(payload["who"])

    def other() -> None:
        signals.emit(session, "kettle.boiled", who="the other one")
        with signals.muted():
            signals.emit(session, "kettle.boiled", who="the other one, silent")

    with signals.temporary_receiver("kettle.boiled", receiver), signals.muted():
        signals.emit(session, "kettle.boiled", who="this one, silent")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert heard == ["the other one"]


def test_nothing_follows_in_a_test_that_does_not_ask_for_it(client: Client, database: TestDatabase) -> None:
    """As in every test without `pump` or `signals_on`: see tests/conftest.py."""
    assert client.post("/v1/users", document("user", attributes_of("user"))).status == 201

    assert database.one("SELECT count(*) FROM outbox") == 0


@pytest.mark.usefixtures("signals_on")
def test_what_follows_is_there_in_a_test_that_asks_for_signals(
    client: Client, database: TestDatabase
) -> None:
    assert client.post("/v1/users", document("user", attributes_of("user"))).status == 201

    assert database.rows("SELECT task FROM outbox") == [{"task": "send_verification_mail"}]


def test_what_follows_is_delivered_in_a_test_that_asks_for_the_pump(client: Client, pump: Pump) -> None:
    sent = attributes_of("user")
    assert client.post("/v1/users", document("user", sent)).status == 201
    pump.everything()

    assert [mail["to"] for mail in pump.mails()] == [[sent["email"]]]


def test_one_signal_is_not_heard_as_another(session: Session) -> None:
    heard = []

    def receiver(_session: Session, **payload: object) -> None:
        heard.append(payload)

    with signals.temporary_receiver("kettle.boiled", receiver):
        signals.emit(session, "kettle.cooled", id=1)

    assert heard == []


def test_an_exception_of_a_receiver_reaches_the_teller(session: Session) -> None:
    def receiver(_session: Session, **_payload: object) -> None:
        raise LookupError("the cup is missing")

    with signals.temporary_receiver("kettle.boiled", receiver), pytest.raises(LookupError, match="cup"):
        signals.emit(session, "kettle.boiled", id=1)


@pytest.mark.usefixtures("signals_on")
def test_receivers_whose_import_has_failed_are_imported_by_the_next_signal(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else the change would be made, and nothing would follow from it."""
    monkeypatch.setattr(signals, "_signals", Namespace())
    monkeypatch.setattr(signals, "_expected", {})
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "late_receivers.py").write_text(
        "from chalicelib import signals\n"
        "if not hasattr(signals, 'is_well'):\n"
        "    raise OSError('too many open files')\n"
        "@signals.on('kettle.refilled')\n"
        "def note(session, *, heard, **payload):\n"
        "    heard.append('refilled')\n"
    )
    heard: list[str] = []
    signals.expect({"kettle.refilled": ["late_receivers"]})

    with pytest.raises(OSError, match="too many"):
        signals.emit(session, "kettle.refilled", heard=heard)
    monkeypatch.setattr(signals, "is_well", True, raising=False)
    signals.emit(session, "kettle.refilled", heard=heard)

    assert heard == ["refilled"]
