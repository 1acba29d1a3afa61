"""Chromium for tests: started without a screen, watched for errors and for what it fetches."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--disable-dev-shm-usage",
)
_PATIENCE = 10.0
LARGE, PHONE = (1440, 900), (360, 780)  # CSS pixels; few phones are narrower


@dataclass(frozen=True, slots=True)
class Screen:
    """One window of Chromium, and where the system under test is."""

    driver: webdriver.Chrome
    address: str

    def open(self, fragment: str = "") -> None:
        """Load /docs anew and wait until it can be used."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.address}/docs{fragment}")
        self.until("return document.documentElement.dataset.ready !== undefined", "the page being ready")
        self.settle()

    def go(self, fragment: str) -> None:
        """Follow a link within the page."""
        self.run("location.hash = arguments[0]", fragment)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing on the page is awaited any more."""
        self.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.until("return document.querySelector('main [aria-busy=true]') === null", "everything arriving")

    def run(self, script: str, *arguments: Any) -> Any:
        """The result of JavaScript."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        """The first element of this kind that can be seen, as soon as there is one."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            for element in self.driver.find_elements(By.CSS_SELECTOR, selector):
                if element.is_displayed():
                    return element
            assert time.monotonic() < deadline, f"no {selector} can be seen: {self.text()[:500]}"
            time.sleep(0.05)

    def button(self, text: str, within: str = "body") -> WebElement:
        """The button with this text."""
        for element in self.find(within).find_elements(By.CSS_SELECTOR, "button"):
            if element.is_displayed() and element.text == text:
                return element
        raise AssertionError(f"no button {text!r} in {within}")

    def text(self) -> str:
        """All text that can be seen."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    def until(self, script: str, what: str, *arguments: Any) -> Any:
        """What JavaScript answers as soon as that is true."""
        deadline = time.monotonic() + _PATIENCE
        while not (found := self.run(script, *arguments)):
            assert time.monotonic() < deadline, f"{what} did not happen within {_PATIENCE:.0f} s"
            time.sleep(0.05)
        return found

    def press(self, *keys: str) -> None:
        """Keys, one after the other, wherever the focus is."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def tab_to(self, description: str, most: int = 60) -> None:
        """Press Tab until the focus is on something whose text or name begins like this."""
        for _ in range(most):
            self.press(Keys.TAB)
            if self.focused().startswith(description):
                return
        raise AssertionError(f"{most} Tabs do not lead to {description!r}")

    def focused(self) -> str:
        """What the focus is on, as it would be called."""
        return str(
            self.run(
                "const at = document.activeElement;"
                "return (at.getAttribute('aria-label') || at.labels?.[0]?.textContent"
                " || at.innerText || at.id || at.tagName).trim()"
            )
        )

    def command(self, name: str, **parameters: Any) -> Any:
        """Something that only the browser's own protocol can do."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def picture(self, name: str) -> Path:
        """A screenshot under build/screenshots."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        assert self.driver.save_screenshot(str(path))
        return path

    def complaints(self) -> list[str]:
        """What the console says is wrong; that the API refused a request is no news."""
        return [
            item["message"]
            for item in self._log("browser")
            if item["level"] != "INFO" and not (item["source"] == "network" and "/v1/" in item["message"])
        ]

    def fetched(self) -> list[str]:
        """Every address that was asked for since the last time."""
        found = []
        for entry in self._log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries


def _installed(program: str) -> str:
    path = shutil.which(program)
    assert path, f"there is no {program} here; install it: apt-get install chromium chromium-driver"
    return path


@contextmanager
def screen(
    address: str,
    size: tuple[int, int] = LARGE,
    colours: str = "light",
    language: str = "en",
    flags: tuple[str, ...] = (),
) -> Iterator[Screen]:
    """A browser for the length of the block, that wants this language."""
    browser, driver = _installed("chromium"), _installed("chromedriver")
    with tempfile.TemporaryDirectory(prefix="test-chromium-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        languages = {"intl.accept_languages": language}
        options.add_experimental_option("prefs", languages)
        for flag in (*_FLAGS, *flags, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            found = Screen(started, address)
            phone = size == PHONE
            measures = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": phone}
            found.command("Emulation.setDeviceMetricsOverride", **measures)
            scheme = {"name": "prefers-color-scheme", "value": colours}
            found.command("Emulation.setEmulatedMedia", features=[scheme])
            permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
            found.command("Browser.grantPermissions", origin=address, permissions=permissions)
            yield found
        finally:
            started.quit()
