"""Connected accounts of the stand-in for Stripe: OAuth of Connect, with codes that are made up.

Source: docs.stripe.com/connect/oauth-reference.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SECRET_KEY: Final = "sk_test_not_a_real_key"
CLIENT_ID: Final = "ca_not_a_real_client"
PUBLISHABLE_KEY: Final = "pk_test_not_a_real_key"


class Refusal(Exception):
    """An error of Stripe's: status, code and text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def error_in(code: str, message: str) -> dict[str, Any]:
    """The document of an error, as Stripe's API or its OAuth tells it."""
    if code.startswith("invalid_"):  # of OAuth
        return {"error": code, "error_description": message}
    return {"error": {"type": "invalid_request_error", "code": code, "message": message}}


@dataclass(slots=True)
class Connect:
    """The connected accounts; every code that begins with ac_ is one's, and works once if `once`."""

    accounts: set[str] = field(default_factory=set)
    once: bool = False
    used: set[str] = field(default_factory=set)

    def answer(self, path: str, sent: Mapping[str, str]) -> Mapping[str, Any]:
        """The answer to /oauth/token or /oauth/deauthorize. Raises Refusal."""
        if path == "/oauth/deauthorize":
            account = sent.get("stripe_user_id", "")
            if account not in self.accounts or sent.get("client_id") != CLIENT_ID:
                raise Refusal(401, "invalid_client", "This application is not connected to that account.")
            self.accounts.remove(account)
            return {"stripe_user_id": account}
        code = sent.get("code", "")
        is_used = self.once and code in self.used
        if not code.startswith("ac_") or is_used or sent.get("client_secret") != SECRET_KEY:
            raise Refusal(400, "invalid_grant", f"Authorization code does not exist: {code}")
        self.used.add(code)
        account = f"acct_{hashlib.sha256(code.encode()).hexdigest()[:16]}"
        self.accounts.add(account)
        return {
            "stripe_user_id": account,
            "stripe_publishable_key": f"pk_test_{account}",
            "access_token": "sk_test_of_the_account",
            "refresh_token": "rt_of_the_account",
            "scope": "read_write",
            "livemode": False,
            "token_type": "bearer",
        }
