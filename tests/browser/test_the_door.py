"""The pages at /door in Chromium: paired, scanned by a camera, without network and back, for everybody."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from selenium.webdriver.common.keys import Keys

from tests.browser import chromium
from tests.browser.chromium import LARGE, PHONE
from tests.browser.door_steps import (
    accessible,
    crowd,
    cut_network,
    dismiss,
    film,
    make_device,
    open_page,
    pair,
    sign_in,
    still,
    type_code,
    verdict,
    watched,
)
from tests.browser.steps import token
from tests.support.running_system import RunningSystem

TABLET = (820, 1180)


@pytest.fixture(scope="module")
def team(system: RunningSystem) -> str:
    """A token of the first event's owner, where many have come."""
    crowd(system)
    return token(system)


@pytest.fixture(scope="module")
def tickets(system: RunningSystem, team: str) -> Iterator[tuple[str, str]]:
    """Codes of people who have not come, and their names."""
    reply = system.ask("GET", "/v1/events/1/attendees?include=order&page[size]=400&sort=id", token=team).json
    orders = {order["id"]: order["attributes"]["identifier"] for order in reply["included"]}
    return iter(
        [
            (
                f"{orders[person['relationships']['order']['data']['id']]}-{person['attributes']['identifier']}",
                f"{person['attributes']['firstname']} {person['attributes']['lastname']}",
            )
            for person in reply["data"]
            if not person["attributes"]["is-checked-in"]
            and person["attributes"]["firstname"] in ("Ada", "Ken")
        ]
    )


def test_an_organizer_shows_a_code_and_a_phone_pairs_by_its_camera(
    system: RunningSystem, team: str, tmp_path: Path
) -> None:
    with chromium.screen(system.address) as desk:
        open_page(desk, "/door/devices#event=1")
        sign_in(desk)
        desk.find("#device-name").send_keys("North door")
        desk.find("#make-form .main").click()
        desk.find("#code svg")
        shot = Image.open(io.BytesIO(desk.driver.get_screenshot_as_png()))
        (code,) = zxingcpp.read_barcodes(shot)
        assert code.text == desk.run("return document.getElementById('made-text').value")
        assert code.text.startswith(f"{system.address}/door#pair=")
        desk.picture("door-devices")
        watched(desk)
        with chromium.screen(
            system.address, PHONE, flags=film(tmp_path / "code.y4m", [(code.text, 2)])
        ) as phone:
            open_page(phone)
            phone.picture("door-pairing")
            phone.find("#start").click()
            phone.find("#confirm-yes").click()
            phone.until(
                "return document.getElementById('event').textContent === 'Nordic Python Days'", "pairing"
            )
            assert "North door" in phone.text()
            phone.picture("door-paired")
            open_page(phone)  # it is remembered
            assert "North door" in phone.text()
            watched(phone)
        desk.driver.refresh()
        desk.until("return document.getElementById('devices').innerText.includes('seen')", "the list")


def test_a_camera_reads_a_ticket_once_and_says_why_not_the_second_time(
    system: RunningSystem, team: str, tickets: Iterator[tuple[str, str]], tmp_path: Path
) -> None:
    code, name = next(tickets)
    flags = film(tmp_path / "ticket.y4m", [("", 1), (code, 3), ("", 3)])
    with chromium.screen(system.address, PHONE, flags=flags) as phone:
        pair(phone, make_device(system, team, "Door 1")["pairing"]["token"])
        phone.find("#start").click()
        told = verdict(phone, "in")
        assert "Come in" in told
        assert name in told
        phone.picture("door-in")
        dismiss(phone)
        phone.picture("door-camera")
        told = verdict(phone, "warn")  # in the film's next round
        assert "already" in told
        phone.picture("door-warn")
        phone.find("#force").click()
        assert "all the same" in verdict(phone, "in")
        dismiss(phone)
        assert len(phone.driver.find_elements("css selector", "#recent li")) == 3
        hide = "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
        hide += "document.dispatchEvent(new Event('visibilitychange'))"
        streams = "return document.getElementById('video').srcObject !== null"
        phone.run(hide, True)
        assert phone.run(streams) is False  # the camera's light is off
        phone.run(hide, False)
        phone.until(streams, "the camera going on")
        phone.find("#stop").click()
        assert phone.run(streams) is False
        watched(phone)


def test_a_hardware_scanner_types_wherever_the_focus_is(
    system: RunningSystem, team: str, tickets: Iterator[tuple[str, str]]
) -> None:
    with chromium.screen(system.address, TABLET) as tablet:
        pair(tablet, make_device(system, team, "Door 2")["pairing"]["token"])
        (first, one), (second, other) = next(tickets), next(tickets)
        tablet.run("document.getElementById('menu-button').focus()")
        type_code(tablet, first)
        assert one in verdict(tablet, "in")
        type_code(tablet, second)  # while the verdict is shown: nobody waits
        tablet.until(
            "return document.getElementById('verdict-about').innerText.includes(arguments[0])",
            "the next",
            other,
        )
        assert tablet.run("return document.getElementById('menu').open") is False
        tablet.press(Keys.ESCAPE)
        type_code(tablet, "no-ticket-at-all")
        assert "Nobody has this ticket" in verdict(tablet, "no")
        tablet.picture("door-no")
        tablet.press(Keys.ENTER)
        tablet.until("return !document.getElementById('verdict').open", "the verdict closing")
        field = tablet.find("#search")
        field.send_keys(first, Keys.ENTER)  # the same, while the search has the focus
        assert one in verdict(tablet, "warn")
        dismiss(tablet)
        tablet.find("input[value=out] + span").click()
        type_code(tablet, first)
        assert "Goodbye" in verdict(tablet, "out")
        tablet.until("return !document.getElementById('verdict').open", "the verdict closing by itself")
        watched(tablet)


def test_people_are_found_by_name_and_nobody_is_let_in_by_searching(
    system: RunningSystem, team: str, tickets: Iterator[tuple[str, str]]
) -> None:
    _, name = next(tickets)
    with chromium.screen(system.address) as screen:
        pair(screen, make_device(system, team, "Door 3")["pairing"]["token"])
        screen.press(Keys.F2)
        assert screen.focused() == "Name, order or code"
        screen.press(*name, Keys.ENTER)
        screen.find("#found button")
        screen.picture("door-search")
        assert screen.run("return document.getElementById('verdict').open") is False
        outside = [
            item
            for item in screen.driver.find_elements("css selector", "#found button")
            if "inside" not in item.text
        ]
        outside[0].click()
        assert name in verdict(screen, "in")
        dismiss(screen)
        screen.find("#search").send_keys("nobody of this name", Keys.ENTER)
        screen.until(
            "return document.getElementById('search-told').textContent === 'Nobody was found.'", "the answer"
        )
        watched(screen)


def test_a_device_stands_at_its_gate(
    system: RunningSystem, team: str, tickets: Iterator[tuple[str, str]]
) -> None:
    stations = system.ask("GET", "/v1/events/1/stations", token=team).json["data"]
    desk = next(station for station in stations if station["attributes"]["station-name"] == "Front desk")
    code, name = next(tickets)
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, make_device(system, team, "Desk", desk["id"])["pairing"]["token"])
        assert "Front desk" in phone.find("#gate").text
        assert not phone.driver.find_element("id", "station").is_displayed()
        type_code(phone, code)
        assert name in verdict(phone, "in")


def test_a_revoked_device_says_so(system: RunningSystem, team: str) -> None:
    with chromium.screen(system.address, PHONE) as phone:
        device = make_device(system, team, "Stolen")
        pair(phone, device["pairing"]["token"])
        assert system.ask("DELETE", f"/v1/events/1/door-devices/{device['id']}", token=team).status == 200
        type_code(phone, "any-code-at-all")
        phone.until(
            "return document.getElementById('notice').textContent.includes('was revoked')", "the notice"
        )
        assert not phone.driver.find_element("id", "search").is_displayed()
        phone.find("#pair-text")
        phone.picture("door-revoked")


def test_a_used_code_is_refused(system: RunningSystem, team: str) -> None:
    secret = make_device(system, team, "Once")["pairing"]["token"]
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, secret)
        assert phone.run("return location.hash") == ""  # it is a secret
    with chromium.screen(system.address, PHONE) as phone:
        open_page(phone)
        phone.find("#pair-text").send_keys(f"{system.address}/door#pair={secret}", Keys.ENTER)
        phone.find("#confirm-yes").click()
        phone.until("return document.getElementById('pair-refusal').textContent", "the refusal")
        assert "was used" in phone.find("#pair-refusal").text


def test_the_page_opens_without_network(system: RunningSystem, team: str) -> None:
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, make_device(system, team, "Cellar")["pairing"]["token"])
        phone.until("return navigator.serviceWorker.controller !== null", "the worker")
        phone.until(
            "return caches.keys().then(async ([name]) => (await (await caches.open(name)).keys()).length > 20)",
            "the files being kept",
        )
        cut_network(phone, off=True)
        open_page(phone)
        phone.until("return document.getElementById('network').dataset.online === 'false'", "noticing it")
        assert "No network" in phone.find("#notice").text
        phone.picture("door-offline")
        cut_network(phone, off=False)
        phone.until("return document.getElementById('network').dataset.online === 'true'", "noticing it")
        assert not phone.driver.find_element("id", "notice").is_displayed()


def test_the_overview_follows_what_happens(
    system: RunningSystem, team: str, tickets: Iterator[tuple[str, str]]
) -> None:
    with (
        chromium.screen(system.address, (1920, 1080), "dark") as wall,
        chromium.screen(system.address, PHONE) as phone,
    ):
        open_page(wall, "/door/overview#event=1")
        sign_in(wall)
        came = int(wall.until("return document.documentElement.dataset.shown", "the numbers"))
        still(wall)
        wall.picture("door-overview-wall")
        wall.until("return document.documentElement.dataset.answered === '304'", "an answer without content")
        pair(phone, make_device(system, team, "Door 4")["pairing"]["token"])
        type_code(phone, next(tickets)[0])
        verdict(phone, "in")
        wall.until(
            "return Number(document.documentElement.dataset.shown) === arguments[0]", "the change", came + 1
        )
        assert wall.run("return document.querySelector('.figure strong').textContent") == str(came + 1)
        wall.find("#hours summary").click()
        assert len(wall.driver.find_elements("css selector", "#hours tbody tr")) >= 5
        # A device that is paired sees it without an account.
        open_page(phone, "/door/overview")
        phone.until("return document.documentElement.dataset.shown", "the numbers")
        assert phone.run("return document.documentElement.scrollWidth") <= PHONE[0]
        still(phone)
        phone.picture("door-overview-phone")
        for screen in (wall, phone):
            assert screen.run(_BROKEN_NUMBERS) == [], "a number stays in one line, and in its card"
        watched(wall)


@pytest.mark.parametrize(
    ("size", "colors", "language"),
    [(PHONE, "light", "en"), (PHONE, "dark", "ar"), (TABLET, "dark", "de"), (LARGE, "light", "de")],
)
def test_nothing_keeps_people_out(
    system: RunningSystem,
    team: str,
    tickets: Iterator[tuple[str, str]],
    size: tuple[int, int],
    colors: str,
    language: str,
) -> None:
    with chromium.screen(system.address, size, colors, language) as screen:
        name = f"{language}-{size[0]}"
        open_page(screen)
        assert screen.run("return [document.documentElement.lang, document.documentElement.dir]") == [
            language,
            "rtl" if language == "ar" else "ltr",
        ]
        accessible(screen, size)
        pair(screen, make_device(system, team, "Door 5")["pairing"]["token"])
        accessible(screen, size)
        screen.find("#search").send_keys("ada", Keys.ENTER)
        screen.find("#found button")
        accessible(screen, size)
        screen.find("#menu-button").click()
        accessible(screen, size)
        screen.picture(f"door-menu-{name}")
        screen.press(Keys.ESCAPE)
        code = next(tickets)[0]
        for text, kind in ((code, "in"), (code, "warn"), ("no-ticket-at-all", "no")):
            screen.run("document.activeElement.blur()")
            type_code(screen, text)
            verdict(screen, kind)
            accessible(screen, size)
            screen.picture(f"door-{kind}-{name}")
            dismiss(screen)
        open_page(screen, "/door/overview")
        screen.until("return document.documentElement.dataset.shown", "the numbers")
        screen.run("for (const more of document.querySelectorAll('details')) more.open = true")
        accessible(screen, size)
        open_page(screen, "/door/devices#event=1")
        accessible(screen, size)
        sign_in(screen)
        screen.find("#device-name").send_keys("East door")
        screen.find("#make-form .main").click()
        screen.find("#code svg")
        accessible(screen, size)
        watched(screen)


# Texts of numbers that take several lines, or leave their card.
_BROKEN_NUMBERS = """
return [...document.querySelectorAll(".figure strong, .lines b, .bars .value")].filter((element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const card = element.closest(".card").getBoundingClientRect();
  const lines = [...range.getClientRects()];
  return new Set(lines.map((line) => Math.round(line.top))).size > 1
    || lines.some((line) => line.left < card.left || line.right > card.right);
}).map((element) => element.textContent);
"""


def test_two_doors_go_on_without_network_and_agree_afterwards(
    system: RunningSystem, team: str, tickets: Iterator[tuple[str, str]]
) -> None:
    (first, one), (second, other) = next(tickets), next(tickets)
    with chromium.screen(system.address, PHONE) as north, chromium.screen(system.address, PHONE) as south:
        for phone, name in ((north, "North"), (south, "South")):
            pair(phone, make_device(system, team, name)["pairing"]["token"])
            cut_network(phone, off=True)
        type_code(north, first)
        told = verdict(north, "in")
        assert one in told
        assert "without network" in told
        north.picture("door-in-offline")
        dismiss(north)
        assert "1 waiting" in str(north.find("#network").get_attribute("aria-label"))
        type_code(north, first)
        verdict(north, "warn")
        dismiss(north)
        type_code(south, first)  # it cannot know
        verdict(south, "in")
        dismiss(south)
        type_code(south, second)
        assert other in verdict(south, "in")
        dismiss(south)
        south.find("#search").send_keys("ada", Keys.ENTER)
        south.until("return document.getElementById('search-told').textContent", "what is said")
        assert "only codes" in south.find("#search-told").text
        south.driver.refresh()  # what waits is kept
        south.until("return document.documentElement.dataset.ready !== undefined", "the page being ready")
        assert "2 waiting" in str(south.find("#network").get_attribute("aria-label"))
        south.picture("door-offline-waiting")
        for phone in (north, south):
            cut_network(phone, off=False)
            phone.until(
                "return document.getElementById('network').innerText.trim() === 'Online'",
                "everything being sent",
            )
        for phone in (north, south):
            type_code(phone, second)
            assert "already" in verdict(phone, "warn")
            dismiss(phone)
