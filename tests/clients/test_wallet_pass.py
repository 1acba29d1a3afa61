"""The pass.json of a ticket is one by the schemas of a library for Apple Wallet passes, passkit-generator."""

import json
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from chalicelib.papers.apple_pass import PassType, Place, content
from chalicelib.papers.ticket import Ticket
from tests.support.node import NODE, installed

HERE = Path(__file__).parent / "wallet"
_TOKYO = timezone(timedelta(hours=9))


def _known() -> dict[str, Any]:
    ticket = Ticket(
        event="Tage der Freiheit",
        kind="Early bird",
        holder="Alan Turing",
        address="alan@example.org",
        begin=datetime(2031, 12, 5, 10, tzinfo=_TOKYO),
        end=datetime(2031, 12, 5, 18, tzinfo=_TOKYO),
        zone="Asia/Tokyo",
        place="Lyon",
        order="3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10",
        reference="20 exultant leopards strode intensely",
        code="3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10-5c2e8a",
        note="To be paid at the entrance.",
        after_order=("See you there",),
    )
    kind = PassType("pass.org.example", "TEAM123456", "")
    return content(ticket, Place("Compiler Club", 45.76, 4.83), "3f0d-1", kind)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, ""),
        ({"barcodes": [{"format": "QR", "message": "x"}]}, "barcodes"),
        ({"relevantDate": 5}, "relevantDate"),
        ({"place": "Lyon"}, "place"),
    ],
)
def test_the_library_takes_it_and_would_notice(
    change: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "node_modules").symlink_to(installed(HERE))
    shutil.copy(HERE / "check.cjs", tmp_path)
    ended = subprocess.run(
        [str(NODE), "check.cjs"],
        cwd=tmp_path,
        input=json.dumps(_known() | change),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert (complaint in ended.stdout) if complaint else (ended.stdout == "")
