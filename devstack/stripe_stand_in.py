"""Stand-in for Stripe: a thin proxy in front of localstripe that adds what localstripe does not have.

localstripe keeps payments, cards, charges and refunds. Added here: connected accounts (Stripe-Account) and
their OAuth, idempotency keys, application fees, automatic payment methods, how a charge was paid, the check
that no more is refunded than was paid, disputes, and events with their account, signed as they are sent.
Shapes are those of docs.stripe.com/api.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from devstack.stand_in_server import Asked, StandInServer, Told, deliver, in_json
from devstack.stripe_backend import Backend
from devstack.stripe_connect import SECRET_KEY, Connect, Refusal, error_in
from devstack.stripe_listings import listed_since

DEMO_ACCOUNT: Final = "acct_demo"  # of an organizer in the demo data
WEBHOOK_SECRET: Final = "whsec_not_a_real_secret"
INTENTS: Final = "/v1/payment_intents"
_OURS: Final = frozenset(
    ("automatic_payment_methods", "payment_method_types", "application_fee_amount", "description", "expand")
)
# Test cards that localstripe does not know by name: docs.stripe.com/testing.
_DISPUTED: Final = "pm_card_createDispute"
_CARDS: Final = {_DISPUTED: "4242424242424242", "pm_card_threeDSecure2Required": "4000002500003155"}


class StripeStandIn:
    """The server. `events` are those that happened; they are sent to `webhook`, if there is one."""

    def __init__(
        self, port: int = 0, *, state: Path | None = None, log: Path | None = None, pays: bool = True
    ) -> None:
        self.connect = Connect()
        self.intents: dict[str, dict[str, Any]] = {}  # what we add to each, by id
        self.disputes: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.webhook: str | None = None
        self.fault: Callable[[Asked], Told | None] | None = None  # instead of an answer
        self.page_size = 100  # of refunds, whatever is asked for
        self._answers: dict[tuple[str, str], tuple[str, Told]] = {}
        self._kept = state.with_suffix(".json") if state is not None else None
        self._load()
        self._started = Backend(state, log) if pays else None  # else it connects accounts only
        self._server = StandInServer(self._answer, port)
        self.url = self._server.address

    def close(self) -> None:
        """Stop it."""
        self._server.close()
        if self._started is not None:
            self._started.close()

    @property
    def backend(self) -> Backend:
        if self._started is None:
            raise Refusal(500, "api_error", "This stand-in connects accounts only.")
        return self._started

    def pay(self, intent: str, number: str = "4242424242424242") -> dict[str, Any]:
        """Enter a card, and confirm; returns the intent. Declined cards leave it to be paid."""
        card = {"card[number]": number, "card[exp_month]": 12, "card[exp_year]": 2040, "card[cvc]": 123}
        method = self.backend.ask("POST", "/v1/payment_methods", {"type": "card", **card})[1]
        return self._confirm(intent, str(method["id"]))

    def authenticate(self, intent: str, *, success: bool) -> dict[str, Any]:
        """Answer the bank's question (3-D Secure)."""
        behind = f"{INTENTS}/{self.behind(intent)}"
        known = self.backend.ask("GET", behind, {})[1]
        sent = {"client_secret": known["client_secret"], "success": str(success).lower()}
        self.backend.ask("POST", f"{behind}/_authenticate", sent)
        return self._changed(intent)

    def dispute(self, intent: str, status: str = "needs_response") -> None:
        """The buyer's bank takes the money back, or asks to."""
        dispute = {"id": f"dp_{secrets.token_hex(8)}", "object": "dispute", "payment_intent": intent}
        self.disputes.insert(0, {**dispute, "status": status})
        self._happened("charge.dispute.created", self.disputes[0], self.intents[intent]["account"])

    def sign(self, event: Mapping[str, Any], at: int | None = None) -> tuple[bytes, str]:
        """The body of an event and its signature, as sent `at` this time."""
        body, moment = json.dumps(event).encode(), int(time.time()) if at is None else at
        digest = hmac.new(WEBHOOK_SECRET.encode(), b"%d.%s" % (moment, body), hashlib.sha256).hexdigest()
        return body, f"t={moment},v1={digest}"

    def _answer(self, asked: Asked) -> Told:
        self.calls.append((asked.method, asked.path))
        if self.fault is not None and (instead := self.fault(asked)) is not None:
            return instead
        sent = dict(parse_qsl(asked.query if asked.method == "GET" else asked.body.decode()))
        account, key = asked.headers.get("stripe-account", ""), asked.headers.get("idempotency-key")
        former = self._answers.get((account, key)) if key else None
        fingerprint = urlencode(sorted(sent.items())) + asked.path
        if former is not None:
            if former[0] != fingerprint:
                return in_json(400, error_in("idempotency_error", "This key was used with other parameters."))
            return former[1]
        try:
            told = in_json(200, self._handle(asked, sent, account))
        except Refusal as refusal:
            told = in_json(refusal.status, error_in(refusal.code, str(refusal)))
        if key:
            self._answers[account, key] = fingerprint, told
        self._save()
        return told

    def _load(self) -> None:
        if self._kept is not None and self._kept.exists():
            kept = json.loads(self._kept.read_text())
            self.connect.accounts, self.intents = set(kept["accounts"]), kept["intents"]

    def _save(self) -> None:
        if self._kept is not None:
            self._kept.write_text(json.dumps({"accounts": [*self.connect.accounts], "intents": self.intents}))

    def _handle(self, asked: Asked, sent: dict[str, str], account: str) -> Mapping[str, Any]:
        if asked.path.startswith("/oauth/"):
            return self.connect.answer(asked.path, sent)
        if asked.path.endswith(("/confirm", "/authenticate")) and "client_secret" in sent:
            return self._as_browser(asked.path.split("/")[3], asked.path.rpartition("/")[2], sent)
        if asked.path.startswith("/alipay/"):  # the page of the method, where the buyer agrees at once
            return self.pay(asked.path.removeprefix("/alipay/"))
        if asked.headers.get("authorization") != f"Bearer {SECRET_KEY}":
            raise Refusal(401, "api_key", "Invalid API Key provided.")
        if account and account not in self.connect.accounts:
            raise Refusal(403, "account_invalid", "The provided key does not have access to this account.")
        if asked.path == INTENTS and asked.method == "POST":
            return self._create(sent, account)
        if asked.method == "GET" and "created[gte]" in sent:
            return listed_since(self, asked.path, int(sent["created[gte]"]), account)
        intent = sent.get("payment_intent") or asked.path.removeprefix(f"{INTENTS}/").split("/")[0]
        if self.intents.get(intent, {}).get("account") != account:
            raise Refusal(404, "resource_missing", f"No such payment_intent: {intent}")
        if asked.path == "/v1/refunds" and asked.method == "POST":
            return self._refund(intent, sent)
        if asked.path == "/v1/disputes":
            return {"data": [dispute for dispute in self.disputes if dispute["payment_intent"] == intent]}
        if asked.path == "/v1/refunds":
            asked_for = {**sent, "payment_intent": self.behind(intent), "limit": str(self.page_size)}
            return self.backend.ask("GET", asked.path, asked_for)[1]
        if asked.path.endswith("/confirm"):
            if sent.get("payment_method_data[type]") != self.intents[intent]["method"]:
                raise Refusal(400, "payment_intent_invalid_parameter", "It is not paid by this method.")
            self.intents[intent]["redirects"] = True
            return self.seen(intent)
        if asked.path.endswith("/cancel"):
            if self.backend.ask("POST", f"{INTENTS}/{self.behind(intent)}/cancel", {})[0] != 200:
                raise Refusal(400, "payment_intent_unexpected_state", "It cannot be canceled.")
            return self._changed(intent)
        return self.seen(intent)

    def _as_browser(self, intent: str, what: str, sent: dict[str, str]) -> Mapping[str, Any]:
        """Stripe's script in a page: it confirms with a test card by name, or answers the bank's question."""
        if self.intents.get(intent, {}).get("client_secret") != sent["client_secret"]:
            raise Refusal(404, "resource_missing", f"No such payment_intent: {intent}")
        if what == "authenticate":
            return self.authenticate(intent, success=sent.get("success") == "true")
        method = sent.get("payment_method", "")
        told = self.pay(intent, _CARDS[method]) if method in _CARDS else self._confirm(intent, method)
        if method == _DISPUTED:
            self.dispute(intent)
        return told

    def _create(self, sent: dict[str, str], account: str) -> Mapping[str, Any]:
        theirs = {name: value for name, value in sent.items() if name.partition("[")[0] not in _OURS}
        if int(theirs.get("amount", 0)) <= 0:
            raise Refusal(400, "parameter_invalid_integer", "Invalid positive integer")
        told = self.backend.ask("POST", INTENTS, theirs)[1]
        fee = sent.get("application_fee_amount")
        self.intents[str(told["id"])] = {
            "account": account,
            "application_fee_amount": int(fee) if fee else None,
            "status": told["status"],
            "client_secret": told["client_secret"],
            "method": sent.get("payment_method_types[0]"),
        }
        return self.seen(str(told["id"]))

    def _confirm(self, intent: str, method: str) -> dict[str, Any]:
        known = self.seen(intent)
        if known.get("last_payment_error"):  # which localstripe lets nobody try again: another one behind it
            again = {name: known[name] for name in ("amount", "currency")}
            again |= {f"metadata[{name}]": value for name, value in known["metadata"].items()}
            self.intents[intent]["behind"] = self.backend.ask("POST", INTENTS, again)[1]["id"]
        behind = self.behind(intent)
        self.backend.ask("POST", f"{INTENTS}/{behind}", {"payment_method": method})
        self.backend.ask("POST", f"{INTENTS}/{behind}/confirm", {})
        return self._changed(intent)

    def _refund(self, intent: str, sent: dict[str, str]) -> Mapping[str, Any]:
        charge = self.seen(intent)["latest_charge"] or {}
        if int(sent["amount"]) > int(charge.get("amount", 0)) - int(charge.get("amount_refunded", 0)):
            raise Refusal(400, "charge_already_refunded", "Refund amount is greater than what is left.")
        theirs = {**sent, "payment_intent": self.behind(intent)}
        theirs.pop("refund_application_fee", None)
        told = self.backend.ask("POST", "/v1/refunds", theirs)[1]
        account = self.intents[intent]["account"]
        self._happened("charge.refunded", self.seen(intent)["latest_charge"], account)
        return told

    def seen(self, intent: str) -> dict[str, Any]:
        told = self.backend.ask("GET", f"{INTENTS}/{self.behind(intent)}", {})[1]
        added = self.intents[intent]
        charge = told.get("latest_charge")
        if charge:
            method = self.backend.ask("GET", f"/v1/payment_methods/{charge['payment_method']}", {})[1]
            kind = added.get("method") or method["type"]
            details = {"type": kind, kind: method.get(kind, {})}
            is_disputed = any(dispute["payment_intent"] == intent for dispute in self.disputes)
            more = {"payment_method_details": details, "disputed": is_disputed, "payment_intent": intent}
            told["latest_charge"] = {**charge, **more}
        ours = {"id": intent, "application_fee_amount": added["application_fee_amount"]}
        if added.get("redirects") and told["status"] == "requires_payment_method":
            page = {"url": f"{self.url}/alipay/{intent}"}
            ours["next_action"] = {"type": "alipay_handle_redirect", "alipay_handle_redirect": page}
            ours["status"] = "requires_action"
        return {**told, **ours, "client_secret": added.get("client_secret", told["client_secret"])}

    def behind(self, intent: str) -> str:
        """The id at localstripe."""
        return str(self.intents[intent].get("behind", intent))

    def _changed(self, intent: str) -> dict[str, Any]:
        """The intent after a change, which may be an event."""
        told, known = self.seen(intent), self.intents[intent]
        failed = told["status"] == "requires_payment_method" and told.get("last_payment_error")
        what = {"succeeded": "succeeded", "canceled": "canceled", "requires_action": "requires_action"}
        name = "payment_failed" if failed else what.get(told["status"])
        if name is not None and (failed or known["status"] != told["status"]):
            self._happened(f"payment_intent.{name}", told, known["account"])
        known["status"] = told["status"]
        return told

    def _happened(self, type: str, about: Mapping[str, Any], account: str) -> None:
        event = {
            "id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": type, "created": int(time.time()),
            "livemode": False, "data": {"object": dict(about)}, **({"account": account} if account else {}),
        }  # fmt: skip
        self.events.append(event)
        if self.webhook is not None:
            body, signature = self.sign(event)
            deliver(self.webhook, body, {"Stripe-Signature": signature})
