"""The settings: one row, three views, and switches that follow from the keys."""

from tests.factories import stored
from tests.factories.setting import make_setting
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client

SECRETS = {"aws-secret", "stripe-secret-key", "smtp-password", "google-client-secret", "paypal-secret"}


def test_the_public_users_and_staff_each_see_more(client: Client) -> None:
    public = client.get("/v1/settings").data["attributes"].keys()
    user = client.signed_in_as(stored(make_user)).get("/v1/settings").data["attributes"].keys()
    staff = (
        client.signed_in_as(stored(make_user, is_admin=True)).get("/v1/settings").data["attributes"].keys()
    )
    assert public < user < staff
    assert user - public == {"android-app-url", "web-app-url"}
    assert staff > SECRETS
    assert not user & SECRETS


def test_any_id_leads_to_the_one_row_which_staff_changes(client: Client) -> None:
    admin = client.signed_in_as(stored(make_user, is_admin=True))
    sent = document("setting", {"app-name": "Quay", "order-expiry-time": 60}, 1)
    assert client.patch("/v1/settings", sent).status == 401
    assert client.signed_in_as(stored(make_user)).patch("/v1/settings", sent).status == 403
    assert admin.patch("/v1/settings", sent).status == 200
    shown = client.get("/v1/settings/7?refresh=true").data
    assert (shown["id"], shown["attributes"]["app-name"]) == ("1", "Quay")
    assert admin.patch("/v1/settings", document("setting", {"order-expiry-time": 61}, 1)).status == 422


def test_a_way_to_pay_is_on_when_its_keys_are_there(client: Client) -> None:
    assert client.get("/v1/settings").data["attributes"]["is-paypal-activated"] is False
    stored(make_setting, paypal_mode="sandbox", paypal_client="id", paypal_secret="key")
    assert client.get("/v1/settings").data["attributes"]["is-paypal-activated"] is False
    stored(make_setting, paypal_sandbox_client="id", paypal_sandbox_secret="key", alipay_secret_key="")
    shown = client.get("/v1/settings").data["attributes"]
    assert shown["is-paypal-activated"] is True
    assert shown["is-billing-paypal-activated"] is False
    assert shown["is-alipay-activated"] is False


def test_secrets_cannot_be_guessed_by_filters(client: Client) -> None:
    stored(make_setting, smtp_password="hunter2")
    asked = client.get('/v1/settings?filter=[{"name":"smtp-password","op":"like","val":"h%"}]')
    assert "hunter2" not in asked.text
    assert asked.status in {200, 400, 404}
