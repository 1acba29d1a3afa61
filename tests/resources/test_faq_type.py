"""FAQ types: names differ within an event, and removing one is final."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.faq import make_faq
from tests.factories.faq_type import make_faq_type
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


def test_names_differ_whatever_their_case_and_blanks(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    stored(make_faq_type, event=event, name="Getting there")
    asking = client.signed_in_as(owner)
    sent = document("faq-type", {"name": " getting THERE "}, event=("event", event))
    reply = asking.post("/v1/faq-types", sent)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (409, "/data/attributes/name")
    elsewhere = document(
        "faq-type", {"name": "Getting there"}, event=("event", stored(make_event, owner=owner))
    )
    assert asking.post("/v1/faq-types", elsewhere).status == 201


def test_removing_a_type_keeps_its_questions(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    kind = stored(make_faq_type, event=event)
    stored(make_faq, event=event, faq_type_id=kind.id)
    assert client.signed_in_as(stored(make_user)).delete(f"/v1/faq-types/{kind.id}").status == 403
    assert client.signed_in_as(owner).delete(f"/v1/faq-types/{kind.id}").status == 200
    assert database.rows("SELECT faq_type_id FROM faqs") == [{"faq_type_id": None}]
    assert database.one("SELECT count(*) FROM faq_types") == 0
