"""Invented customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

FIRST_NAMES: Final = (
    "Amara", "Bruno", "Chloe", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Liam",
    "Mara", "Nadia", "Omar", "Priya", "Quinn", "Rosa", "Sven", "Tariq", "Uma", "Victor", "Wanda", "Yusuf",
)  # fmt: skip
LAST_NAMES: Final = (
    "Abbott", "Berger", "Castillo", "Dietrich", "Eriksen", "Fontaine", "Gupta", "Hansen", "Ito", "Jansen",
    "Kowalski", "Laurent", "Moreau", "Novak", "Okafor", "Petrov", "Quiroga", "Rossi", "Santos", "Tanaka",
)  # fmt: skip
STREETS: Final = ("Maple Avenue", "Harbour Road", "Mill Lane", "Station Street", "Chestnut Way", "Park Row")
CITIES: Final = (
    ("Portland", "OR", "97205"),
    ("Austin", "TX", "78704"),
    ("Denver", "CO", "80211"),
    ("Boston", "MA", "02118"),
    ("Seattle", "WA", "98103"),
    ("Chicago", "IL", "60614"),
)
BRANDS: Final = ("visa", "mastercard", "amex")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One customer."""

    user_id: str
    first_name: str
    last_name: str
    email: str
    address: dict[str, str]
    payment_id: str
    card_brand: str
    card_last_four: str
    tier: str

    def to_json(self) -> dict[str, object]:
        """Return what the lookup tool shows."""
        card = {"id": self.payment_id, "type": "credit_card", "brand": self.card_brand}
        return {
            "user_id": self.user_id,
            "name": {"first_name": self.first_name, "last_name": self.last_name},
            "email": self.email,
            "address": self.address,
            "payment_methods": [card | {"last_four": self.card_last_four}],
            "membership": self.tier,
        }


def make_account(rng: Random) -> Account:
    """Draw one customer."""
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    city, state, postcode = rng.choice(CITIES)
    number = rng.randrange(1000, 10000)
    address = {
        "street": f"{rng.randrange(1, 990)} {rng.choice(STREETS)}",
        "city": city,
        "state": state,
        "postcode": postcode,
        "country": "USA",
    }
    return Account(
        user_id=f"{first}_{last}_{number}".lower(),
        first_name=first,
        last_name=last,
        email=f"{first}.{last}{number}@example.com".lower(),
        address=address,
        payment_id=f"credit_card_{rng.randrange(1_000_000, 10_000_000)}",
        card_brand=rng.choice(BRANDS),
        card_last_four=f"{rng.randrange(10_000):04d}",
        tier=rng.choice(("regular", "regular", "silver", "gold")),
    )
