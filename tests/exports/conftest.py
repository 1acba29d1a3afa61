"""An event with its organizer, who asks for exports."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.exports.asking import Asking
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

BEGINS = datetime(2031, 7, 1, 8, tzinfo=UTC)
ENDS = datetime(2031, 7, 3, 16, tzinfo=UTC)


@dataclass
class Fair:
    """An event in Berlin's time zone, and its coorganizer."""

    client: Client
    pump: Pump
    database: TestDatabase

    def __post_init__(self) -> None:
        dates = {"starts_at": BEGINS, "ends_at": ENDS, "timezone": "Europe/Berlin"}
        self.event = stored(make_event, payment_currency="EUR", **dates)
        self.helper = stored(make_user)
        stored(make_users_events_roles, user=self.helper, event=self.event)
        self.asking = self.asked_by(self.helper)

    def asked_by(self, user: Any) -> Asking:
        """Exports asked for by somebody else."""
        return Asking(self.client.signed_in_as(user), self.pump)

    def path(self, file: str) -> str:
        """The address of an export."""
        return f"/events/{self.event.id}/exports/{file}"


@pytest.fixture
def fair(client: Client, pump: Pump, database: TestDatabase) -> Fair:
    return Fair(client, pump, database)
