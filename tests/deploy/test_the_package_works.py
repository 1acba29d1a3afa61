"""The packaged code at work, in AWS's own runtime client: what is deployed is what was tested.

Nothing of this checkout is importable there: a file that is missing from the zip, or an import of
something that Lambda does not have, fails these tests.
"""

import json
import re
import uuid
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from urllib.request import Request, urlopen

import pytest
from sqlalchemy.engine import make_url

from chalicelib.health import CHECKS
from deploy.artefacts import Artefacts
from devstack import aws_stand_in, database, pump
from tests.deploy.given import FUNCTIONS, PLAIN, resolved
from tests.deploy.package_world import World, all_attendees_arrive_in_one_answer
from tests.deploy.packaged import fingerprint, pythons, running, unpack
from tests.deploy.test_policies import BUCKET, INCOMING, MEDIA, RESULTS, SENT, allowed
from tests.support.servers import DatabaseServer
from tests.uploads import samples

KEYS = "packaged:" + "k" * 40
GIVEN = {**PLAIN, "MigrationDatabaseUrlParameter": "/ours/owner-url"}
# What a call of boto3 needs: its action, and for objects where they lie.
ACTIONS = {
    "HeadObject": "s3:GetObject",
    "CopyObject": "s3:PutObject",
    "HeadBucket": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "SendMessageBatch": "sqs:SendMessage",
}
# The form with which a client sends a file is signed by a function that must hold the right: the client uses it.
# What the functions may do and did not do here, and why they may.
UNSEEN = {
    ("ApiRole", "s3:GetObject"): "signs the addresses of files that tasks have made",
    ("TasksRole", "sqs:ReceiveMessage"): "Lambda's poller takes messages in the function's name",
    ("TasksRole", "sqs:DeleteMessage"): "Lambda's poller deletes them",
    ("TasksRole", "sqs:GetQueueAttributes"): "Lambda's poller asks for it",
    ("TasksRole", "s3:DeleteObject"): "an older rendition makes way for a newer one",
    ("TasksRole", "sqs:ChangeMessageVisibility"): "a task that failed is given back, to be tried again later",
    ("FilesRole", "s3:ListBucket"): "without it a missing object is answered as forbidden",
}


@pytest.fixture(params=pythons(), ids=lambda python: Path(python).name)
def world(
    request: pytest.FixtureRequest,
    packages: dict[str, Artefacts],
    translated: dict[str, Any],
    database_server: DatabaseServer,
    aws_endpoint: str,
    tmp_path: Path,
) -> Iterator[World]:
    """Every function of the package runs, and nothing has happened yet."""
    unpacked = unpack(packages["prod"], tmp_path / "lambda", request.param)
    aws_stand_in.reset(aws_endpoint)
    resources = aws_stand_in.create_resources(aws_endpoint, "packaged")
    name = f"packaged_{uuid.uuid4().hex[:8]}"
    database.create_if_missing(database_server.url, name)
    url = database.named(database_server.url, name)
    ssm = aws_stand_in.client("ssm", aws_endpoint)
    # The role of requests is made by the migration function.
    requests = make_url(url).set(username=f"{name}_requests", password="a-password")
    told = requests.render_as_string(hide_password=False)
    for parameter, value in (("DatabaseUrl", told), ("MigrationDatabaseUrl", url), ("JwtKeys", KEYS)):
        ssm.put_parameter(
            Name=GIVEN[f"{parameter}Parameter"], Value=value, Type="SecureString", Overwrite=True
        )
    here = {**resources.environment(), "DB_TLS": "false", "DB_CA_FILE": "", "XRAY": "false"}
    before = fingerprint(unpacked.task)
    with running(unpacked, resolved(translated, GIVEN), here, tmp_path) as packaged:
        yield World(packaged, resources, url, told)
    assert fingerprint(unpacked.task) == before, "somebody wrote into the package"
    database.drop(database_server.url, name)
    with database.connected(database_server.url) as connection:
        connection.run(f'DROP ROLE IF EXISTS "{requests.username}"')


def _the_migration_function_makes_the_tables_and_does_so_once(world: World) -> None:
    plan = world.packaged.migrate({"dry_run": True})
    assert plan["from"] is None
    assert world.rows("SELECT to_regclass('events')") == [[None]]
    done = world.packaged.migrate({})
    assert (done["from"], done["applied"], done["to"]) == (None, plan["applied"], plan["to"])
    again = world.packaged.migrate({})
    assert (again["from"], again["applied"]) == (done["to"], [])


def _somebody_signs_up_by_the_mailed_token(world: World) -> None:
    account = {"email": "ada@example.org", "password": "an analytical engine"}
    status, _ = world.ask("POST", "/v1/users", {"data": {"type": "user", "attributes": account}})
    assert status == 201
    assert world.deliver() >= 1
    (mail,) = aws_stand_in.mails(world.resources.endpoint)
    found = re.search(r"token=(\S+)", mail["text"])
    assert found
    sent = {"data": {"token": unquote(found[1])}}
    assert world.ask("POST", "/v1/auth/verify-email", sent, "application/json")[0] == 200
    status, answer = world.ask("POST", "/v1/auth/login", account, "application/json")
    assert status == 200
    world.token = answer["access_token"]


def _a_picture_becomes_the_events_logo_in_several_sizes(world: World) -> None:
    event = {"name": "Engine Days", "state": "published", "timezone": "UTC"}
    event |= {"starts-at": "2099-05-01T09:00:00Z", "ends-at": "2099-05-02T09:00:00Z"}
    status, made = world.ask("POST", "/v1/events", {"data": {"type": "event", "attributes": event}})
    assert status == 201, made
    id = made["data"]["id"]
    wanted = {"slot": "event.original-image-url", "owner-id": id, "file-name": "picture.txt"}
    status, upload = world.ask("POST", "/v1/uploads", {"data": {"type": "upload", "attributes": wanted}})
    assert status == 201, upload
    _send(upload["data"]["attributes"]["form"], samples.image("PNG"))
    assert world.deliver() >= 2
    attributes = world.ask("GET", f"/v1/events/{id}")[1]["data"]["attributes"]
    assert attributes["original-image-url"].endswith(".png")
    assert attributes["thumbnail-image-url"]
    assert world.ask("GET", f"/v1/events/{id}?include=tracks,owner")[0] == 200


def _an_image_in_a_body_becomes_the_logo(world: World) -> None:
    data = f"data:image/png;base64,{b64encode(samples.image('PNG', (90, 90))).decode()}"
    status, sent = world.ask("POST", "/v1/upload/image", {"data": data}, "application/json")
    assert status == 200, sent
    change = {"type": "event", "id": "1", "attributes": {"logo-url": sent["url"]}}
    assert world.ask("PATCH", "/v1/events/1", {"data": change})[0] == 200
    assert world.deliver() >= 1
    attributes = world.ask("GET", "/v1/events/1")[1]["data"]["attributes"]
    assert attributes["image-details"]["logo-url"]["width"] == 90


def _what_is_no_picture_is_refused(world: World) -> None:
    wanted = {"slot": "event.logo-url", "owner-id": "1", "file-name": "logo.png"}
    _, upload = world.ask("POST", "/v1/uploads", {"data": {"type": "upload", "attributes": wanted}})
    _send(upload["data"]["attributes"]["form"], b"<html><script>alert(1)</script></html>")
    world.deliver()
    status, found = world.ask("GET", f"/v1/uploads/{upload['data']['id']}")
    assert (status, found["data"]["attributes"]["state"]) == (200, "refused")


def _a_list_is_exported_in_every_format(world: World) -> None:
    for form, begin in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK\x03\x04"), ("pdf", b"%PDF-")):
        status, started = world.ask("POST", f"/v1/events/1/exports/speakers.{form}")
        assert status == 200, started
        assert world.deliver() >= 1
        status, told = world.ask("GET", started["task_url"])
        assert (status, told["state"]) == (200, "SUCCESS")
        with urlopen(told["result"]["download_url"]) as answer:
            assert answer.read().startswith(begin)


def _one_poisoned_message_does_not_stop_the_others(world: World) -> None:
    account = {"email": "grace@example.org", "password": "a moth in a relay"}
    world.ask("POST", "/v1/users", {"data": {"type": "user", "attributes": account}})
    sqs = aws_stand_in.client("sqs", world.resources.endpoint)
    sqs.send_message(QueueUrl=world.resources.tasks_url, MessageBody="no task at all")
    assert pump.deliver_tasks(world.packaged, world.resources) == 2
    assert "grace@example.org" in str(aws_stand_in.mails(world.resources.endpoint)[-1]["to"])
    dead = sqs.receive_message(
        QueueUrl=world.resources.dead_letters_url, MaxNumberOfMessages=10, VisibilityTimeout=0
    )["Messages"]
    assert [item["Body"] for item in dead] == ["no task at all"]


def _the_clocks_strike(world: World) -> None:
    world.rows("UPDATE outbox SET sent_at = NULL, done_at = NULL WHERE id = (SELECT max(id) FROM outbox)")
    pump.tick(world.packaged, "sweep_outbox")
    # What is due in a day waits for a later one.
    assert world.rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL AND due_at < now()") == [[0]]
    pump.tick(world.packaged, "probe_health")
    log = world.packaged.functions["ProbeHealth"].log.read_text()
    told = {metric["check"]: metric["Healthy"] for metric in map(json.loads, _metrics(log))}
    assert told == {**dict.fromkeys(CHECKS, 1), "dead letters": 0}  # the poisoned message is one
    assert world.ask("GET", "/health-check")[0] in {200, 500}


def _no_function_does_what_its_role_forbids_or_may_do_more(world: World, translated: dict[str, Any]) -> None:
    resources = resolved(translated, GIVEN)
    unseen = set()
    for name, role in FUNCTIONS.items():
        may = allowed(resources, role)
        seen = {_permission(*call) for call in world.packaged.functions[name].calls()}
        places = {(action, place) for action, place in may if action.startswith("s3:")}
        places |= {(action, SENT) for action, place in places if place == MEDIA}
        for action, place in seen:
            if place is None:
                assert action in {value for value, _ in may}, f"{name} did {action}"
            else:
                assert (action, place) in places, f"{name} did {action} at {place}"
        own = {value for value, _ in may if value.split(":")[0] in {"s3", "sqs", "ses"}}
        unseen |= {(role, action) for action in own - {action for action, _ in seen}}
    assert unseen == UNSEEN.keys(), "each right is either used here or explained, and not both"


def _permission(service: str, operation: str, folder: str) -> tuple[str, str | None]:
    action = ACTIONS.get(operation, f"{service}:{operation}")
    if service != "s3":
        return action, None
    places = {"incoming": INCOMING, "media": MEDIA, "media/upload": SENT, "results": RESULTS}
    return action, places.get(folder, BUCKET)


def _a_missing_secret_is_named_in_the_log(world: World) -> None:
    ssm = aws_stand_in.client("ssm", world.resources.endpoint)
    ssm.delete_parameter(Name=PLAIN["DatabaseUrlParameter"])
    try:
        status, answer = world.ask("GET", "/v1/events")
        assert (status, answer["errors"][0]["title"]) == (500, "Internal Server Error")
    finally:
        ssm.put_parameter(Name=PLAIN["DatabaseUrlParameter"], Value=world.requests, Type="SecureString")
    log = world.packaged.functions["APIHandler"].log.read_text()
    assert f"SSM parameter {PLAIN['DatabaseUrlParameter']} does not exist" in log


def test_the_package_works(world: World, translated: dict[str, Any]) -> None:
    """One story, from an empty database to what the functions' roles say to all that they did."""
    _a_missing_secret_is_named_in_the_log(world)
    _the_migration_function_makes_the_tables_and_does_so_once(world)
    _somebody_signs_up_by_the_mailed_token(world)
    _a_picture_becomes_the_events_logo_in_several_sizes(world)
    all_attendees_arrive_in_one_answer(world)
    _an_image_in_a_body_becomes_the_logo(world)
    _what_is_no_picture_is_refused(world)
    _a_list_is_exported_in_every_format(world)
    _one_poisoned_message_does_not_stop_the_others(world)
    _the_clocks_strike(world)
    _no_function_does_what_its_role_forbids_or_may_do_more(world, translated)


def _metrics(log: str) -> list[str]:
    return [line for line in log.splitlines() if '"_aws"' in line]


def _send(form: dict[str, Any], content: bytes) -> None:
    """What a browser does with the form."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form["fields"].items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode()
    body = b"".join(parts) + head + content + f"\r\n--{boundary}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    with urlopen(Request(form["url"], body, kind)) as answer:
        assert answer.status in {200, 204}
