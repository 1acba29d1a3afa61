"""The page of an exhibitor in Chromium: paired, scanned with consent, without network and back, for everybody."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser import chromium
from tests.browser.chromium import PHONE, Screen
from tests.browser.door_steps import (
    accessible,
    crowd,
    cut_network,
    open_page,
    sign_in,
    ticket_codes,
    type_code,
    watched,
)
from tests.browser.steps import token
from tests.support.running_system import RunningSystem

PLAIN = "application/json"
SMALLEST = (320, 600)
_READY = "return document.documentElement.dataset.ready !== undefined"


@pytest.fixture(scope="module")
def team(system: RunningSystem) -> str:
    """A token of the first event's owner, which hands details over."""
    told = token(system)
    terms = {
        "is_enabled": True,
        "fields": ["name", "company", "email"],
        "wording": "With your consent the exhibitor gets these details, to write to you about its offer.",
    }
    path = "/v1/events/1/lead-settings"
    assert system.ask("PATCH", path, terms, token=told, media_type=PLAIN).status == 200
    return told


@pytest.fixture(scope="module")
def exhibitor(system: RunningSystem, team: str) -> str:
    document = {
        "data": {
            "type": "exhibitor",
            "attributes": {"name": "Solder & Sons", "status": "accepted"},
            "relationships": {"event": {"data": {"type": "event", "id": "1"}}},
        }
    }
    made = system.ask("POST", "/v1/exhibitors", document, token=team)
    assert made.status == 201, made.body
    return str(made.json["data"]["id"])


@pytest.fixture(scope="module")
def codes(system: RunningSystem, team: str) -> Iterator[str]:
    crowd(system)
    return iter([code for code, _ in ticket_codes(system, team, only_outside=False)])


def secret_of(system: RunningSystem, team: str, exhibitor: str) -> Any:
    made = system.ask(
        "POST",
        f"/v1/exhibitors/{exhibitor}/lead-devices",
        {"name": "Phone"},
        token=team,
        media_type=PLAIN,
    )
    return made.json["pairing"]["token"]


def pair(screen: Screen, secret: str) -> None:
    open_page(screen, f"/door/leads#lead-pair={secret}")
    screen.find("#confirm-yes").click()
    screen.until("return document.documentElement.dataset.refreshed !== undefined", "the pairing")


def title(screen: Screen) -> str:
    return str(
        screen.until(
            "return document.getElementById('lead').open && document.getElementById('lead-title').innerText",
            "",
        )
    )


def test_the_team_makes_a_device_that_a_booth_pairs(system: RunningSystem, team: str, exhibitor: str) -> None:
    with chromium.screen(system.address) as desk:
        open_page(desk, "/door/devices#event=1")
        sign_in(desk)
        desk.find(f"#device-station option[value='booth {exhibitor}']").click()
        desk.find("#device-name").send_keys("Phone of the booth")
        desk.find("#make-form .main").click()
        desk.find("#code svg")
        text = desk.run("return document.getElementById('made-text').value")
        assert text.startswith(f"{system.address}/door/leads#lead-pair=")
        listed = "return document.getElementById('devices').innerText.includes(arguments[0])"
        desk.until(listed, "the list", "Phone of the booth")
        with chromium.screen(system.address, PHONE) as phone:
            open_page(phone, text.removeprefix(system.address))
            phone.find("#confirm-yes").click()
            phone.until(
                "return document.getElementById('exhibitor').textContent === 'Solder & Sons'", "pairing"
            )
            assert phone.run("return location.hash") == ""
        desk.find("#devices button").click()
        desk.find("#devices button").click()
        desk.until(listed, "the list", "revoked")


def test_somebody_agrees_on_the_device_and_is_noted(
    system: RunningSystem, team: str, exhibitor: str, codes: Iterator[str]
) -> None:
    first, second = next(codes), next(codes)
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, secret_of(system, team, exhibitor))
        type_code(phone, first)
        assert "Solder & Sons would like your details" in phone.find("#consent").text
        assert "Email address" in phone.find("#fields").text
        phone.picture("leads-consent")
        phone.find("#consent-no").click()
        assert not phone.driver.find_elements("css selector", "#leads li")
        type_code(phone, first)
        phone.find("#consent-yes").click()
        assert title(phone) == "Added"
        phone.find("#stars label:nth-child(4)").click()
        phone.find("#lead-note").send_keys("Wants <b>a quote</b>")
        phone.picture("leads-added")
        phone.find("#lead-form .main").click()
        phone.until("return document.querySelector('#leads em')?.textContent === '★★★★'", "the rating")
        assert "a quote" in phone.find("#leads li").text
        phone.picture("leads-list")
        type_code(phone, first)
        assert title(phone) == "A lead already"
        phone.press(Keys.ESCAPE)
        type_code(phone, "no-ticket-at-all")
        assert "Nobody" in title(phone)
        phone.press(Keys.ESCAPE)
        phone.find("#code").send_keys(second, Keys.ENTER)
        phone.find("#consent-yes").click()
        assert title(phone) == "Added"
        phone.press(Keys.ESCAPE)
        assert len(phone.driver.find_elements("css selector", "#leads li")) == 2
        watched(phone)


def test_leads_wait_without_network(
    system: RunningSystem, team: str, exhibitor: str, codes: Iterator[str]
) -> None:
    code = next(codes)
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, secret_of(system, team, exhibitor))
        known = len(phone.driver.find_elements("css selector", "#leads li"))
        phone.until("return navigator.serviceWorker.controller !== null", "the worker")
        phone.until(
            "return caches.keys().then(async ([name]) => (await (await caches.open(name)).keys()).length > 20)",
            "the files being kept",
        )
        cut_network(phone, off=True)
        phone.driver.refresh()
        phone.until(_READY, "the page being ready")
        type_code(phone, code)
        phone.find("#consent-yes").click()
        assert title(phone) == "Kept, and sent later"
        phone.find("#stars label:nth-child(5)").click()
        phone.find("#lead-form .main").click()
        # It closes once the rating is kept: "1 waiting" is there before.
        phone.until("return !document.getElementById('lead').open", "the rating being kept")
        assert "1 waiting" in phone.find("#network").text
        phone.driver.refresh()
        phone.until(_READY, "the page being ready")
        assert "1 waiting" in phone.find("#network").text
        phone.picture("leads-offline")
        cut_network(phone, off=False)
        phone.run("dispatchEvent(new Event('online'))")
        phone.until(
            "return document.querySelectorAll('#leads li').length === arguments[0]", "the lead", known + 1
        )
        assert phone.find("#leads em").text == "★★★★★"
        assert phone.find("#network").text == "Online"


def test_a_revoked_device_reads_nothing_and_sends_what_it_has_once_it_is_paired_again(
    system: RunningSystem, team: str, exhibitor: str, codes: Iterator[str]
) -> None:
    code = next(codes)
    path = f"/v1/exhibitors/{exhibitor}/lead-devices"
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, secret_of(system, team, exhibitor))
        cut_network(phone, off=True)
        type_code(phone, code)
        phone.find("#consent-yes").click()
        assert title(phone) == "Kept, and sent later"
        phone.press(Keys.ESCAPE)
        newest = system.ask("GET", path, token=team).json[0]["id"]
        assert system.ask("DELETE", f"{path}/{newest}", token=team).status == 200
        cut_network(phone, off=False)
        phone.run("dispatchEvent(new Event('online'))")
        phone.until("return document.getElementById('notice').innerText.includes('revoked')", "the notice")
        assert phone.run("return document.querySelectorAll('#leads li').length") == 0
        pair(phone, secret_of(system, team, exhibitor))
        assert phone.find("#network").text == "Online"
        type_code(phone, code)
        assert title(phone) == "A lead already"


@pytest.mark.parametrize(("size", "colors", "language"), [(SMALLEST, "dark", "ar"), (PHONE, "light", "de")])
def test_nothing_keeps_people_out(
    system: RunningSystem,
    team: str,
    exhibitor: str,
    codes: Iterator[str],
    size: tuple[int, int],
    colors: str,
    language: str,
) -> None:
    with chromium.screen(system.address, size, colors, language) as screen:
        open_page(screen, "/door/leads")
        accessible(screen, size)
        pair(screen, secret_of(system, team, exhibitor))
        accessible(screen, size)
        type_code(screen, next(codes))
        screen.find("#consent-yes")
        accessible(screen, size)
        screen.picture(f"leads-consent-{language}")
        screen.press(Keys.TAB)
        screen.find("#consent-yes").send_keys(Keys.ENTER)
        title(screen)
        accessible(screen, size)
        screen.picture(f"leads-lead-{language}")
        screen.press(Keys.ESCAPE)
        accessible(screen, size)
        screen.picture(f"leads-{language}")
        watched(screen)
