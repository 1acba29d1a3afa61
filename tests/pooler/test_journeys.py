"""Stories of people, told on a running system whose requests and tasks all go by way of a pooler."""

from collections.abc import Iterator

import pytest

from tests.journeys.test_buy_with_codes import (
    buyer,
    event,
    organizer,
    test_a_discount_goes_from_the_organizer_to_the_buyers_until_it_is_used_up,
    test_many_who_race_for_a_discount_get_it_as_often_as_it_is_there,
)
from tests.journeys.test_buying_as_guest import test_guests_buy_pay_revoke_and_claim
from tests.journeys.test_orders import test_tickets_are_ordered_paid_cancelled_and_shown_at_the_door
from tests.journeys.test_waiting_list import test_from_the_waiting_list_to_the_purchase
from tests.support.directories import tmp_path
from tests.support.running_system import RunningSystem, running

__all__ = [
    "buyer",
    "event",
    "organizer",
    "system",
    "test_a_discount_goes_from_the_organizer_to_the_buyers_until_it_is_used_up",
    "test_from_the_waiting_list_to_the_purchase",
    "test_guests_buy_pay_revoke_and_claim",
    "test_many_who_race_for_a_discount_get_it_as_often_as_it_is_there",
    "test_tickets_are_ordered_paid_cancelled_and_shown_at_the_door",
    "tmp_path",
]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system with six workers and the pump, for which a pooler has four connections."""
    state = tmp_path_factory.mktemp("system")
    with running(state, WORKERS="6", DATABASE_URL="", POOLER="1") as found:
        assert "PgBouncer" in " ".join(found.said)
        yield found
