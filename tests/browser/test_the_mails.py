"""Every kind of mail as a phone shows it: in each language, light and dark, at 360 pixels, in the inbox of the stand-in."""

import json
import os
import subprocess
import sys
from base64 import b64encode

import pytest

from tests.browser.chromium import PHONE, Screen
from tests.browser.every_mail import LONG, USUAL, address_of
from tests.browser.steps import lightness
from tests.support.node import installed
from tests.support.running_system import ROOT, RunningSystem
from tests.tasks.test_mail_templates import KINDS

_CLIPPED = """
const wide = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > wide) return ['scrolled to the side'];
return [...document.body.querySelectorAll('*')].filter((part) => {
  const box = part.getBoundingClientRect(), look = getComputedStyle(part);
  return box.left < -1 || box.right > wide + 1 || part.scrollWidth > part.clientWidth + 1 && look.display !== 'inline'
    || (look.overflowX !== 'visible' || look.overflowY !== 'visible') || parseFloat(look.fontSize) < 13;
}).map((part) => part.outerHTML.slice(0, 200))
"""
_FITS = "return document.documentElement.scrollWidth <= innerWidth"
# Language, direction as written and as it is, what would be fetched, and the width of the screen.
_ABOUT = """
const page = document.documentElement;
return [page.lang, page.dir, getComputedStyle(document.body).direction,
  document.querySelectorAll('img, picture, video, link, script').length, innerWidth]
"""
_ASK_AXE = (
    "return axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})"
)


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


def _open_in_inbox(screen: Screen, place: int) -> str:
    """Look at the mail in its frame, in which no script runs; returns its HTML."""
    screen.driver.get(f"{screen.address}/local/mails?mail={place}")
    assert screen.run(_FITS)
    frame = screen.find("main iframe")
    assert frame.get_attribute("sandbox") == "allow-popups"
    content = frame.get_attribute("srcdoc") or ""
    screen.driver.switch_to.frame(frame)
    screen.until("return document.body !== null && document.body.innerText.length > 10", "the mail")
    assert screen.run(_FITS), place
    screen.driver.switch_to.default_content()
    return content


def _open_alone(screen: Screen, content: str) -> None:
    """The mail fills the screen, as a program for mails would show it."""
    screen.driver.get(f"data:text/html;base64,{b64encode(content.encode()).decode()}")


def test_each_mail_can_be_read_on_a_phone(phone: Screen, mails: list[tuple[int, str, str, str]]) -> None:
    assert {kind for _, kind, _, _ in mails} == {kind.folder for kind in KINDS}
    axe, wrong = _axe(), []
    for place, kind, language, variant in mails:
        _open_alone(phone, _open_in_inbox(phone, place))
        direction = "rtl" if language == "ar" else "ltr"
        assert phone.run(_ABOUT) == [language, direction, direction, 0, PHONE[0]], (kind, language)
        wrong += [(kind, language, variant, part) for part in phone.run(_CLIPPED)]
        if variant == USUAL:
            wrong += [(kind, language, *fault) for fault in _faults(phone, axe)]
        phone.picture(f"mail-{kind}-{language}{'-long' if variant == LONG else ''}")
    assert wrong == []


def test_each_mail_can_be_read_in_the_dark(dark: Screen, mails: list[tuple[int, str, str, str]]) -> None:
    axe, wrong = _axe(), []
    for place, kind, language, _ in mails:
        if language == "ar":
            _open_alone(dark, _open_in_inbox(dark, place))
            assert lightness(dark.run("return getComputedStyle(document.body).backgroundColor")) < 60
            wrong += [(kind, *fault) for fault in _faults(dark, axe)]
    assert wrong == []


def _axe() -> str:
    return (installed(ROOT / "tests" / "browser") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def _faults(screen: Screen, axe: str) -> list[tuple[str, str]]:
    """What axe finds, contrast included: the rule, and where."""
    screen.run(axe)
    found = screen.run(_ASK_AXE)
    return [(item["id"], item["nodes"][0]["html"][:150]) for item in found["violations"]]
