"""Faults, seeded: single ones at exchanges with services, and spells in which a service refuses all."""

import base64
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from devstack.fault_messages import HttpMessage, refusal
from devstack.fault_proxy import AFTER, BEFORE, CUT, KILL, REFUSED, SLOW, WITHIN, Fault

POSTGRES, AWS, STRIPE = "PostgreSQL", "AWS", "Stripe"
# Shares of exchanges that meet a fault, by what is asked; anything else of AWS and Stripe is at the last.
_SHARES: Final = {"statement": 0.003, "rollback": 0.01, "commit": 0.02, "connect": 0.02}
_OF_HTTP: Final = 0.06
_BREAKS: Final = tuple((what, moment) for what in (CUT, KILL) for moment in (BEFORE, AFTER, WITHIN))
# Seconds of being slow: below our own timeouts, and beyond them.
_SLOW: Final = {
    POSTGRES: (0.2, 1.5, 6.0),
    "sqs": (0.5, 6.0),
    "s3": (0.5, 9.0),
    "ses": (0.5, 9.0),
    STRIPE: (0.5, 9.0),
}
_STATUSES: Final = (500, 503, 429)
_MESSAGE: Final = re.compile(rb"(?i)^message-id:\s*(<[^>]+>)", re.MULTILINE)


@dataclass(slots=True)
class Weather:
    """Chooses faults for the proxies, and remembers them. It is calm until `storms`."""

    seed: int
    intensity: float = 1.0
    storms: bool = False
    counted: Counter[str] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)  # by Message-ID: those that SES took unheard
    closed: dict[str, float] = field(default_factory=dict)  # services that throttle everybody until then
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _chances: dict[str, random.Random] = field(default_factory=dict)

    def choose(self, service: str, kind: str, message: HttpMessage | None) -> Fault | None:
        """The fault of an exchange, or None."""
        if not self.storms:
            return None
        name = kind.partition(" ")[0] if service == AWS else service
        with self._lock:
            chance = self._chances.setdefault(name, random.Random(f"{self.seed} {name}"))  # noqa: S311
            fault = self._drawn(chance, service, name, kind)
            if fault is not None:
                self._note(name, kind, fault, message)
            return fault

    def _drawn(self, chance: random.Random, service: str, name: str, kind: str) -> Fault | None:
        speaks_http = service != POSTGRES
        if speaks_http and self.closed.get(name, 0.0) > time.monotonic():
            return _refused(chance, kind, BEFORE)
        if chance.random() >= _SHARES.get(kind, _OF_HTTP) * self.intensity:
            return None
        lot = chance.random()
        if lot < 0.2:
            return Fault(SLOW, seconds=chance.choice(_SLOW.get(name, _SLOW["s3"])))
        if speaks_http and lot < 0.5:
            return _refused(chance, kind, chance.choice((BEFORE, BEFORE, AFTER)))
        what, moment = chance.choice(_BREAKS)
        return Fault(what, moment)

    def _note(self, name: str, kind: str, fault: Fault, message: HttpMessage | None) -> None:
        about = kind if name == POSTGRES else name
        moment = f", {fault.moment}" if fault.what != SLOW else ""
        self.counted[f"{POSTGRES + ' ' if name == POSTGRES else ''}{about}: {fault.what}{moment}"] += 1
        if name == "ses" and message is not None and (fault.moment != BEFORE or fault.what == SLOW):
            self.mails[id_of_mail(message.body)] += 1


def _refused(chance: random.Random, kind: str, moment: str) -> Fault:
    # A service that has done it may fail with 500 or 503; it throttles before it does anything.
    status = chance.choice(_STATUSES if moment == BEFORE else _STATUSES[:2])
    return Fault(REFUSED, moment, answer=refusal(status, kind, "Throttling" if kind[:3] == "ses" else ""))


def id_of_mail(body: bytes) -> str:
    """The Message-ID of the mail that SES is asked to send."""
    raw = re.search(rb"(?:^|&)RawMessage\.Data=([^&]+)", body)
    found = _MESSAGE.search(base64.b64decode(unquote_to_bytes(raw[1]))) if raw else None
    return found[1].decode() if found else ""
