"""A cold checkout, from a package: it writes orders, and no other resource type is imported for it (ADR 15)."""

import json

import pytest

from chalicelib.auth import tokens
from chalicelib.resources import REGISTRY
from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.cold_functions import cold_functions
from tests.support.databases import TestDatabase
from tests.support.packages import packaged
from tests.test_cold_writes import event_of


def test_a_checkout_imports_no_resource_type(
    tmp_path_factory: pytest.TempPathFactory, database: TestDatabase
) -> None:
    buyer, ticket = stored(make_user, is_verified=True), stored(make_ticket)
    order = {"tickets": [{"id": ticket.id, "quantity": 1}]}
    token = tokens.access_token(buyer.id, fresh=True)
    with cold_functions(packaged(tmp_path_factory.mktemp("package"))) as functions:
        answered = functions.answer([event_of(("POST", "/v1/orders/create-order", order), token)])
    (answer,) = answered["answers"]
    assert (answer["statusCode"], json.loads(answer["body"])["data"]["type"]) == (200, "order")
    modules_of_types = {resource.schema.__module__ for resource in REGISTRY}
    assert len(modules_of_types) > 50
    assert modules_of_types & {*answered["modules"]} == set()
