"""Countries: ISO 3166 codes, and the English names that clients have sent."""

from typing import Final

# Code and name or names; XK is the usual code of Kosovo.
_COUNTRIES: Final = """
    AD Andorra | AE United Arab Emirates | AF Afghanistan | AG Antigua and Barbuda | AI Anguilla | AL
    Albania | AM Armenia | AO Angola | AQ Antarctica | AR Argentina | AS American Samoa | AT Austria | AU
    Australia | AW Aruba | AX Åland Islands | AZ Azerbaijan | BA Bosnia and Herzegovina;Bosnia & Herzegovina
    | BB Barbados | BD Bangladesh | BE Belgium | BF Burkina Faso | BG Bulgaria | BH Bahrain | BI Burundi |
    BJ Benin | BL Saint Barthélemy | BM Bermuda | BN Brunei Darussalam;Brunei | BO Bolivia, Plurinational
    State of;Bolivia | BQ Bonaire, Sint Eustatius and Saba | BR Brazil | BS Bahamas | BT Bhutan | BV Bouvet
    Island | BW Botswana | BY Belarus | BZ Belize | CA Canada | CC Cocos (Keeling) Islands | CD Congo, The
    Democratic Republic of the;Democratic Republic of the Congo | CF Central African Republic | CG Congo |
    CH Switzerland | CI Côte d'Ivoire;Ivory Coast | CK Cook Islands | CL Chile | CM Cameroon | CN China | CO
    Colombia | CR Costa Rica | CU Cuba | CV Cabo Verde;Cape Verde | CW Curaçao | CX Christmas Island | CY
    Cyprus | CZ Czechia;Czech Republic | DE Germany | DJ Djibouti | DK Denmark | DM Dominica | DO Dominican
    Republic | DZ Algeria | EC Ecuador | EE Estonia | EG Egypt | EH Western Sahara | ER Eritrea | ES Spain |
    ET Ethiopia | FI Finland | FJ Fiji | FK Falkland Islands (Malvinas);Falkland Islands | FM Micronesia,
    Federated States of;Federated States Of Micronesia | FO Faroe Islands | FR France | GA Gabon | GB United
    Kingdom;Great Britain | GD Grenada | GE Georgia | GF French Guiana | GG Guernsey | GH Ghana | GI
    Gibraltar | GL Greenland | GM Gambia | GN Guinea | GP Guadeloupe | GQ Equatorial Guinea | GR Greece | GS
    South Georgia and the South Sandwich Islands | GT Guatemala | GU Guam | GW Guinea-Bissau | GY Guyana |
    HK Hong Kong | HM Heard Island and McDonald Islands | HN Honduras | HR Croatia | HT Haiti | HU Hungary |
    ID Indonesia | IE Ireland | IL Israel | IM Isle of Man | IN India | IO British Indian Ocean Territory |
    IQ Iraq | IR Iran, Islamic Republic of;Iran | IS Iceland | IT Italy | JE Jersey | JM Jamaica | JO Jordan
    | JP Japan | KE Kenya | KG Kyrgyzstan | KH Cambodia | KI Kiribati | KM Comoros | KN Saint Kitts and
    Nevis | KP Korea, Democratic People's Republic of;North Korea | KR Korea, Republic of;South Korea | KW
    Kuwait | KY Cayman Islands | KZ Kazakhstan | LA Lao People's Democratic Republic;Laos | LB Lebanon | LC
    Saint Lucia | LI Liechtenstein | LK Sri Lanka | LR Liberia | LS Lesotho | LT Lithuania | LU Luxembourg |
    LV Latvia | LY Libya | MA Morocco | MC Monaco | MD Moldova, Republic of;Moldova | ME Montenegro | MF
    Saint Martin (French part) | MG Madagascar | MH Marshall Islands | MK North
    Macedonia;Macedonia;Macedonia (The Former Yugoslav Republic Of Macedonia) | ML Mali | MM Myanmar | MN
    Mongolia | MO Macao;Macau | MP Northern Mariana Islands | MQ Martinique | MR Mauritania | MS Montserrat
    | MT Malta | MU Mauritius | MV Maldives | MW Malawi | MX Mexico | MY Malaysia | MZ Mozambique | NA
    Namibia | NC New Caledonia | NE Niger | NF Norfolk Island | NG Nigeria | NI Nicaragua | NL Netherlands |
    NO Norway | NP Nepal | NR Nauru | NU Niue | NZ New Zealand | OM Oman | PA Panama | PE Peru | PF French
    Polynesia | PG Papua New Guinea | PH Philippines | PK Pakistan | PL Poland | PM Saint Pierre and
    Miquelon | PN Pitcairn | PR Puerto Rico | PS Palestine, State of;Palestine | PT Portugal | PW Palau | PY
    Paraguay | QA Qatar | RE Réunion | RO Romania | RS Serbia | RU Russian Federation;Russia | RW Rwanda |
    SA Saudi Arabia | SB Solomon Islands | SC Seychelles | SD Sudan | SE Sweden | SG Singapore | SH Saint
    Helena, Ascension and Tristan da Cunha | SI Slovenia | SJ Svalbard and Jan Mayen | SK Slovakia | SL
    Sierra Leone | SM San Marino | SN Senegal | SO Somalia | SR Suriname | SS South Sudan | ST Sao Tome and
    Principe | SV El Salvador | SX Sint Maarten (Dutch part) | SY Syrian Arab Republic;Syria | SZ
    Eswatini;Swaziland | TC Turks and Caicos Islands | TD Chad | TF French Southern Territories | TG Togo |
    TH Thailand | TJ Tajikistan | TK Tokelau | TL Timor-Leste;East Timor | TM Turkmenistan | TN Tunisia | TO
    Tonga | TR Türkiye;Turkey | TT Trinidad and Tobago | TV Tuvalu | TW Taiwan, Province of China;Taiwan |
    TZ Tanzania, United Republic of;Tanzania | UA Ukraine | UG Uganda | UM United States Minor Outlying
    Islands | US United States;United States of America;USA | UY Uruguay | UZ Uzbekistan | VA Holy See
    (Vatican City State);Vatican City;Holy See | VC Saint Vincent and the Grenadines | VE Venezuela,
    Bolivarian Republic of;Venezuela | VG Virgin Islands, British;Virgin Islands (British) | VI Virgin
    Islands, U.S.;Virgin Islands (U.S.) | VN Viet Nam;Vietnam | VU Vanuatu | WF Wallis and Futuna | WS Samoa
    | XK Kosovo | YE Yemen | YT Mayotte | ZA South Africa | ZM Zambia | ZW Zimbabwe
"""


def _code_of() -> dict[str, str]:
    codes: dict[str, str] = {}
    for country in " ".join(_COUNTRIES.split()).split(" | "):
        code, names = country.split(" ", 1)
        codes |= {name.casefold(): code for name in (code, *names.split(";"))}
    return codes


_CODE_OF: Final = _code_of()
CODES: Final = frozenset(_CODE_OF.values())


def stored_form(country: str) -> str:
    """The code of the country with this code or name; anything else is returned unchanged. Total and
    idempotent.
    """
    return _CODE_OF.get(" ".join(country.split()).casefold(), country)
