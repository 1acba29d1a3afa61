"""The page for people with a phone, without a mouse, in the dark, and with a screen reader."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import PHONE, Screen
from tests.browser.steps import (
    PAGES,
    answered,
    lightness,
    open_everything,
    open_request,
    send,
    status,
    wait_for_answer,
)
from tests.support.node import installed
from tests.support.running_system import ROOT


def test_the_page_can_be_used_by_keyboard_alone(screen: Screen) -> None:
    screen.open()
    screen.press(Keys.TAB)
    assert screen.focused() == "Skip to the content"
    assert screen.run("return document.activeElement.getBoundingClientRect().top >= 0")
    screen.press(Keys.ENTER)
    assert screen.run("return document.activeElement.id") == "content"

    screen.press("/")
    assert screen.run("return document.activeElement.id") == "search"
    screen.press(*"microlocation")
    screen.press(Keys.ARROW_DOWN, Keys.ARROW_UP)
    assert screen.find("#found").is_displayed()
    screen.press(Keys.ESCAPE)
    assert not screen.driver.find_element("id", "found").is_displayed()
    screen.press(*"microlocation", Keys.ENTER)
    screen.until("return document.activeElement.textContent === 'microlocation'", "the heading's focus")

    screen.tab_to("GET")
    assert "/v1/microlocations/{id}" in screen.focused()
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert screen.run(outline) == "solid"
    screen.press(Keys.ENTER)
    request = "#request-get-v1-microlocations-id"
    screen.find(f"{request} .send")
    screen.tab_to("Send GET")
    screen.press(Keys.ENTER)
    wait_for_answer(screen, request)
    assert status(screen, request) == "200"
    assert answered(screen, request)["data"]["attributes"]["name"] == "Main Hall"


def test_it_is_dark_where_the_system_is_dark_and_light_on_request(dark: Screen) -> None:
    dark.open("#/event")
    background = "return getComputedStyle(document.documentElement).backgroundColor"
    assert lightness(dark.run(background)) < 60
    dark.picture("noun-dark")
    dark.open()
    dark.picture("start-dark")
    dark.find("#colours").click()
    assert lightness(dark.run(background)) > 200
    dark.open()
    assert lightness(dark.run(background)) > 200  # the choice is kept
    dark.run("localStorage.clear()")


def test_a_phone_needs_no_scrolling_to_the_side(phone: Screen) -> None:
    phone.open()
    phone.picture("start-phone")
    for page in PAGES:
        phone.open(page)
        open_everything(phone)
        assert phone.run("return document.documentElement.scrollWidth") <= PHONE[0], page
    phone.open("#/event")
    phone.picture("noun-phone")


def test_a_phone_has_a_menu_and_tries_requests(phone: Screen) -> None:
    phone.open()
    navigation = phone.driver.find_element("id", "navigation")
    assert not navigation.is_displayed()
    phone.find("#menu-button").click()
    phone.until(
        "return document.getElementById('navigation').getBoundingClientRect().left === 0",
        "the menu sliding in",
    )
    phone.picture("menu-phone")
    phone.press(Keys.ESCAPE)
    assert phone.focused() == "Menu"
    phone.find("#search").send_keys("speaker")
    phone.picture("search-phone")
    phone.find("#search").send_keys(Keys.ENTER)
    request = open_request(phone, "speaker", "get-v1-speakers-id")
    send(phone, request, id="1")
    assert status(phone, request) == "200"
    phone.run("document.querySelector(arguments[0]).scrollIntoView()", f"{request} .reply")
    phone.picture("tried-phone")
    assert phone.run("return document.documentElement.scrollWidth") <= PHONE[0]


@pytest.mark.parametrize("kind", ["screen", "dark", "phone"])
def test_nothing_keeps_people_out(kind: str, request: pytest.FixtureRequest) -> None:
    shown: Screen = request.getfixturevalue(kind)
    axe = (installed(ROOT / "tests" / "browser") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    for page in PAGES:
        shown.open(page)
        if page == "#/ticket":
            open_everything(shown)
        shown.run(axe)
        found = shown.run("return axe.run(document, {resultTypes: ['violations', 'incomplete']})")
        told = [
            (item["id"], item["nodes"][0]["html"][:200], item["nodes"][0]["failureSummary"])
            for item in (*found["violations"], *found["incomplete"])
            if item["id"] != "color-contrast"
            or item in found["violations"]  # hidden behind the menu or beneath
        ]
        assert told == [], page
