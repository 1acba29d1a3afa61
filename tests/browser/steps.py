"""What somebody does on the page, one step at a time."""

import json
import subprocess
from typing import Any

from tests.browser.chromium import Screen
from tests.support.running_system import RunningSystem

EMAIL, PASSWORD = "mara.lindqvist@example.org", "demo-password"
# Pages that between them have everything a page can have.
PAGES = ("", "#/event", "#/ticket", "#/charge", "#/setting", "#/action/log-in", "#/action/use-code-of-event")


def open_request(screen: Screen, noun: str, name: str) -> str:
    """Open one request on the page of a noun; the selector that finds it."""
    screen.go(f"#/{noun}/request/{name}")
    request = f"#request-{name}"
    screen.find(f"{request} .send")
    return request


def open_everything(screen: Screen) -> None:
    """Whatever can be opened is, and what is in it."""
    for kind in ("main .opener[aria-expanded=false]", "main details:not([open]) > summary"):
        screen.run("for (const one of document.querySelectorAll(arguments[0])) one.click()", kind)
        screen.run("return new Promise((done) => setTimeout(done, 100))")
        screen.settle()


def send(screen: Screen, request: str, **ids: str) -> None:
    """Fill in what stands in the address, send it and wait for the answer."""
    for name, text in ids.items():
        field = screen.find(f"{request} input[id^={name}-]")
        field.clear()
        field.send_keys(text)
    screen.find(f"{request} .send").click()
    wait_for_answer(screen, request)


def wait_for_answer(screen: Screen, request: str) -> None:
    script = "return document.querySelector(`${arguments[0]} .status button`) !== null"
    screen.until(script, "the answer", request)


def status(screen: Screen, request: str) -> str:
    """The status of the answer that is shown."""
    return screen.find(f"{request} .code").text


def answered(screen: Screen, request: str) -> Any:
    """The document that is shown."""
    return json.loads(
        str(screen.run("return document.querySelector(arguments[0]).textContent", f"{request} .json"))
    )


def value(screen: Screen, selector: str) -> str:
    return str(screen.run("return document.querySelector(arguments[0]).value", selector))


def sign_in(screen: Screen, password: str = PASSWORD) -> None:
    screen.find("#token-button").click()
    screen.find("#email").send_keys(EMAIL)
    screen.find("#password").send_keys(password)
    screen.button("Sign in", "#credentials").click()
    if password == PASSWORD:
        screen.until(
            "return document.getElementById('token-button').textContent === 'Signed in'", "signing in"
        )


def token(system: RunningSystem) -> str:
    """A token of who signs in, from the API itself."""
    credentials = {"email": EMAIL, "password": PASSWORD}
    answer = system.ask("POST", "/v1/auth/login", credentials, media_type="application/json")
    return str(answer.json["access_token"])


def copied(screen: Screen, request: str) -> str:
    """What the button puts into the clipboard."""
    screen.button("Copy as curl", request).click()
    screen.until("return document.getElementById('news').textContent === 'Copied'", "copying")
    return str(screen.run("return navigator.clipboard.readText()"))


def ran(command: str, **variables: str) -> str:
    """What a shell prints when somebody pastes this."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **variables}
    done = subprocess.run(
        ["sh", "-euc", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def lightness(colour: str) -> float:
    """0 to 255, of a colour such as rgb(21, 23, 28)."""
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(parts) / 3
