"""The settings: one row, three views, and switches that follow from the keys."""

import re

from chalicelib.resources.admin.setting import Setting, SettingSchema
from chalicelib.resources.secret_fields import MASK, Secret
from tests.factories import stored
from tests.factories.setting import make_setting
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

SECRET_NAMES = re.compile(r"secret|password|bot_token|sendgrid_key")
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


def test_secrets_are_set_and_never_shown(client: Client, database: TestDatabase) -> None:
    stored(make_setting, stripe_secret_key="sk_live_1", smtp_password="hunter2", paypal_secret="")
    admin = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    shown = admin.get("/v1/settings").data["attributes"]
    assert {shown[name] for name in ("stripe-secret-key", "smtp-password")} == {MASK}
    assert (shown["paypal-secret"], shown["aws-secret"]) == (None, None)
    # As the old client saves: everything that it has read.
    sent = {**shown, "app-name": "Quay", "aws-secret": "new"}
    saved = admin.patch("/v1/settings", document("setting", sent, 1))
    assert (saved.status, saved.data["attributes"]["aws-secret"]) == (200, MASK)
    for secret in ("sk_live_1", "hunter2"):
        assert secret not in saved.text
    stored_now = "SELECT stripe_secret_key || ' ' || smtp_password || ' ' || aws_secret FROM settings"
    assert database.one(stored_now) == "sk_live_1 hunter2 new"
    assert admin.patch("/v1/settings", document("setting", {"smtp-password": None}, 1)).status == 200
    assert database.one("SELECT smtp_password FROM settings") is None
    guess = admin.get('/v1/settings?filter=[{"name":"stripe-secret-key","op":"like","val":"sk%"}]')
    assert "sk_live_1" not in guess.text


def test_every_secret_is_write_only(client: Client) -> None:
    """By the names of the columns: what may become one is caught here."""
    hidden = {
        name for name, field in SettingSchema(model=Setting).fields.items() if isinstance(field, Secret)
    }
    named = {column.key for column in Setting.__table__.columns if SECRET_NAMES.search(column.key)}
    assert named <= hidden, named - hidden


def test_secrets_cannot_be_guessed_by_filters(client: Client) -> None:
    stored(make_setting, smtp_password="hunter2")
    asked = client.get('/v1/settings?filter=[{"name":"smtp-password","op":"like","val":"h%"}]')
    assert "hunter2" not in asked.text
    assert asked.status in {200, 400, 404}
