"""The API by way of a pooler: the same answers, and nothing that needs a session of its own."""

import threading

import pytest

from chalicelib import db, migrate, tasks
from chalicelib.migrate import NotMigrated
from chalicelib.settings import settings
from devstack import pooler as poolers
from devstack.aws_stand_in import Resources
from devstack.pooler import Pooler
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import attributes
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.pooler.conftest import Connect
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.support.servers import DatabaseServer
from tests.tasks.messages import received
from tests.tasks.test_mail_ledger import ask_for_test_mail


def by_pooler() -> bool:
    connection = db.engine().raw_connection()
    try:
        return bool(connection.driver_connection.is_pooled)  # type: ignore[union-attr]
    finally:
        connection.close()


def test_an_event_is_written_read_changed_sold_and_deleted(client: Client, pooled: TestDatabase) -> None:
    owner, buyer = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner, state="published")
    ticket = stored(make_ticket, event=event, quantity=3)
    signed_in = client.signed_in_as(owner)
    new = document("session", {**attributes(), "title": "Pools"}, event=("event", event))
    key = {"Idempotency-Key": "once"}
    made = signed_in.with_headers(key).post("/v1/sessions", new)
    assert made.status == 201
    assert signed_in.with_headers(key).post("/v1/sessions", new).data["id"] == made.data["id"]
    for title in ("Pools of connections", "Pools"):
        sent = document("session", {"title": title}, int(made.data["id"]))
        assert signed_in.patch(f"/v1/sessions/{made.data['id']}", sent).data["attributes"]["title"] == title
    listed = signed_in.get(f"/v1/events/{event.id}/sessions?include=event&sort=title&page[size]=5")
    assert (listed.status, listed.json["meta"]["count"]) == (200, 1)
    wanted = {"tickets": [{"id": ticket.id, "quantity": 2}]}
    ordered = client.signed_in_as(buyer).post(
        "/v1/orders/create-order", wanted, content_type="application/json"
    )
    assert ordered.status == 200, ordered.text
    again = client.signed_in_as(owner).post(
        "/v1/orders/create-order", wanted, content_type="application/json"
    )
    assert again.status == 409, "one place is left"
    assert pooled.one("SELECT count(*) FROM attendees") == 2
    assert signed_in.delete(f"/v1/sessions/{made.data['id']}").status == 200
    assert by_pooler()


def test_answers_are_the_same_as_without(
    client: Client, database: TestDatabase, pooler: Pooler, environment: pytest.MonkeyPatch
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, state="published")
    paths = [
        "/v1/events",
        f"/v1/events/{event.id}?include=tickets,sessions",
        "/v1/users",
        "/v1/events/0",
        "/v1/tickets?sort=x",
    ]
    everybody = [client, client.signed_in_as(owner), client.signed_in_as(stored(make_user, is_admin=True))]

    def answers() -> list[tuple[int, str]]:
        replies = [viewer.get(path) for viewer in everybody for path in paths for _ in range(2)]
        return [(reply.status, reply.text) for reply in replies]

    directly = answers()
    environment.setenv("DATABASE_URL", pooler.url(database.requests_url))
    db.forget()
    settings.cache_clear()
    assert answers() == directly
    assert by_pooler()


def test_a_request_that_gets_no_connection_is_told_to_come_back(
    client: Client, pooled: TestDatabase, connect: Connect
) -> None:
    event = stored(make_event, state="published", owner=(owner := stored(make_user)))
    holder = connect(url=pooled.requests_url)
    holder.run("SELECT $1::int", [1], begin=True)
    sent = document("event", {"name": "Later"}, event.id)
    for reply in (
        client.get(f"/v1/events/{event.id}"),
        client.signed_in_as(owner).patch(f"/v1/events/{event.id}", sent),
    ):
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert reply.errors[0]["detail"] == "The database is busy; try again."
    holder.rollback()
    assert (
        client.signed_in_as(owner).patch(f"/v1/events/{event.id}", sent).data["attributes"]["name"] == "Later"
    )


def test_a_mail_needs_a_second_connection_and_waits_for_it_without_a_failure(
    pooled: TestDatabase,
    pump: Pump,
    stand_in: Resources,
    database_server: DatabaseServer,
    environment: pytest.MonkeyPatch,
) -> None:
    ask_for_test_mail()
    event = received(stand_in)
    for _ in range(2):
        assert len(tasks.run(event)["batchItemFailures"]) == 1
    assert pooled.one("SELECT attempts FROM outbox WHERE task LIKE '%mail%'") == 0
    assert pump.mails() == []
    with poolers.running(database_server.url, connections=2) as larger:
        environment.setenv("DATABASE_URL", larger.url(pooled.requests_url))
        db.forget()
        settings.cache_clear()
        assert tasks.run(event)["batchItemFailures"] == []
        assert len(pump.mails()) == 1


def test_a_migration_by_way_of_a_pooler_is_refused(
    pooled: TestDatabase, pooler: Pooler, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("MIGRATION_DATABASE_URL", pooler.url(pooled.url))
    settings.cache_clear()
    with pytest.raises(NotMigrated, match="leads to a connection pooler"):
        migrate.run()
    assert migrate.run(dry_run=True)["applied"] == []
    environment.setenv("MIGRATION_DATABASE_URL", pooled.url)
    settings.cache_clear()
    assert migrate.run()["applied"] == []


def test_twenty_clients_share_two_connections(
    pooled: TestDatabase, database_server: DatabaseServer, connect: Connect
) -> None:
    pooled.run("CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL)")
    pooled.run("INSERT INTO counters SELECT n, 0 FROM generate_series(0, 4) n")
    with poolers.running(database_server.url, connections=2) as small:
        clients = [connect(small) for _ in range(20)]
        wrong: list[object] = []
        servers: set[int] = set()

        def work(number: int) -> None:
            client = clients[number]
            for turn in range(20):
                server = client.enqueue(
                    "SELECT pg_backend_pid(), set_config('lock_timeout', '9s', true)", begin=True
                )
                client.run("UPDATE counters SET n = n + $2 WHERE id = $1", [number % 5, 1], begin=True)
                told = client.run(f"SELECT $1::int + {number}", [turn], begin=True).rows
                client.commit()
                servers.add(server.rows[0][0])
                if told != [[turn + number]] or client.run("SELECT $1::int", [turn]).rows != [[turn]]:
                    wrong.append((number, turn, told))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(servers) == 2
    assert pooled.rows("SELECT DISTINCT n FROM counters") == [{"n": 80}]
