"""The lines of business: one module each, one line below."""

from typing import Final

from simulation.domains.bookings import BOOKINGS
from simulation.domains.domain import Domain
from simulation.domains.orders import ORDERS

DOMAINS: Final[dict[str, Domain]] = {"orders": ORDERS, "bookings": BOOKINGS}
"""Every domain by name; tasks take turns over it."""
