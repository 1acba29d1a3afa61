"""Who tells the stories of the audit: somebody at a browser, whose tokens are planted as they come."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest

from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump
from tests.telemetry.leaks import Planted

_JWT = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")


@dataclass
class Story:
    """What every story needs; whatever in it is somebody's is planted."""

    client: Client
    pump: Pump
    database: TestDatabase
    planted: Planted
    environment: pytest.MonkeyPatch

    def ask(
        self, method: str, path: str, json: object = None, token: str | None = None, **more: Any
    ) -> Reply:
        """Ask as somebody at an address of their own; each token in the answer is planted."""
        place = self.planted.plant("address of a caller", "203.0.113.77")
        agent = self.planted.plant("browser", "Marmalade-Browser/7.3")
        headers = {"User-Agent": agent, "X-Forwarded-For": place, **more.pop("headers", {})}
        asking = Client(token, place)
        reply = asking.request(method, path, json, headers=headers, **more)
        for actual in _JWT.findall(f"{reply.text} {reply.headers}"):
            self.planted.plant_token("token", actual)
        return reply

    def mailed_token(self) -> str:
        """The token in the newest mail."""
        self.pump.everything()
        found = re.search(r"token=(\S+)", self.pump.mails()[-1]["text"])
        assert found
        self.planted.plant("mailed token, as in the link", found[1])
        return self.planted.plant("mailed token", unquote(found[1]))
