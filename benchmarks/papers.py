"""Papers: how long a ticket and an invoice take, and how large they are.

Milliseconds of processor time for one page, median, after the fonts are open; each page has another name, so
that no shaped text is reused. `make bench` has it, and `python -m benchmarks.papers` alone.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Final

from chalicelib.papers import electronic_invoice, invoice
from chalicelib.papers.archived import Archived
from chalicelib.papers.electronic_invoice import IssuedInvoice
from chalicelib.papers.invoice import Line, Sheet
from chalicelib.papers.ticket import Ticket, drawn

_PAGES: Final = 30
_NAMES: Final = (
    "Ada Lovelace",
    "محمد عبد الله",
    "श्रीकृष्ण",
    "สมชาย",
    "山田太郎",
    "김철수",
    "\U0001f469\u200d\U0001f4bb",
)
_ORDER: Final = "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10"
_NOW: Final = datetime(2026, 12, 5, 9, tzinfo=UTC)


def measured() -> dict[str, float]:
    """Milliseconds and kilobytes of each paper."""
    figures: dict[str, float] = {}
    for title, make in (
        ("ticket", lambda n: drawn([_ticket(f"Ada Lovelace {n}")])),
        ("ticket in seven scripts", lambda n: drawn([_ticket(f"{' '.join(_NAMES)} {n}")])),
        ("invoice with its XML", _invoice),
    ):
        figures |= _one(title, make)
    return figures


def _one(title: str, make: Callable[[int], bytes]) -> dict[str, float]:
    make(-1)
    times, sizes = [], []
    for number in range(_PAGES):
        began = time.process_time()
        content = make(number)
        times.append((time.process_time() - began) * 1000)
        sizes.append(len(content) / 1000)
    return {f"{title}, ms": median(times), f"{title}, kB": max(sizes)}


def _ticket(holder: str) -> Ticket:
    return Ticket(
        event="Days of free software", kind="Early bird", holder=holder, address="ada@example.org",
        begin=_NOW, end=_NOW, zone="UTC", place="Lyon", order=_ORDER,
        reference="20 exultant leopards strode intensely",
        code=f"{_ORDER}-5c2e8a",
        after_order=("Thank you for coming.",),
    )  # fmt: skip


def _invoice(number: int) -> bytes:
    party = {"name": f"Ada Lovelace {number}", "country": "FR", "tax_id": "FR12345678901"}
    line = {"name": "Early bird", "quantity": 2, "price": "50.00", "amount": "100.00"}
    said = {
        "seller": party, "buyer": party, "event": "Days of free software", "when": "today",
        "begin": "2026-12-05",
        "currency": "EUR", "lines": [line],
        "tax": {"percent": "20", "included": False, "amount": "20.00"},
        "net": "100.00", "total": "120.00",
    }  # fmt: skip
    sheet = Sheet(
        "Invoice", f"2026-{number:06}", [party["name"], "Lyon"], [party["name"]], [("Order", _ORDER)],
        [Line("Early bird", "2", "50.00", "100.00")], [("VAT 20 %", "20.00"), ("Total EUR", "120.00")],
    )  # fmt: skip
    xml = electronic_invoice.written(IssuedInvoice(sheet.number, _NOW.date(), said))
    return invoice.drawn(sheet).content(Archived(xml, _NOW).add)


if __name__ == "__main__":
    for name, value in measured().items():
        print(f"{name}: {value:.1f}")
