"""What takes a password that was given a short while ago is refused a quarter of an hour later, everywhere."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from chalicelib import clock
from chalicelib.auth import tokens
from devstack.source import read_modules
from tests.auth.holder import CHANGE, PLAIN
from tests.factories import stored
from tests.factories.profile import make_profile
from tests.factories.user import PASSWORD, make_user
from tests.people.acting import Person, claims_of, detach, join, switch
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.running_system import ROOT

FRESH_LOGIN = "/v1/auth/fresh-login"


def _change_password(_person: Person, asking: Client) -> Reply:
    sent = {"old-password": PASSWORD, "new-password": "another long password"}
    return asking.post(CHANGE, {"data": sent}, content_type=PLAIN)


def _change_address(person: Person, asking: Client) -> Reply:
    sent = document("user", {"email": "new@example.org"}, id=person.user.id)
    return asking.patch(f"/v1/users/{person.user.id}", sent)


def _take_up_staff_powers(person: Person, asking: Client) -> Reply:
    return switch(asking, stored(make_profile, user=person.user, is_staff=True).id)


DEMANDING: Final[dict[str, Callable[[Person, Client], Reply]]] = {
    "changing the password": _change_password,
    "changing the address": _change_address,
    "joining accounts": lambda _person, asking: join(asking, stored(make_user).email),
    "detaching a profile": lambda person, asking: detach(asking, person.museum.id),
    "taking up staff powers": _take_up_staff_powers,
}


@pytest.mark.parametrize("doing", DEMANDING)
def test_a_password_counts_for_a_quarter_of_an_hour(client: Client, doing: str) -> None:
    person = Person(client, is_admin=True)
    asking = person.under()
    with clock.shifted(timedelta(minutes=16)):
        late = DEMANDING[doing](person, asking)
        assert (late.status, "fresh token" in late.errors[0]["detail"]) == (401, True)
        again = asking.post(FRESH_LOGIN, {"password": PASSWORD}, content_type=PLAIN)
        done = DEMANDING[doing](person, client.signed_in_as(again.json["access_token"]))
        assert done.status in {200, 201}, done.text


def test_leaving_a_profile_takes_a_fresh_token_too(client: Client) -> None:
    person = Person(client)
    asking = person.under(person.museum)
    with clock.shifted(timedelta(minutes=14)):
        assert switch(asking, None).status == 200
    with clock.shifted(timedelta(minutes=16)):
        assert switch(asking, None).status == 401


def test_switching_does_not_make_a_password_younger(client: Client) -> None:
    person = Person(client)
    with clock.shifted(timedelta(minutes=-10)):
        asking = person.under()
    switched = switch(asking, person.museum.id)
    assert tokens.is_fresh(claims_of(switched))
    with clock.shifted(timedelta(minutes=6)):
        later = client.signed_in_as(switched.json["access_token"])
        assert switch(later, person.club.id).status == 401


def test_whether_a_token_is_fresh_is_asked_in_one_place() -> None:
    asking = re.compile(r"\b(?:viewer|claims|context\.viewer)\.fresh\b")
    found = {
        module.name: len(asking.findall(module.text)) for module in read_modules(ROOT) if module.is_product
    }
    assert {name: n for name, n in found.items() if n} == {
        "chalicelib.auth.tokens": 1,  # is_fresh(), for the viewer and for switching
        "chalicelib.auth.viewer": 1,  # demand_fresh()
    }
