"""Mails: how long it takes to write one, from its template to MIME, in the languages of the catalogs.

Milliseconds of processor time of one mail about an order, median, after the template is compiled. `make
bench` has it, and a bulk mail to 2,000 attendees by a process that is killed twice (benchmarks/bulk_mail.py).
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from typing import Any, Final

from chalicelib import aws
from chalicelib.mail import send
from chalicelib.tasks.order_templates import Bought, Ticket, TimeAndPlace, ToBuyer
from chalicelib.values.localized import Amount
from chalicelib.values.messages import MAILS, languages

_MAILS: Final = 200
_RECIPIENTS: Final = "2000"


class _Nowhere:
    """SES that takes everything, at no cost."""

    def __init__(self) -> None:
        self.bytes = 0

    def send_raw_email(self, *, RawMessage: dict[str, bytes], **_: object) -> dict[str, str]:
        self.bytes = len(RawMessage["Data"])
        return {"MessageId": "taken"}


def measured() -> dict[str, float]:
    """{"en, ms", "de, ms", ..., "kB"} of a mail, and what benchmarks.bulk_mail measures."""
    written = {language: _one(language) for language in languages(MAILS)}
    figures = {f"{language}, ms": took for language, (took, _) in written.items()}
    return {**figures, "kB": max(size for _, size in written.values()), **_many()}


def _one(language: str) -> tuple[float, float]:
    """(milliseconds, kilobytes) of the mail to a buyer."""
    nowhere: Any = _Nowhere()
    ses, aws.ses = aws.ses, lambda: nowhere  # type: ignore[assignment]
    times = []
    try:
        for number in range(_MAILS):
            draft = _about(f"Jazz Days {number}").mail("ada@example.org", "https://example.org/orders/1")
            began = time.process_time()
            send(draft.mail(language))
            times.append(time.process_time() - began)
    finally:
        aws.ses = ses
    return median(times[1:]) * 1000, nowhere.bytes / 1000


def _about(event: str) -> ToBuyer:
    return ToBuyer(
        event=event,
        reference="4 kind otters sang softly",
        identifier="a1b2c3d4e5",
        lines=[Bought(quantity=2, ticket="Regular", price=Amount(Decimal(25), "EUR"))],
        total=Amount(Decimal(50), "EUR"),
        is_adjusted=False,
        at=TimeAndPlace(
            begin=datetime(2031, 5, 2, 17, tzinfo=UTC),
            end=datetime(2031, 5, 3, 9, tzinfo=UTC),
            timezone="Europe/Berlin",
            location="Hall 1",
            is_online=False,
        ),
        is_placed=True,
        is_due=False,
        way="",
        payment_details=[],
        tickets=[
            Ticket(name="Regular", holder=holder, code="a1b2c3-1")
            for holder in ("Ada Lovelace", "Grace Hopper")
        ],
        opens=True,
        after_order=["Bring a mug."],
    )


def _many() -> dict[str, float]:
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.bulk_mail", "--json"],
        env={**os.environ, "ROWS": os.environ.get("BULK_ROWS", _RECIPIENTS), "LOG_LEVEL": "ERROR"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    figures: dict[str, float] = json.loads(child.stdout.splitlines()[-1])
    return {f"bulk mail, {name}": value for name, value in figures.items()}


if __name__ == "__main__":
    print(json.dumps(measured(), indent=1))
