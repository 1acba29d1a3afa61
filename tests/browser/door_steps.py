"""What somebody does on the pages at /door, and what their camera sees."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import segno
from PIL import Image, ImageDraw

from tests.browser.chromium import Screen
from tests.browser.steps import EMAIL, PASSWORD
from tests.support.node import installed
from tests.support.running_system import ROOT, RunningSystem

_WIDE, _HIGH, _PER_SECOND = 640, 480, 10


def open_page(screen: Screen, path: str = "/door") -> None:
    """Load a page at /door anew and wait until it can be used."""
    screen.driver.get("about:blank")
    screen.driver.get(f"{screen.address}{path}")
    screen.until("return document.documentElement.dataset.ready !== undefined", "the page being ready")


def film(path: Path, scenes: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """Chromium's flags for a camera that sees QR codes with these texts, each for some seconds.

    "" is a scene without any code. A video in YUV4MPEG2, over and over.
    """
    header = f"YUV4MPEG2 W{_WIDE} H{_HIGH} F{_PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode()
    colors = bytes([128]) * (_WIDE * _HIGH // 2)
    with path.open("wb") as video:
        video.write(header)
        for text, seconds in scenes:
            gray = _picture(text).tobytes()
            for _ in range(max(1, round(seconds * _PER_SECOND))):
                video.write(b"FRAME\n" + gray + colors)
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    )


def _picture(text: str) -> Image.Image:
    """A hand that holds a phone with this code, a little askew."""
    picture = Image.new("L", (_WIDE, _HIGH), 96)
    draw = ImageDraw.Draw(picture)
    for row in range(0, _HIGH, 24):
        draw.line((0, row, _WIDE, row + 60), fill=88, width=6)
    if text:
        modules = [list(row) for row in segno.make(text, micro=False).matrix_iter(border=4)]
        code = Image.new("L", (len(modules), len(modules)), 235)
        for y, line in enumerate(modules):
            for x, dark in enumerate(line):
                if dark:
                    code.putpixel((x, y), 25)
        scale = 300 // len(modules)
        code = code.resize((len(modules) * scale, len(modules) * scale), Image.Resampling.NEAREST)
        turned = code.convert("RGBA").rotate(6, expand=True, resample=Image.Resampling.BICUBIC)
        picture.paste(turned.convert("L"), (170, 90), turned.getchannel("A"))
    return picture


def make_device(system: RunningSystem, token: str, name: str, station: str = "") -> Any:
    """A device of the first event: its id and what pairs it."""
    body = {"name": name, **({"station": station} if station else {})}
    made = system.ask("POST", "/v1/events/1/door-devices", body, token=token, media_type="application/json")
    assert made.status == 200, made.body
    return made.json


def pair(screen: Screen, secret: str) -> None:
    """Open the link that pairs, and agree."""
    open_page(screen, f"/door#pair={secret}")
    screen.find("#confirm-yes").click()
    screen.until(
        "return document.documentElement.dataset.refreshed !== undefined", "the pairing and the list"
    )


def type_code(screen: Screen, text: str) -> None:
    """What a hardware scanner does: fast keys, and Enter, wherever the focus is."""
    script = """
    const at = document.activeElement ?? document.body;
    for (const key of [...arguments[0], "Enter"])
      at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    """
    screen.run(script, text)


def verdict(screen: Screen, kind: str) -> str:
    """The text of the verdict, as soon as there is one of this kind."""
    script = """
    const sheet = document.getElementById("verdict");
    return sheet.open && sheet.dataset.kind === arguments[0] && sheet.innerText;
    """
    return str(screen.until(script, f"the verdict {kind!r}", kind))


def dismiss(screen: Screen) -> None:
    """Go on to the next one, unless the verdict has gone by itself."""
    screen.run("document.querySelector('#verdict[open] #verdict-actions .main')?.click()")
    screen.until("return !document.getElementById('verdict').open", "the verdict closing")


def cut_network(screen: Screen, *, off: bool) -> None:
    """The network is gone, or back."""
    screen.command("Network.enable")
    conditions = {"offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    screen.command("Network.emulateNetworkConditions", **conditions)


def stored_json(screen: Screen, key: str) -> Any:
    """What the page keeps under this key."""
    text = screen.run("return localStorage.getItem(arguments[0])", key)
    return json.loads(text) if text else None


_FIRST = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken")
_LAST = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman", "Thompson", "Wirth")
_KINDS = {"Early Bird": 78, "Regular": 180, "Student": 52}
_CROWD = """
INSERT INTO attendees (event_id, order_id, ticket_id, identifier, firstname, lastname, is_checked_in,
  is_checked_out, checkin_times, checkout_times)
SELECT 1, (SELECT min(id) FROM orders WHERE event_id = 1 AND status = 'completed'), tickets.id, one.identifier,
  one.firstname, one.lastname, one.came IS NOT NULL, one.went IS NOT NULL, one.came, one.went
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS one (kind text, identifier text, firstname text, lastname text,
  came text, went text) JOIN tickets ON tickets.event_id = 1 AND tickets.name = one.kind
"""


def crowd(system: RunningSystem) -> None:
    """300 more people at the first event, most of whom have come this morning; once for each system."""
    rows, day = [], datetime.now(UTC).date()
    for kind, people in _KINDS.items():
        for place in range(people):
            hour = 8 + (place * place) % 97 % 5
            came = f"{day}T{hour:02}:{place % 60:02}:00Z" if place % 10 < 7 else None
            went = f"{day}T13:{place % 60:02}:00Z" if place % 10 == 0 else None
            row = {"kind": kind, "identifier": f"{kind[0].lower()}{place:05}", "came": came, "went": went}
            rows.append(row | {"firstname": _FIRST[place % 8], "lastname": _LAST[place * 7 % 9]})
    with system.as_owner() as database:
        if not database.run("SELECT FROM attendees WHERE event_id = 1 AND identifier = 'e00000'"):
            database.run(_CROWD, rows=json.dumps(rows))


def ticket_codes(system: RunningSystem, token: str, *, only_outside: bool = True) -> list[tuple[str, Any]]:
    """Codes of attendees of the first event, each with the attendee; of those who have not come."""
    path = "/v1/events/1/attendees?include=order&page[size]=400&sort=id"
    reply = system.ask("GET", path, token=token).json
    orders = {order["id"]: order["attributes"]["identifier"] for order in reply["included"]}
    return [
        (
            f"{orders[person['relationships']['order']['data']['id']]}-{person['attributes']['identifier']}",
            person,
        )
        for person in reply["data"]
        if not (only_outside and person["attributes"]["is-checked-in"])
    ]


@contextmanager
def renamed(
    system: RunningSystem, people: Sequence[Any], names: Sequence[str], last: str, note: str
) -> Iterator[None]:
    """Call attendees so within the block, as former data may: the demo is others' too."""
    try:
        for person, name in zip(people, names, strict=True):
            _rename(system, person["id"], name, last, note)
        yield
    finally:
        for person in people:
            known = person["attributes"]
            _rename(system, person["id"], known["firstname"], known["lastname"], known["attendee-notes"])


def _rename(system: RunningSystem, id: str, first: str, last: str, note: str | None) -> None:
    with system.as_owner() as database:
        database.run(
            "UPDATE attendees SET firstname = :first, lastname = :last, attendee_notes = :note WHERE id = :id",
            first=first, last=last, note=note, id=int(id),
        )  # fmt: skip


def sign_in(screen: Screen) -> None:
    """Fill in the form of the overview and of the devices, as the owner of the first event."""
    screen.find("#email").send_keys(EMAIL)
    screen.find("#password").send_keys(PASSWORD)
    screen.find("#account form .main").click()


def still(screen: Screen) -> None:
    """Wait until nothing on the page moves."""
    moving = "document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime < Infinity)"
    screen.run(f"return Promise.allSettled({moving}.map((each) => each.finished))")


def watched(screen: Screen) -> None:
    """Nothing went wrong in the browser, and no other host was asked for anything."""
    assert screen.complaints() == []
    hosts = {urlsplit(url).netloc for url in screen.fetched() if url.startswith(("http", "ws"))}
    assert hosts <= {urlsplit(screen.address).netloc}, hosts


def accessible(screen: Screen, size: tuple[int, int]) -> None:
    """axe-core finds nothing, and nobody scrolls to the side."""
    axe = (installed(ROOT / "tests" / "browser") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    screen.run(axe)
    found: Any = screen.run("return axe.run(document, {resultTypes: ['violations']})")
    told = [
        (item["id"], item["nodes"][0]["html"][:200], item["nodes"][0]["failureSummary"])
        for item in found["violations"]
    ]
    assert told == [], screen.driver.current_url
    assert screen.run("return document.documentElement.scrollWidth") <= size[0]
