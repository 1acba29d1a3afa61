"""News is told inside the teller's transaction, and receivers are ready for more of it."""

import pytest
from sqlalchemy.orm import Session

from chalicelib import signals


@pytest.fixture
def session() -> Session:
    """A session that is connected to nothing: signals only hand it on."""
    return Session()


def test_a_receiver_is_given_the_session_and_the_payload(session: Session) -> None:
    heard: list[tuple[Session, dict[str, object]]] = []

    def receiver(session: Session, **payload: object) -> None:
        heard.append((session, payload))

    with signals.listening("kettle.boiled", receiver):
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

    with signals.listening("kettle.boiled", receiver):
        signals.emit(session, "kettle.boiled", id=5, invented="tomorrow")

    assert heard == [5]


def test_within_silence_nobody_hears_anything(session: Session) -> None:
    heard = []

    def receiver(_session: Session, **payload: object) -> None:
        heard.append(payload)

    with signals.listening("kettle.boiled", receiver):
        with signals.silent(), signals.silent():
            signals.emit(session, "kettle.boiled", id=1)
        signals.emit(session, "kettle.boiled", id=2)

    assert heard == [{"id": 2}]


def test_one_signal_is_not_heard_as_another(session: Session) -> None:
    heard = []

    def receiver(_session: Session, **payload: object) -> None:
        heard.append(payload)

    with signals.listening("kettle.boiled", receiver):
        signals.emit(session, "kettle.cooled", id=1)

    assert heard == []


def test_an_exception_of_a_receiver_reaches_the_teller(session: Session) -> None:
    def receiver(_session: Session, **_payload: object) -> None:
        raise LookupError("the cup is missing")

    with signals.listening("kettle.boiled", receiver), pytest.raises(LookupError, match="cup"):
        signals.emit(session, "kettle.boiled", id=1)
