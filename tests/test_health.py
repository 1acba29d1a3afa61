"""Whether the system is well is told check by check, and what is wrong is named."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from chalicelib import aws, clock, db, health, outbox, revision
from chalicelib.registered import Registered
from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from devstack.database import ROOT
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """No test sees what another one's checks found."""
    health.forget()
    yield
    health.forget()


def found_by(reply: Reply) -> dict[str, dict[str, Any]]:
    """The results by the checker's name."""
    return {result["checker"]: result for result in reply.json["results"]}


def failing(reply: Reply) -> dict[str, str]:
    """What the failing checks say, by name."""
    return {name: result["output"] for name, result in found_by(reply).items() if not result["passed"]}


def ask(client: Client) -> Reply:
    """GET /health-check with nothing remembered."""
    health.forget()
    return client.get("/health-check", headers={"Accept": "*/*"})


def test_a_migrated_system_is_well(client: Client) -> None:
    reply = ask(client)

    assert (reply.status, failing(reply)) == (200, {})
    assert reply.headers["content-type"] == "application/json"
    assert reply.json.keys() == {"status", "timestamp", "hostname", "results"}
    assert reply.json["status"] == "success"
    assert abs(reply.json["timestamp"] - time.time()) < 60
    results = found_by(reply)
    assert results.keys() >= {"database", "models", "migrations", "outbox", "queue", "dead letters", "bucket"}
    for result in results.values():
        assert result.keys() == {"checker", "output", "passed", "timestamp", "expires"}
        assert result["output"].endswith(".")
        assert result["expires"] > result["timestamp"]


def test_a_column_missing_in_the_database_names_the_model(client: Client, database: TestDatabase) -> None:
    database.run("ALTER TABLE faqs DROP COLUMN answer")
    database.run("ALTER TABLE tracks RENAME COLUMN color TO colour")
    reply = ask(client)

    assert (reply.status, reply.json["status"]) == (500, "failure")
    assert failing(reply) == {
        "models": "The database lacks what the code expects: "
        "Faq has no column faqs.answer; Track has no column tracks.color."
    }


def test_a_table_missing_in_the_database_names_the_model(client: Client, database: TestDatabase) -> None:
    database.run("DROP TABLE faqs")

    assert "Faq has no table faqs" in failing(ask(client))["models"]


def test_an_older_revision_is_told_with_both_names(client: Client, database: TestDatabase) -> None:
    database.run("UPDATE alembic_version SET version_num = '2020_01_01_stone_age'")

    assert failing(ask(client)) == {
        "migrations": f"The database is at revision 2020_01_01_stone_age; the code expects {revision.newest()}."
    }


def test_the_code_knows_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")

    heads = ScriptDirectory.from_config(config).get_heads()

    assert heads == [revision.newest()]


def test_code_without_its_migrations_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "newest", lambda: revision.newest(ROOT / "tests"))

    assert failing(ask(client))["migrations"].startswith("The code does not know its revision: there are no")


def test_dead_letters_are_counted(client: Client, stand_in: Resources) -> None:
    aws.sqs().send_message(QueueUrl=stand_in.dead_letters_url, MessageBody="lost")

    assert failing(ask(client)) == {
        "dead letters": "1 messages could not be handled and lie in the dead-letter queue."
    }


def test_messages_that_are_not_sent_for_minutes_are_noticed(
    client: Client, environment: pytest.MonkeyPatch, stand_in: Resources, pump: Pump
) -> None:
    environment.setenv("TASKS_QUEUE_URL", "")
    settings.cache_clear()
    with db.transaction() as session:
        outbox.add(session, "send_verification_mail", {"user_id": 1})
    environment.setenv("TASKS_QUEUE_URL", stand_in.tasks_url)
    settings.cache_clear()

    with clock.shifted(timedelta(minutes=4)):
        assert ask(client).status == 200
    with clock.shifted(timedelta(minutes=6)):
        assert failing(ask(client))["outbox"].startswith("1 messages wait to be sent, the oldest for 36")
        pump.tick("sweep_outbox")
        assert ask(client).status == 200


def test_tasks_that_are_sent_and_not_done_are_noticed(client: Client) -> None:
    with db.transaction() as session:
        outbox.add(session, "send_verification_mail", {"user_id": 1})

    with clock.shifted(timedelta(minutes=50)):
        assert ask(client).status == 200
    with clock.shifted(timedelta(minutes=70)):
        output = failing(ask(client))["queue"]
    assert output.startswith(
        "1 messages are in the queue, and 0 more are not due yet; 1 tasks are sent and not done"
    )
    assert "the oldest for 42" in output


def test_however_much_is_delayed_on_purpose_the_queue_is_well(
    client: Client, stand_in: Resources, request: pytest.FixtureRequest
) -> None:
    later = [{"Id": str(n), "MessageBody": "later", "DelaySeconds": 600} for n in range(10)]
    aws.sqs().send_message_batch(QueueUrl=stand_in.tasks_url, Entries=later)  # type: ignore[arg-type]
    events, call = aws.sqs().meta.events, "after-call.sqs.GetQueueAttributes"
    events.register(call, _a_million_for_ten)
    request.addfinalizer(lambda: events.unregister(call, _a_million_for_ten))
    reply = ask(client)
    assert (reply.status, failing(reply)) == (200, {})
    output = found_by(reply)["queue"]["output"]
    assert output.startswith("0 messages are in the queue, and 1000000 more are not due yet; 0 tasks")


def _a_million_for_ten(parsed: dict[str, Any], **_: object) -> None:
    """Ten messages count as a million: for each one more, the stand-in counts all of them anew."""
    for name, count in parsed["Attributes"].items():
        parsed["Attributes"][name] = str(int(count) * 100_000)


def test_orders_that_are_to_expire_later_are_not_underway(client: Client) -> None:
    with db.transaction() as session:
        outbox.add(session, "send_verification_mail", {"user_id": 1}, delay=15 * 60)
    assert outbox.relay() == 1

    assert "0 tasks are sent and not done" in found_by(ask(client))["queue"]["output"]
    with clock.shifted(timedelta(minutes=50)):
        assert ask(client).status == 200


def test_a_database_out_of_reach_is_said_without_secrets(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("DATABASE_URL", "postgresql://ada:earl-grey@127.0.0.1:9/tea")
    settings.cache_clear()
    db.forget()

    reply = ask(client)

    assert reply.status == 500
    assert failing(reply).keys() >= {"database", "models", "migrations", "outbox"}
    assert failing(reply)["database"] == "The check could not be made: InterfaceError."
    assert not [secret for secret in ("ada", "earl-grey", "127.0.0.1") if secret in reply.text]


def test_a_bucket_or_queue_out_of_reach_is_said(client: Client, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BUCKET", "no-such-bucket")
    environment.setenv("TASKS_QUEUE_URL", settings().tasks_queue_url + "-gone")
    settings.cache_clear()

    assert failing(ask(client)).keys() == {"bucket", "queue"}


def test_an_answer_is_kept_until_it_expires(client: Client, database: TestDatabase) -> None:
    first = found_by(ask(client))
    database.run("ALTER TABLE faqs DROP COLUMN answer")

    again = found_by(client.get("/health-check"))
    assert again == first
    with clock.shifted(timedelta(seconds=31)):
        later = client.get("/health-check")
    assert later.status == 500
    assert found_by(later)["models"]["timestamp"] > first["models"]["timestamp"]
    assert found_by(later)["bucket"] == first["bucket"], "this one holds for a minute"


def test_a_token_makes_no_difference_not_even_a_bad_one(client: Client, database: TestDatabase) -> None:
    assert ask(client.signed_in_as("no token at all")).status == 200
    assert ask(client.signed_in_as(12345)).status == 200


def test_all_models_are_read_in_a_constant_number_of_round_trips(client: Client) -> None:
    from sqlalchemy import event

    statements = []
    event.listen(db.engine(), "before_cursor_execute", lambda *given: statements.append(given[2]))
    health.CHECKS["models"].look()

    assert len(statements) <= 2


def test_the_probe_looks_anew_and_writes_one_metric_per_check(
    database: TestDatabase, pump: Pump, capsys: pytest.CaptureFixture[str]
) -> None:
    pump.tick("probe_health")
    database.run("ALTER TABLE faqs DROP COLUMN answer")
    capsys.readouterr()
    pump.tick("probe_health")

    captured = capsys.readouterr()
    metrics = [json.loads(line) for line in captured.out.splitlines()]
    assert {metric["check"]: metric["Healthy"] for metric in metrics} == {
        name: int(name != "models") for name in health.CHECKS
    }
    assert all(
        metric["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] == "Healthy" for metric in metrics
    )
    assert "Faq has no column" in captured.err


def test_others_may_add_checks_but_not_twice_by_one_name(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECKS", Registered(health.CHECKS))

    @health.check("kettle", seconds=5)
    def kettle() -> str:
        raise health.Unwell("There is no water in the kettle.")

    assert failing(ask(client)) == {"kettle": "There is no water in the kettle."}
    with pytest.raises(ValueError, match="two health checks named kettle"):
        health.check("kettle")(kettle)
