"""Signing in to the database with short-lived tokens instead of a password."""

import socket
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.exc import DBAPIError

from chalicelib import aws, db
from chalicelib.settings import settings


def test_a_token_is_for_one_user_at_one_address(environment: pytest.MonkeyPatch) -> None:
    token = aws.database_token("db.example.org", 5432, "open_event")

    asked = parse_qs(urlsplit(f"https://{token}").query)
    assert token.startswith("db.example.org:5432/?")
    assert asked["Action"] == ["connect"]
    assert asked["DBUser"] == ["open_event"]
    assert asked["X-Amz-Expires"] == ["900"]
    assert asked["X-Amz-Signature"]


def _password_sent_to(listener: socket.socket, got: list[bytes]) -> None:
    """As PostgreSQL does, ask whoever comes for a password in plain text, and hang up."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big"))
        got.append(connection.recv(4096))


@pytest.mark.parametrize("iam", [True, False])
def test_the_token_stands_in_for_the_password_where_it_is_wanted(
    environment: pytest.MonkeyPatch, iam: bool
) -> None:
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        asking = threading.Thread(target=_password_sent_to, args=(listener, got))
        asking.start()
        environment.setenv("DATABASE_URL", f"postgresql://open_event:a-password@127.0.0.1:{port}/ours")
        environment.setenv("DB_IAM", str(iam))
        settings.cache_clear()
        db.forget()
        with pytest.raises(DBAPIError), db.transaction() as session:
            db.fetch(session, "SELECT 1")
        asking.join(timeout=10)
    (sent,) = got
    assert (b"X-Amz-Signature=" in sent, b"a-password" in sent) == (iam, not iam)
    if iam:
        assert f"127.0.0.1:{port}/?Action=connect&DBUser=open_event".encode() in sent
