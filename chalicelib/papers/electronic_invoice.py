"""Electronic invoice: what an invoice or credit note says as XML for programs (EN 16931, as UN/CEFACT CII).

The profile is that of Factur-X 1.0 and ZUGFeRD 2 called EN 16931, with the invoice's own amounts: what an
order cost beside its lines is an allowance or a charge of the whole, at each tax rate. Source: EN 16931-1,
terms BT-1 and on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from xml.etree.ElementTree import Element, register_namespace, tostring

from chalicelib.papers.cii import NAMES, date_inside, inside, tag_of
from chalicelib.values.currencies import digits_of

PROFILE: Final = "urn:cen.eu:en16931:2017"
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_VAT_ID: Final = re.compile(r"[A-Z]{2}[A-Z0-9+*.]{2,13}")
_CENT: Final = Decimal("0.01")
_NOTHING: Final = Decimal("0.00")
_INVOICE, _CREDIT_NOTE = "380", "381"  # UNTDID 1001
_PIECE = "C62"


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
    """An issued invoice: its number, its date, and what it says (tasks/issued_invoices.py).

    A credit note has the number and date of the invoice that it corrects.
    """

    number: str
    issued: date
    said: Mapping[str, Any]
    corrected: tuple[str, date] | None = None


def obstacle(told: IssuedInvoice) -> str:
    """Why there can be no electronic invoice, or "": EN 16931 demands what paper does without."""
    said, seller, buyer = told.said, told.said["seller"], told.said["buyer"]
    if said.get("is_test"):
        return "It is a test, which no program is to book."
    if not all(_COUNTRY.fullmatch(party.get("country", "")) for party in (seller, buyer)):
        return "The countries of seller and buyer are needed."
    if not _name(seller) or not _name(buyer):
        return "The names of seller and buyer are needed."
    if len(said["currency"]) != 3 or Decimal(said["total"]) != Decimal(said["total"]).quantize(_CENT):
        return "A currency with at most two decimals is needed."
    if not seller.get("tax_id"):
        return "The tax id of the seller is needed."
    # Taxes are rounded to the currency's decimals; parts of an invoice, so that they add up to it.
    slack = Decimal(2 if told.corrected else 1).scaleb(-digits_of(said["currency"]))
    for group in _groups(said):
        exact = group.net * Decimal(group.percent or 0) / 100
        if abs(exact - group.tax) > slack:
            return "The tax is not that of the net amount."
    return ""


def written(told: IssuedInvoice) -> bytes:
    """The XML of an invoice without obstacle."""
    for prefix, name in NAMES.items():
        register_namespace(prefix, name)
    root = Element(tag_of("rsm:CrossIndustryInvoice"))
    context = inside(root, "rsm:ExchangedDocumentContext")
    inside(inside(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", PROFILE)
    document = inside(root, "rsm:ExchangedDocument")
    inside(document, "ram:ID", told.number)
    inside(document, "ram:TypeCode", _CREDIT_NOTE if told.corrected else _INVOICE)
    date_inside(inside(document, "ram:IssueDateTime"), told.issued)
    inside(inside(document, "ram:IncludedNote"), "ram:Content", f"{told.said['event']}, {told.said['when']}")
    trade = inside(root, "rsm:SupplyChainTradeTransaction")
    lines = list(_net_lines(told.said))
    for number, (line, price, amount) in enumerate(lines, 1):
        _line(trade, told.said, str(number), line, price, amount)
    agreement = inside(trade, "ram:ApplicableHeaderTradeAgreement")
    taxed = bool(told.said["tax"])
    _party(inside(agreement, "ram:SellerTradeParty"), told.said["seller"], taxed=taxed, sells=True)
    _party(inside(agreement, "ram:BuyerTradeParty"), told.said["buyer"], taxed=taxed, sells=False)
    delivery = inside(trade, "ram:ApplicableHeaderTradeDelivery")
    event = inside(delivery, "ram:ActualDeliverySupplyChainEvent")
    date_inside(inside(event, "ram:OccurrenceDateTime"), date.fromisoformat(told.said["begin"]))
    settlement = inside(trade, "ram:ApplicableHeaderTradeSettlement")
    _settle(settlement, told.said, [(_percent(told.said, line), amount) for line, _, amount in lines])
    if told.corrected:
        corrected, issued = told.corrected
        preceding = inside(settlement, "ram:InvoiceReferencedDocument")
        inside(preceding, "ram:IssuerAssignedID", corrected)
        date_inside(inside(preceding, "ram:FormattedIssueDateTime"), issued, "qdt:DateTimeString")
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + tostring(root, encoding="unicode").encode()


def _net_lines(said: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Decimal, Decimal]]:
    """(line, net price of one, net amount): prices that include the tax are divided."""
    tax = said["tax"]
    for line in said["lines"]:
        percent = Decimal(line.get("percent") or tax["percent"]) if tax and tax["included"] else Decimal(0)
        divisor = 1 + percent / 100
        price = (Decimal(line["price"]) / divisor).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        yield line, price, _cents(price * line["quantity"])


def _line(
    trade: Element, said: Mapping[str, Any], number: str, line: Mapping[str, Any],
    price: Decimal, amount: Decimal,
) -> None:  # fmt: skip
    item = inside(trade, "ram:IncludedSupplyChainTradeLineItem")
    inside(inside(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", number)
    inside(inside(item, "ram:SpecifiedTradeProduct"), "ram:Name", line["name"] or "Ticket")
    agreement = inside(item, "ram:SpecifiedLineTradeAgreement")
    inside(inside(agreement, "ram:NetPriceProductTradePrice"), "ram:ChargeAmount", f"{price:f}")
    delivery = inside(item, "ram:SpecifiedLineTradeDelivery")
    inside(delivery, "ram:BilledQuantity", str(line["quantity"]), unitCode=_PIECE)
    settlement = inside(item, "ram:SpecifiedLineTradeSettlement")
    _category(inside(settlement, "ram:ApplicableTradeTax"), said, _percent(said, line))
    summed = inside(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    inside(summed, "ram:LineTotalAmount", str(amount))


def _party(party: Element, told: Mapping[str, str], *, taxed: bool, sells: bool) -> None:
    inside(party, "ram:Name", _name(told))
    tax_id = "".join(told.get("tax_id", "").split()).upper()
    is_vat_id = taxed and bool(_VAT_ID.fullmatch(tax_id))  # without tax there is none (BR-O-02)
    if sells and not is_vat_id:  # a seller is identified by one or the other (BR-CO-26)
        inside(inside(party, "ram:SpecifiedLegalOrganization"), "ram:ID", tax_id)
    address = inside(party, "ram:PostalTradeAddress")
    for tag, name in (
        ("ram:PostcodeCode", "zip"),
        ("ram:LineOne", "address"),
        ("ram:CityName", "city"),
        ("ram:CountryID", "country"),
        ("ram:CountrySubDivisionName", "state"),
    ):
        if told.get(name):
            inside(address, tag, told[name])
    if is_vat_id or (taxed and sells):
        registration = inside(party, "ram:SpecifiedTaxRegistration")
        inside(registration, "ram:ID", tax_id, schemeID="VA" if is_vat_id else "FC")


@dataclass(frozen=True, slots=True)
class _Group:
    """What is taxed at one rate (EN 16931, BG-23). `percent` is None without tax."""

    percent: str | None
    net: Decimal
    tax: Decimal


def _groups(said: Mapping[str, Any]) -> list[_Group]:
    tax, net, total = said["tax"], _cents(Decimal(said["net"])), _cents(Decimal(said["total"]))
    if tax and tax.get("rates") and not _is_reverse(said):
        groups = [_Group(at["percent"], Decimal(at["net"]), Decimal(at["amount"])) for at in tax["rates"]]
    else:
        groups = [_Group(_percent(said, {}), net, total - net)]
    # Lines that cost nothing in the end, such as fully discounted ones, may have rates of their own.
    others = dict.fromkeys(_percent(said, line) for line in said["lines"])
    known = {group.percent for group in groups}
    return groups + [_Group(percent, _NOTHING, _NOTHING) for percent in others if percent not in known]


def _percent(said: Mapping[str, Any], line: Mapping[str, Any]) -> str | None:
    """The rate that is charged on a line; None without tax."""
    if not said["tax"]:
        return None
    return "0" if _is_reverse(said) else str(line.get("percent") or said["tax"]["percent"])


def _settle(
    settlement: Element, said: Mapping[str, Any], amounts: Sequence[tuple[str | None, Decimal]]
) -> None:
    net, total = _cents(Decimal(said["net"])), _cents(Decimal(said["total"]))
    groups = _groups(said)
    differences = [
        (group, group.net - sum((amount for at, amount in amounts if at == group.percent), Decimal(0)))
        for group in groups
    ]
    inside(settlement, "ram:InvoiceCurrencyCode", said["currency"])
    for group in groups:
        trade_tax = inside(settlement, "ram:ApplicableTradeTax")
        inside(trade_tax, "ram:CalculatedAmount", str(group.tax))
        inside(trade_tax, "ram:TypeCode", "VAT")
        if _reason(said, group.percent):
            inside(trade_tax, "ram:ExemptionReason", _reason(said, group.percent))
        inside(trade_tax, "ram:BasisAmount", str(group.net))
        _category(trade_tax, said, group.percent, typed=True)
    for group, difference in differences:
        if difference:
            change = inside(settlement, "ram:SpecifiedTradeAllowanceCharge")
            inside(inside(change, "ram:ChargeIndicator"), "udt:Indicator", str(difference > 0).lower())
            inside(change, "ram:ActualAmount", str(abs(difference)))
            inside(change, "ram:Reason", "Discounts, fees and rounding")
            _category(inside(change, "ram:CategoryTradeTax"), said, group.percent)
    terms = inside(settlement, "ram:SpecifiedTradePaymentTerms")
    inside(terms, "ram:Description", "Due upon invoice")
    charges = sum((max(difference, Decimal(0)) for _, difference in differences), Decimal(0))
    allowances = sum((max(-difference, Decimal(0)) for _, difference in differences), Decimal(0))
    totals = inside(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    inside(totals, "ram:LineTotalAmount", str(_cents(sum((amount for _, amount in amounts), Decimal(0)))))
    inside(totals, "ram:ChargeTotalAmount", str(_cents(charges)))
    inside(totals, "ram:AllowanceTotalAmount", str(_cents(allowances)))
    inside(totals, "ram:TaxBasisTotalAmount", str(net))
    inside(totals, "ram:TaxTotalAmount", str(total - net), currencyID=said["currency"])
    inside(totals, "ram:GrandTotalAmount", str(total))
    inside(totals, "ram:DuePayableAmount", str(total))


def _category(parent: Element, said: Mapping[str, Any], percent: str | None, *, typed: bool = False) -> None:
    """The VAT category: S with its rate, AE (reverse charge) or E (exempt) with 0, or O, which has none."""
    if not typed:
        inside(parent, "ram:TypeCode", "VAT")
    if percent is None:
        inside(parent, "ram:CategoryCode", "O")
        return
    inside(parent, "ram:CategoryCode", "S" if Decimal(percent) else "AE" if _is_reverse(said) else "E")
    inside(parent, "ram:RateApplicablePercent", percent)


def _reason(said: Mapping[str, Any], percent: str | None) -> str | None:
    """Why nothing is charged, where that is so."""
    if percent is None:
        return "Not subject to VAT"
    if _is_reverse(said):
        return "Reverse charge"
    return None if Decimal(percent) else "Exempt from VAT"


def _is_reverse(said: Mapping[str, Any]) -> bool:
    return bool(said["tax"] and said["tax"].get("reverse_charge"))


def _name(party: Mapping[str, str]) -> str:
    return party.get("company") or party.get("name") or party.get("email") or ""


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
