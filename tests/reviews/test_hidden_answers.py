"""What an anonymous phase hides is hidden by whatever name organizers gave it, and stays hidden."""

from typing import Any

import pytest

from tests.factories import stored
from tests.reviews.scene import Scene, make_scene
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


def ask(made: Scene, client: Client, identifier: str) -> str:
    """Ask a question of this name in the session form."""
    sent = {"field-identifier": identifier, "form": "session", "type": "text", "name": "Where do you work?"}
    reply = made.as_owner(client).post(
        "/v1/custom-forms", document("custom-form", sent, event=("event", made.event))
    )
    assert reply.status == 201, reply.text
    id: str = reply.data["id"]
    return id


def hide(made: Scene, client: Client, *names: str) -> Any:
    sent = document("review-phase", {"hidden-fields": list(names)}, made.phase.id)
    return made.as_owner(client).patch(f"/v1/review-phases/{made.phase.id}", sent)


def answer(made: Scene, client: Client, **values: str) -> None:
    talk = made.talks[0].id
    sent = document("session", {"complex-field-values": values}, talk)
    assert made.as_owner(client).patch(f"/v1/sessions/{talk}", sent).status == 200


def shown(made: Scene, client: Client) -> Any:
    return made.as_reviewer(client, 0).get(f"/v1/proposals/{made.talks[0].id}").data["attributes"]


def scene(client: Client, **phase: Any) -> Scene:
    made = stored(make_scene, talks=1, reviewers=1, **phase)
    assert made.assign(client, 0, 0).status == 201
    return made


@pytest.mark.parametrize("name", ["employerName", "employer-name", "employer_name", "employer2Name"])
def test_answers_are_hidden_by_the_name_of_their_question(client: Client, name: str) -> None:
    made = scene(client, is_anonymous=True)
    ask(made, client, name)
    answer(made, client, **{name: "Ada Ltd", "shoes": "42"})
    assert "Ada Ltd" in str(shown(made, client))
    assert hide(made, client, name).status == 200
    assert shown(made, client)["complex-field-values"] == {"shoes": "42"}


def test_attributes_are_hidden_by_their_name_in_the_form_too(client: Client) -> None:
    made = scene(client, is_anonymous=True, hidden_fields=[])
    for name in ("longAbstract", "title"):
        ask(made, client, name)
    assert "Ada" in shown(made, client)["long-abstract"]
    assert hide(made, client, "longAbstract").status == 200
    assert shown(made, client)["long-abstract"] is None
    refused = hide(made, client, "longAbstract", "title")  # is always shown
    pointer = "/data/attributes/hidden-fields/1"
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)


def test_a_question_is_hidden_under_its_new_name_too(client: Client) -> None:
    made = scene(client, is_anonymous=True)
    id = ask(made, client, "employer")
    assert hide(made, client, "employer").status == 200
    renamed = document("custom-form", {"field-identifier": "companyName"}, id)
    assert made.as_owner(client).patch(f"/v1/custom-forms/{id}", renamed).status == 200
    answer(made, client, employer="Ada Ltd", companyName="Ada Ltd", shoes="42")
    assert shown(made, client)["complex-field-values"] == {"shoes": "42"}
    assert hide(made, client, "companyName", "employer", "language").status == 200
