"""Every kind of mail as a phone shows it: in each language, light and dark, at 360 pixels, in the inbox of the stand-in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium.webdriver.common.by import By

from tests.browser.chromium import PHONE, SCREENSHOTS, Screen
from tests.browser.every_mail import LONG, USUAL, address_of
from tests.support.node import installed
from tests.support.running_system import ROOT, RunningSystem
from tests.tasks.test_mail_templates import KINDS

_CLIPPED = """
const wide = document.documentElement.clientWidth;
return [...document.body.querySelectorAll('*')].filter((part) => {
  const box = part.getBoundingClientRect(), look = getComputedStyle(part);
  return box.left < -1 || box.right > wide + 1 || part.scrollWidth > part.clientWidth + 1 && look.display !== 'inline'
    || (look.overflowX !== 'visible' || look.overflowY !== 'visible') || parseFloat(look.fontSize) < 13;
}).map((part) => part.outerHTML.slice(0, 200))
"""


@pytest.fixture(scope="module")
def mails(system: RunningSystem) -> list[tuple[int, str, str, str]]:
    """The place in the inbox, the kind, language and variant of each mail."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.every_mail"],
        cwd=ROOT,
        env={**os.environ, **system.variables()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    sent = json.loads(done.stdout.splitlines()[-1])
    places = {mail["to"][0]: place for place, mail in enumerate(system.ask("GET", "/local/mails").json)}
    return [(places[address_of(*about)], *about) for about in sent]


@contextmanager
def _within(screen: Screen, place: int) -> Iterator[None]:
    screen.driver.switch_to.default_content()
    screen.driver.get(f"{screen.address}/local/mails?mail={place}")
    assert screen.run("return document.documentElement.scrollWidth <= innerWidth")
    assert screen.run("return innerWidth") >= PHONE[0]
    frame = screen.find("main iframe")
    assert frame.get_attribute("sandbox") == "allow-popups"
    screen.driver.switch_to.frame(frame)
    screen.until("return document.body !== null && document.body.innerText.length > 10", "the mail")
    yield
    screen.driver.switch_to.default_content()


def test_each_mail_can_be_read_on_a_phone(phone: Screen, mails: list[tuple[int, str, str, str]]) -> None:
    assert {kind for _, kind, _, _ in mails} == {kind.folder for kind in KINDS}
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    wrong = []
    for place, kind, language, variant in mails:
        with _within(phone, place):
            root = phone.driver.find_element(By.TAG_NAME, "html")
            direction = "rtl" if language == "ar" else "ltr"
            assert (root.get_attribute("lang"), root.get_attribute("dir")) == (language, direction)
            assert phone.run("return getComputedStyle(document.body).direction") == direction
            assert (
                phone.run("return document.querySelectorAll('img, picture, video, link, script').length") == 0
            )
            assert phone.run("return document.documentElement.scrollWidth <= innerWidth"), (kind, language)
            wrong += [(kind, language, variant, part) for part in phone.run(_CLIPPED)]
        if variant == USUAL or language == "de":
            path = SCREENSHOTS / f"mail-{kind}-{language}{'-long' if variant == LONG else ''}.png"
            phone.find("main iframe").screenshot(str(path))
    assert wrong == []


@pytest.mark.parametrize("kind", ["phone", "dark"])
def test_mails_keep_nobody_out(
    kind: str, mails: list[tuple[int, str, str, str]], request: pytest.FixtureRequest
) -> None:
    shown: Screen = request.getfixturevalue(kind)
    axe = (installed(ROOT / "tests" / "browser") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    told = []
    for place, folder, language, variant in mails:
        if variant == LONG or (kind == "dark" and language == "en"):
            continue
        with _within(shown, place):
            shown.run(axe)
            found = shown.run(
                "return axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})"
            )
            told += [
                (folder, language, item["id"], item["nodes"][0]["html"][:150]) for item in found["violations"]
            ]
    assert told == []
