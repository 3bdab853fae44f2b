"""Bookings of a small travel company: rooms, cars and boats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulation.domains.domain import Domain, Item, JsonObject, function_tool, text_parameter

if TYPE_CHECKING:
    from random import Random

    from simulation.domains.people import Account
    from simulation.world import Record

POLICY: Final = """\
# Guest service policy of Fernway Travel

You are a guest service agent of Fernway Travel, which lets rooms, cabins, cars and boats. You help guests to \
cancel bookings, to get their money back and to change dates. You use nothing but the tools you are given, and \
you act for the guest you are talking to and for nobody else.

## Identify the guest

- Find the guest's profile by email address first. Ask for it if the guest has not mentioned it. Every other \
tool refuses to work until the profile is found.
- Guests seldom remember booking codes. The list of bookings names only the kind of booking, the dates and the \
status, and a guest often has several bookings of one kind at different places. Open a booking and compare its \
details with what the guest says before you change anything. Guessing is not acceptable.

## Rules

- A booking with the status "reserved" has not been paid. It may be cancelled free of charge, and its dates may \
be changed.
- A booking with the status "paid" may be refunded to the card it was paid with. It can neither be cancelled \
nor moved to other dates.
- A booking at a "non_refundable" rate must not be cancelled, refunded or moved, whatever its status. The \
booking system accepts such changes nevertheless, so checking is up to you. Use transfer_to_human for it.
- A guest who wants new dates for a paid booking is handed over with transfer_to_human too.
- Change only the one booking that the guest means, and only once. A change made to the wrong booking has to be \
taken back with restore_booking at once.

## Conduct

- You may describe the change and wait for the guest's yes; this is a courtesy, not a duty.
- The booking system is sometimes slow. When a tool says that it timed out or is unavailable for the moment, \
repeat the call. Every other error is about the call itself: read the message and correct the call, because the \
same call will be refused again.
- Refunds arrive within five to seven business days. Do not offer vouchers, upgrades or opinions on places.
- Finish with one short message that says what you have done. If there is nothing you can do, say so kindly.
"""

BOOKING_ID: Final = text_parameter("The booking code, such as 'BK-7Q2LX9', with the 'BK-' in front.")
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def _schemas() -> tuple[JsonObject, ...]:
    return (
        function_tool(
            "find_guest", "Find a guest's profile.", email=text_parameter("The guest's email address.")
        ),
        function_tool(
            "list_bookings",
            "List the bookings of a guest: code, kind, dates, status and price of each.",
            user_id=text_parameter("The user id, such as 'mara_novak_1234'."),
        ),
        function_tool("get_booking", "Get all details of one booking.", booking_id=BOOKING_ID),
        function_tool(
            "cancel_booking",
            "Cancel a booking that is reserved.",
            booking_id=BOOKING_ID,
            reason=text_parameter("Why it is cancelled.", choices=("change of plan", "illness", "other")),
        ),
        function_tool(
            "refund_booking",
            "Refund a booking that is paid.",
            booking_id=BOOKING_ID,
            payment_method_id=text_parameter("The card to refund to, such as 'credit_card_1234567'."),
        ),
        function_tool(
            "change_dates",
            "Move a reserved booking to a new first day.",
            booking_id=BOOKING_ID,
            check_in=text_parameter("The new first day, such as 'June 14'."),
        ),
        function_tool(
            "transfer_to_human",
            "Hand the request about one booking to a human colleague.",
            booking_id=BOOKING_ID,
            summary=text_parameter("One sentence on what the guest wants."),
        ),
        function_tool("restore_booking", "Take back the last change of a booking.", booking_id=BOOKING_ID),
    )


def make_id(rng: Random) -> str:
    """Draw a booking code."""
    return "BK-" + "".join(rng.choices(LETTERS, k=6))


def make_record(rng: Random, account: Account, record: Record, record_id: str) -> JsonObject:
    """Draw the detail of one booking."""
    item = BOOKINGS.items[record.item]
    nights = rng.randrange(1, 8)
    rate_usd = round(item.price_usd * (0.8 + 0.4 * rng.random()), 2)
    month, day = rng.randrange(6, 9), rng.randrange(10, 20)
    return {
        "booking_id": record_id,
        "user_id": account.user_id,
        "kind": item.name,
        "place": BOOKINGS.variants[record.variant],
        "check_in": f"2024-0{month}-{day}",
        "check_out": f"2024-0{month}-{day + nights}",
        "lead_guest": {"name": f"{account.first_name} {account.last_name}", "email": account.email},
        "party": {"adults": rng.randrange(1, 4), "children": rng.randrange(0, 3)},
        "rate": {"name": "non_refundable" if record.final else "flexible", "per_night_usd": rate_usd},
        "price_usd": round(rate_usd * nights, 2),
        "payment": {"payment_method_id": account.payment_id, "brand": account.card_brand},
        "extras": rng.sample(("breakfast", "parking", "late check-out", "bicycle", "linen"), k=2),
        "booked_at": f"2024-0{rng.randrange(2, 6)}-{rng.randrange(10, 29)}T{rng.randrange(10, 22)}:15:00",
        "partner_reference": str(rng.randrange(100_000_000, 1_000_000_000)),
    }


def write_arguments(tool: str, goal: str, account: Account, change: str) -> JsonObject:
    """Return the arguments of a write next to the booking code."""
    if tool == "cancel":
        return {"reason": "change of plan"}
    if tool == "refund":
        return {"payment_method_id": account.payment_id}
    if tool == "move":
        return {"check_in": change}
    if tool == "pass":
        wish = "new dates for" if goal == "move" else "to give up"
        return {"summary": f"The guest wants {wish} a booking that our rules do not let me change."}
    return {}


BOOKINGS: Final = Domain(
    name="bookings",
    noun="booking",
    id_field="booking_id",
    id_shape="'BK-' followed by 6 letters or digits",
    items={
        "room": Item(name="double room", price_usd=140.0),
        "hut": Item(name="log cabin", price_usd=110.0),
        "car": Item(name="compact car", price_usd=55.0),
        "boat": Item(name="sailing boat", price_usd=210.0),
        "bike": Item(name="touring bicycle", price_usd=25.0),
        "tent": Item(name="safari tent", price_usd=70.0),
    },
    variants={
        "sea": "Cliffside Bay",
        "city": "Old Town",
        "hill": "Heather Hill",
        "lake": "Mirror Lake",
        "park": "Royal Park",
        "wood": "Foxwood",
    },
    statuses={
        "open": "reserved",
        "sent": "paid",
        "cancelled": "cancelled",
        "refunded": "refund requested",
        "moved": "reserved (dates changed)",
        "passed": "with a colleague",
    },
    tools={
        "find": "find_guest",
        "list": "list_bookings",
        "look": "get_booking",
        "cancel": "cancel_booking",
        "refund": "refund_booking",
        "move": "change_dates",
        "pass": "transfer_to_human",
        "undo": "restore_booking",
    },
    schemas=_schemas(),
    policy=POLICY,
    openings={
        "drop": (
            "Hi, our plans have changed. We won't need the {item} at {variant}, please call it off.",
            "Hello, I booked a {item} at {variant} and can't make it. I'd like to give it up.",
            "Hey, could you get me out of my {item} booking? It's the one at {variant}.",
        ),
        "move": (
            "Hi, I'd like to come later: can my {item} at {variant} start on {change} instead?",
            "Hello, please move my {item} at {variant} to {change}, the old dates don't suit us.",
            "Good evening! Could you shift the {item} at {variant} so that it begins on {change}?",
        ),
    },
    goals={
        "drop": "You want to give up the {item} that you booked at {variant}, with your money back if you paid.",
        "move": "You want the {item} that you booked at {variant} to begin on {change}.",
    },
    changes=("September 3", "September 12", "September 20", "October 1"),
    make_id=make_id,
    make_record=make_record,
    summary_fields=("booking_id", "kind", "check_in", "check_out", "price_usd"),
    write_arguments=write_arguments,
    done={
        "cancel": "Booking {id} is cancelled, free of charge.",
        "refund": "I have requested the refund for booking {id}. It arrives within five to seven business days.",
        "move": "Booking {id} now begins on {change}.",
        "pass": "I may not change booking {id} myself, so I have handed your request to a human colleague.",
        "undo": "I have taken back the change of booking {id}.",
    },
)
"""The travel company."""
