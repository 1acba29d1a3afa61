"""The door page when things go wrong: names that nobody expects, full storage, two tabs, an event that is gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.chromium import PHONE, Screen
from tests.browser.door_steps import (
    accessible,
    crowd,
    cut_network,
    dismiss,
    film,
    make_device,
    open_page,
    pair,
    renamed,
    ticket_codes,
    type_code,
    verdict,
    watched,
)
from tests.browser.steps import token
from tests.support.running_system import RunningSystem

SMALLEST = (320, 600)
STRANGE = (
    '<img src=x onerror="alert(1)">',
    "W" * 120,
    "عبد الرحمن بن عبد العزيز بن محمد آل سعود الهاشمي القرشي",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil\N{FAMILY}\N{RAINBOW}" * 6,
)
_READY = "return document.documentElement.dataset.ready !== undefined"
_ONLINE = "return document.getElementById('network').innerText.trim() === 'Online'"
_NOTICE = "return document.getElementById('notice').innerText"
_FULL = """
window.realPut = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
"""
# The next answer takes its time.
_SLOW = """
window.real = fetch;
window.fetch = (...sent) => new Promise((go) => (window.answer = go)).then(() => window.real(...sent));
"""


@pytest.fixture(scope="module")
def team(system: RunningSystem) -> str:
    """A token of the first event's owner."""
    crowd(system)
    return token(system)


@pytest.fixture(scope="module")
def codes(system: RunningSystem, team: str) -> Iterator[str]:
    return iter([code for code, _ in ticket_codes(system, team)[60:]])


def notice(phone: Screen) -> str:
    return str(phone.run(_NOTICE))


def test_no_name_and_no_note_breaks_the_page(system: RunningSystem, team: str) -> None:
    people = ticket_codes(system, team)[: len(STRANGE)]
    note = "<b onclick=alert(2)>note</b> " + "long" * 60
    secret = make_device(system, team, "<script>alert(1)</script>" + "D" * 70)["pairing"]["token"]
    with (
        renamed(system, [person for _, person in people], STRANGE, "Zzqxx" + "X" * 60, note),
        chromium.screen(system.address, SMALLEST, "dark", "ar") as phone,
    ):
        pair(phone, secret)
        for (code, _), name in zip(people, STRANGE, strict=True):
            type_code(phone, code)
            assert name in verdict(phone, "in")
            seen = "return document.getElementById('verdict-word').getBoundingClientRect().top"
            assert phone.run(seen) > 0, "the verdict is what is seen first"
            accessible(phone, SMALLEST)
            dismiss(phone)
        accessible(phone, SMALLEST)
        phone.find("#search").send_keys("zzqxx", "\n")
        phone.find("#found button")
        accessible(phone, SMALLEST)
        phone.find("#menu-button").click()
        wide = "const menu = document.getElementById('menu'); return menu.scrollWidth - menu.clientWidth"
        assert phone.run(wide) == 0
        watched(phone)


def test_it_goes_on_where_nothing_can_be_kept(system: RunningSystem, team: str, codes: Iterator[str]) -> None:
    first, second, third = next(codes), next(codes), next(codes)
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, make_device(system, team, "Cellar")["pairing"]["token"])
        cut_network(phone, off=True)
        phone.run(_FULL)
        for code in (first, second):
            type_code(phone, code)
            verdict(phone, "in")
            dismiss(phone)
        assert "keeps nothing" in notice(phone)
        type_code(phone, first)
        verdict(phone, "warn")
        dismiss(phone)
        phone.run("IDBObjectStore.prototype.put = window.realPut")
        cut_network(phone, off=False)
        phone.until(_ONLINE, "everything being sent")
        assert notice(phone) == ""
        # Somebody clears the browser's data while the page is open.
        phone.command("Storage.clearDataForOrigin", origin=system.address, storageTypes="indexeddb")
        type_code(phone, third)
        verdict(phone, "in")
        dismiss(phone)
        phone.run("dispatchEvent(new Event('online'))")
        phone.until(f"return ({_NOTICE.removeprefix('return ')}) === ''", "everything being kept anew")
        phone.driver.refresh()
        phone.until(_READY, "the page being ready")
        assert "Cellar" in phone.find("#gate").text
        cut_network(phone, off=True)
        for code in (first, third):
            type_code(phone, code)
            assert "already" in verdict(phone, "warn")
            dismiss(phone)


def test_one_tab_of_a_device_goes_on(system: RunningSystem, team: str) -> None:
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, make_device(system, team, "Once")["pairing"]["token"])
        phone.driver.switch_to.new_window("tab")
        phone.driver.get(f"{system.address}/door")
        assert "another tab" in phone.find("#elsewhere").text
        accessible(phone, (500, 780))  # the window itself is no smaller
        phone.find("#elsewhere button").click()
        phone.until(_READY, "the page being ready")
        assert "Once" in phone.find("#gate").text
        first, second = phone.driver.window_handles
        phone.driver.switch_to.window(first)
        assert "another tab" in phone.find("#elsewhere").text
        phone.driver.switch_to.window(second)
        phone.driver.close()
        phone.driver.switch_to.window(first)
        phone.find("#elsewhere button").click()
        phone.until(_READY, "the page being ready")
        assert "Once" in phone.find("#gate").text


def test_what_is_let_in_all_the_same_is_what_is_shown(
    system: RunningSystem, team: str, codes: Iterator[str], tmp_path: Path
) -> None:
    shown, other = next(codes), next(codes)
    flags = film(tmp_path / "two.y4m", [(shown, 2), ("", 2.5), (other, 3), ("", 3)])
    with chromium.screen(system.address, PHONE, flags=flags) as phone:
        pair(phone, make_device(system, team, "Slow")["pairing"]["token"])
        type_code(phone, shown)
        about = verdict(phone, "in")
        dismiss(phone)
        phone.find("#start").click()
        assert about.split("\n")[2] in verdict(phone, "warn")
        phone.run(_SLOW)
        phone.until(
            "return 'busy' in document.getElementById('view').dataset", "the next one being asked about"
        )
        phone.find("#force").click()
        phone.run("window.fetch = window.real; window.answer()")
        phone.until("return document.querySelectorAll('#recent li').length >= 4", "both verdicts")
    found = {code: person["attributes"] for code, person in ticket_codes(system, team, only_outside=False)}
    assert len(found[shown]["checkin-times"].split(",")) == 2
    assert len(found[other]["checkin-times"].split(",")) == 1


def test_nobody_is_admitted_to_an_event_that_is_gone_and_nothing_is_lost(
    system: RunningSystem, team: str, codes: Iterator[str]
) -> None:
    waiting, late = next(codes), next(codes)
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, make_device(system, team, "Gone")["pairing"]["token"])
        cut_network(phone, off=True)
        type_code(phone, waiting)
        verdict(phone, "in")
        dismiss(phone)
        with system.as_owner() as database:
            database.run("UPDATE events SET deleted_at = now() WHERE id = 1")
            try:
                cut_network(phone, off=False)
                phone.until(f"return ({_NOTICE.removeprefix('return ')}).includes('removed')", "the notice")
                type_code(phone, late)
                assert "removed" in verdict(phone, "no")
                dismiss(phone)
            finally:
                database.run("UPDATE events SET deleted_at = NULL WHERE id = 1")
        phone.run("dispatchEvent(new Event('online'))")
        phone.until(_ONLINE, "everything being sent")
        type_code(phone, waiting)
        assert "already" in verdict(phone, "warn")
        dismiss(phone)
        type_code(phone, late)
        verdict(phone, "in")


def test_who_unpairs_leaves_nothing_behind(system: RunningSystem, team: str, codes: Iterator[str]) -> None:
    with chromium.screen(system.address, PHONE) as phone:
        pair(phone, make_device(system, team, "Lent")["pairing"]["token"])
        type_code(phone, next(codes))
        name = verdict(phone, "in").split("\n")[2]
        dismiss(phone)
        assert name in phone.text()
        phone.find("#menu-button").click()
        for _ in range(2):
            phone.find("#unpair").click()
        phone.find("#pair-text")
        kept = "return JSON.stringify(localStorage) + document.documentElement.innerHTML"
        assert name not in phone.run(kept)
        assert "Nordic" not in phone.run(kept)
        open_page(phone)
        assert "Nordic" not in phone.run(kept)
