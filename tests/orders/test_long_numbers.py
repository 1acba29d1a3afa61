"""Numbers of papers that have outgrown their six digits are whole wherever they are told."""

from chalicelib import clock
from tests.orders.test_credit_notes import counter, german, localstripe, notes, sold, stripe
from tests.support.payments import Counter

__all__ = ["counter", "german", "localstripe", "stripe"]


def test_numbers_of_more_than_six_digits_are_whole(german: Counter) -> None:
    # After a restoration numbers go on in another range, which is the shortest way to a million.
    german.database.run(
        "INSERT INTO restorations (moment, lost_until, restored_at, number_floor, first_year, last_year) "
        "VALUES ('2001-01-01', '2001-01-02', '2001-01-02', 1234566, 2000, 9999)"
    )
    order = sold(german, 1)
    assert german.refund(order, amount=50).status == 200
    german.pump.everything()
    (note,) = notes(german, order)
    year = clock.now().year
    assert note["attributes"]["number"] == f"{year}-C1234567"
    found = german.asking.get(f"/v1/credit-notes?filter[number]={year}-C1234567").data
    assert [paper["id"] for paper in found] == [note["id"]]
    report = german.organizer.get(f"/v1/events/{german.event.id}/accounting.csv").text
    for number in (f"{year}-1234567", f"{year}-C1234567"):
        assert f",{number}," in report, report
