"""All exports, by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chalicelib.exports.attendees import ATTENDEES
from chalicelib.exports.check_ins import CHECK_INS
from chalicelib.exports.export import Export
from chalicelib.exports.orders import ORDERS
from chalicelib.exports.others import FOLLOWERS, SALES
from chalicelib.exports.programme import SESSIONS, SPEAKERS

EXPORTS: Final[Mapping[str, Export]] = MappingProxyType(
    {each.name: each for each in (ORDERS, ATTENDEES, SESSIONS, SPEAKERS, CHECK_INS, FOLLOWERS, SALES)}
)
