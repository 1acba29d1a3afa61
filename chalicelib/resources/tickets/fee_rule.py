"""Which of the platform's fees applies, as SQL: a basket needs no more of them."""


def fee_for(currency: str, country: str) -> str:
    """SELECT of service_fee and maximum_fee that apply, for two SQL expressions; no row where none does.

    The fee of the currency comes first, and of its fees that of the country, then the global one.
    """
    return (
        "SELECT coalesce(fee.service_fee, 0) AS service_fee, fee.maximum_fee FROM ticket_fees fee "  # noqa: S608 - no user input
        f"WHERE fee.currency = {currency} OR fee.currency IS NULL "
        f"ORDER BY fee.currency IS NULL, coalesce(fee.country = {country}, false) DESC, "
        "coalesce(fee.country, 'global') = 'global' DESC, fee.country, fee.id LIMIT 1"
    )
