"""What `make run` starts, met as a stranger meets it: over HTTP, from the first visit on."""

import gzip
import io
import time
from pathlib import Path
from typing import Any
from urllib.request import Request

import psutil
import pytest
from PIL import Image

from devstack.processes import lives
from tests.support.running_system import RunningSystem, eventually, launch, running, send, upload, verify

EMAIL = "grace@example.org"
PASSWORD = "correct horse battery"


def test_a_newcomer_organizes_an_event_and_finds_it_again_after_a_restart(tmp_path: Path) -> None:
    a_start_is_killed_half_way(tmp_path)
    with running(tmp_path) as system:  # which the next start makes good
        assert system.ask("GET", "/health-check").status == 200
        sign_up(system)
        token = sign_in(system)
        event = create_event(system, token)
        read_it_with_its_programme(system, event)
        picture = upload_a_picture(system, token, event)
        throw_away_and_restore(system, token, event)
        processes = system.processes()
        assert system.stop() == 0
    assert eventually(
        lambda: not [process for process in processes if lives(process)], "the end of all processes", 5
    )

    began = time.monotonic()
    with running(tmp_path) as system:
        assert time.monotonic() - began < 60  # seconds on an idle machine
        assert system.ask("GET", f"/v1/events/{event}").status == 200
        assert sign_in(system)
        kept = system.ask("GET", picture.replace(old_address(picture), system.address))
        assert kept.status == 200
        assert kept.headers["content-type"] == "image/png"
        answers_travel_compressed_and_only_once(system)
        health_names_a_model_whose_column_is_gone(system)


def a_start_is_killed_half_way(state: Path) -> None:
    killed = launch(state)
    eventually(lambda: list((state / "postgres").glob("data*")), "the first files of the database")
    killed.kill()
    killed.communicate(timeout=30)


def sign_up(system: RunningSystem) -> None:
    answer = create(system, "", "user", {"email": EMAIL, "password": PASSWORD})
    assert answer["attributes"]["email"] == EMAIL

    verify(system, EMAIL)


def sign_in(system: RunningSystem) -> str:
    answer = system.ask(
        "POST", "/v1/auth/login", {"email": EMAIL, "password": PASSWORD}, media_type="application/json"
    )
    assert answer.status == 200, answer.body
    return str(answer.json["access_token"])


def create_event(system: RunningSystem, token: str) -> str:
    times = {"starts-at": "2031-05-02T09:00:00+00:00", "ends-at": "2031-05-03T18:00:00+00:00"}
    place = {"timezone": "Europe/Berlin", "is-sessions-speakers-enabled": True}
    attributes = {"name": "Lantern Festival", "state": "published", **place, **times}
    event = create(system, token, "event", attributes)["id"]
    owner = {"event": one("event", event)}
    track = create(system, token, "track", {"name": "Light", "color": "#ffcc00"}, owner)["id"]
    speaker = create(system, token, "speaker", {"name": "Grace", "email": EMAIL}, owner)["id"]
    for title in ("Paper and wire", "Candles at sea"):
        create(
            system,
            token,
            "session",
            {"title": title, "state": "draft"},
            {**owner, "track": one("track", track), "speakers": {"data": [one("speaker", speaker)["data"]]}},
        )
    return str(event)


def read_it_with_its_programme(system: RunningSystem, event: str) -> None:
    token = sign_in(system)
    answer = system.ask("GET", f"/v1/events/{event}?include=sessions.speakers,tracks", token=token)
    assert answer.status == 200, answer.body
    included = sorted(thing["type"] for thing in answer.json["included"])
    assert included == ["session", "session", "speaker", "track"], answer.json["included"]


def upload_a_picture(system: RunningSystem, token: str, event: str) -> str:
    content = io.BytesIO()
    Image.new("RGB", (1600, 900), "teal").save(content, "PNG")
    wish = {"slot": "event.original-image-url", "owner-id": event, "file-name": "picture.txt"}
    started = create(system, token, "upload", wish)
    sent = upload(started["attributes"]["form"], "picture.txt", content.getvalue())
    assert sent.status == 204, sent.body

    def drawn() -> Any:
        found = system.ask("GET", f"/v1/uploads/{started['id']}", token=token).json["data"]["attributes"]
        return found if found["renditions"] else None

    made = eventually(drawn, "the renditions")
    assert made["mime-type"] == "image/png"
    shown = system.ask("GET", f"/v1/events/{event}").json["data"]["attributes"]
    assert shown["original-image-url"] == made["url"]
    for name in ("large-image-url", "thumbnail-image-url", "icon-image-url"):
        served = system.ask("GET", shown[name])
        assert served.status == 200
        assert served.headers["content-type"] == "image/jpeg"
        assert "immutable" in served.headers["cache-control"]
    original = system.ask("GET", made["url"])
    assert original.headers["content-type"] == "image/png"
    assert original.body == content.getvalue()
    return str(made["url"])


def throw_away_and_restore(system: RunningSystem, token: str, event: str) -> None:
    assert system.ask("DELETE", f"/v1/events/{event}", token=token).status == 200
    assert system.ask("GET", f"/v1/events/{event}", token=token).status == 404
    document = {"data": {"type": "event", "id": event, "attributes": {"deleted-at": None}}}
    restored = system.ask("PATCH", f"/v1/events/{event}?get_trashed=true", document, token=token)
    assert restored.status == 200, restored.body
    assert system.ask("GET", f"/v1/events/{event}", token=token).status == 200


def answers_travel_compressed_and_only_once(system: RunningSystem) -> None:
    url = f"{system.address}/v1/events?include=sessions,tracks"
    plain = send(Request(url))
    packed = send(Request(url, headers={"Accept-Encoding": "gzip, deflate"}))
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    assert packed.headers["content-length"] == str(len(packed.body))
    for more in ({}, {"Accept-Encoding": "gzip"}):
        known = send(Request(url, headers={"If-None-Match": packed.headers["etag"], **more}))
        assert (known.status, known.body) == (304, b"")


def health_names_a_model_whose_column_is_gone(system: RunningSystem) -> None:
    well = system.ask("GET", "/health-check")
    assert well.status == 200, well.body
    with system.as_owner() as connection:
        connection.run("ALTER TABLE faqs DROP COLUMN answer")
    # What was found holds until it expires: a fresh worker has found nothing yet.
    for process in system.processes():
        if serves_http(process):
            process.kill()

    def unwell() -> Any:
        try:
            answer = system.ask("GET", "/health-check")
        except OSError:
            return None  # the new worker is on its way
        return answer if answer.status == 500 else None

    failed = [check for check in eventually(unwell, "the bad news").json["results"] if not check["passed"]]
    assert any("Faq" in check["output"] for check in failed), failed


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}, "cannot reach DATABASE_URL"),
        ({"PORT": "eighty"}, "PORT must be a whole number"),
        ({"ADMIN_PASSWORD": "short"}, "ADMIN_PASSWORD needs 8 characters"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_clear_line(
    tmp_path: Path, variables: dict[str, str], complaint: str
) -> None:
    process = launch(tmp_path, **variables)
    _, complaints = process.communicate(timeout=60)

    assert process.returncode == 1
    assert complaints.startswith(f"make run: {complaint}")
    assert complaints.count("\n") == 1


def test_a_port_or_a_directory_that_is_taken_is_refused_in_one_clear_line(
    system: RunningSystem, tmp_path: Path
) -> None:
    port = system.address.rpartition(":")[2]
    same_port = launch(tmp_path, PORT=port)
    same_directory = launch(system.state)
    assert f"port {port} is in use" in same_port.communicate(timeout=60)[1]
    assert "a system already runs with STATE_DIR" in same_directory.communicate(timeout=60)[1]
    assert (same_port.returncode, same_directory.returncode) == (1, 1)
    assert system.ask("GET", "/health-check").status == 200


def create(
    system: RunningSystem,
    token: str,
    type_: str,
    attributes: dict[str, Any],
    relationships: dict[str, Any] | None = None,
) -> Any:
    data = {"type": type_, "attributes": attributes, "relationships": relationships or {}}
    answer = system.ask("POST", f"/v1/{type_}s", {"data": data}, token=token)
    assert answer.status == 201, answer.body
    return answer.json["data"]


def one(type_: str, id: str) -> dict[str, Any]:
    return {"data": {"type": type_, "id": id}}


def old_address(url: str) -> str:
    return url[: url.index("/media/")]


def serves_http(process: psutil.Process) -> bool:
    try:
        return "devstack.http_server" in process.cmdline()
    except psutil.NoSuchProcess:
        return False  # it ended while we were looking


def test_a_front_end_on_another_port_is_served_compressed(system: RunningSystem) -> None:
    page = "http://localhost:4200"
    headers = {"Origin": page, "Accept-Encoding": "gzip, deflate, br", "Accept": "*/*"}
    plain = system.ask("GET", "/docs/openapi.json")
    packed = send(Request(f"{system.address}/docs/openapi.json", headers=headers))
    assert (packed.status, packed.headers["content-encoding"]) == (200, "gzip")
    assert len(packed.body) < len(plain.body) / 5
    assert gzip.decompress(packed.body) == plain.body
    wanted = {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    before = send(Request(f"{system.address}/v1/events/1", headers={**headers, **wanted}, method="OPTIONS"))
    refused = send(Request(f"{system.address}/v1/events/nosuch", headers=headers))
    assert (before.status, refused.status) == (200, 404)
    for answer in (packed, before, refused):
        assert answer.headers["access-control-allow-origin"] == page
        assert answer.headers["access-control-allow-credentials"] == "true"
    assert {"authorization", "content-type"} <= set(
        before.headers["access-control-allow-headers"].lower().split(",")
    )
    assert f"API_HOST={system.address}" in "\n".join(system.said)
