"""Orders and refunds of a household-goods shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulation.domains.domain import Domain, Item, JsonObject, function_tool, text_parameter

if TYPE_CHECKING:
    from random import Random

    from simulation.domains.people import Account
    from simulation.world import Record

POLICY: Final = """\
# Customer service policy of Larkhill Home

You are a service agent of Larkhill Home, an online shop for household goods. You help customers to cancel, \
return or redirect orders. You work only with the tools below, and only for the customer you are talking to.

## Before anything else

- Find the customer's account by email address. If the customer has not given it, ask for it. No other tool \
works before the account is found.
- Customers describe products in their own words and rarely know an order id. The list of orders shows only \
the kind of product, the date and the status. Several orders may hold the same kind of product in different \
finishes, so look at the details of an order before you change it. Never change an order on a guess.

## What is allowed

- An order whose status is "pending" has not been shipped. It may be cancelled, and its delivery address may \
be changed.
- An order whose status is "delivered" may be refunded to the payment method it was paid with. It can no \
longer be cancelled, and its address can no longer be changed.
- An item marked "final_sale" may be neither cancelled, refunded nor redirected. The system does not check \
this for you. Hand such a request to a human colleague with transfer_to_human.
- A customer who wants a new address for an order that was delivered already must be handed to a human \
colleague as well.
- Change exactly the one order that the customer asks about, and change it once. If you changed the wrong \
order, take the change back with reopen_order before you go on.

## How to work

- You may tell the customer what you are about to do and wait for a yes, but you do not have to.
- Tools now and then answer that they are temporarily unavailable or timed out. Try the same call again. Any \
other error means that the call itself is wrong: read it and change the call rather than repeating it.
- Refunds take five to seven business days. Do not promise anything else, and give no advice on products.
- When the request is settled, close the conversation with one short message that says what was done. If you \
cannot help, say so politely.
"""

ORDER_ID: Final = text_parameter("The order id, such as '#W1234567', with the '#' in front.")
REASONS: Final = ("no longer needed", "ordered by mistake")


def _schemas() -> tuple[JsonObject, ...]:
    address: JsonObject = {
        "type": "object",
        "description": "The new delivery address.",
        "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        "required": ["street", "city"],
    }
    return (
        function_tool(
            "find_user", "Find a customer's account.", email=text_parameter("The customer's email address.")
        ),
        function_tool(
            "list_orders",
            "List the orders of a customer: id, kind of product, date, status and total of each.",
            user_id=text_parameter("The user id, such as 'mara_novak_1234'."),
        ),
        function_tool("get_order", "Get all details of one order.", order_id=ORDER_ID),
        function_tool(
            "cancel_order",
            "Cancel an order that is pending.",
            order_id=ORDER_ID,
            reason=text_parameter("Why the order is cancelled.", choices=REASONS),
        ),
        function_tool(
            "refund_order",
            "Refund an order that was delivered.",
            order_id=ORDER_ID,
            payment_method_id=text_parameter(
                "The payment method to refund to, such as 'credit_card_1234567'."
            ),
        ),
        function_tool(
            "change_address", "Change the address of a pending order.", order_id=ORDER_ID, address=address
        ),
        function_tool(
            "transfer_to_human",
            "Hand the request about one order to a human colleague.",
            order_id=ORDER_ID,
            summary=text_parameter("One sentence on what the customer wants."),
        ),
        function_tool("reopen_order", "Take back the last change of an order.", order_id=ORDER_ID),
    )


def make_id(rng: Random) -> str:
    """Draw an order id."""
    return f"#W{rng.randrange(1_000_000, 10_000_000)}"


def make_record(rng: Random, account: Account, record: Record, record_id: str) -> JsonObject:
    """Draw the detail of one order."""
    item = ORDERS.items[record.item]
    quantity = rng.choice((1, 1, 1, 2))
    price_usd = round(item.price_usd * (0.8 + 0.4 * rng.random()), 2)
    month, day, hour, minute = (
        rng.randrange(2, 6),
        rng.randrange(10, 29),
        rng.randrange(10, 22),
        rng.randrange(10, 60),
    )
    return {
        "order_id": record_id,
        "user_id": account.user_id,
        "placed_at": f"2024-0{month}-{day}T{hour}:{minute}:00",
        "product": item.name,
        "options": {"finish": ORDERS.variants[record.variant], "pack": rng.choice(("boxed", "gift wrapped"))},
        "item_id": str(rng.randrange(1_000_000_000, 10_000_000_000)),
        "quantity": quantity,
        "unit_price_usd": price_usd,
        "total_usd": round(price_usd * quantity, 2),
        "final_sale": record.final,
        "delivery_address": account.address,
        "shipment": {
            "carrier": rng.choice(("Parcelway", "Northpost", "QuickShip")),
            "tracking_id": str(rng.randrange(100_000_000_000, 1_000_000_000_000)),
            "warehouse": rng.choice(("RENO-2", "DALLAS-1", "NEWARK-4")),
        },
        "payment_method_id": account.payment_id,
        "loyalty_points": int(price_usd),
        "gift_note": rng.choice((None, None, "Happy birthday!")),
    }


def write_arguments(tool: str, goal: str, account: Account, change: str) -> JsonObject:
    """Return the arguments of a write next to the order id."""
    if tool == "cancel":
        return {"reason": "no longer needed"}
    if tool == "refund":
        return {"payment_method_id": account.payment_id}
    if tool == "move":
        street, city = change.split(", ")
        return {"address": {"street": street, "city": city}}
    if tool == "pass":
        wish = "a new delivery address for" if goal == "move" else "to give back"
        return {"summary": f"The customer wants {wish} an order that our rules do not let me change."}
    return {}


ORDERS: Final = Domain(
    name="orders",
    noun="order",
    id_field="order_id",
    id_shape="'#W' followed by 7 digits",
    items={
        "cup": Item(name="stoneware mug set", price_usd=38.0),
        "pan": Item(name="cast-iron skillet", price_usd=64.0),
        "lamp": Item(name="reading lamp", price_usd=89.0),
        "rug": Item(name="hallway rug", price_usd=120.0),
        "bag": Item(name="weekend bag", price_usd=75.0),
        "clock": Item(name="wall clock", price_usd=45.0),
    },
    variants={
        "red": "brick red",
        "blue": "navy blue",
        "green": "olive green",
        "black": "matte black",
        "white": "off-white",
        "pink": "dusty pink",
    },
    statuses={
        "open": "pending",
        "sent": "delivered",
        "cancelled": "cancelled",
        "refunded": "refund requested",
        "moved": "pending (address changed)",
        "passed": "with a colleague",
    },
    tools={
        "find": "find_user",
        "list": "list_orders",
        "look": "get_order",
        "cancel": "cancel_order",
        "refund": "refund_order",
        "move": "change_address",
        "pass": "transfer_to_human",
        "undo": "reopen_order",
    },
    schemas=_schemas(),
    policy=POLICY,
    openings={
        "drop": (
            "Hi, I'd like to give back the {item} in {variant} that I ordered. Can you sort that out for me?",
            "Hello! I changed my mind about the {variant} {item}. I want my money back, please.",
            "Hey there, I don't need the {item} any more, the {variant} one. Could you take care of it?",
        ),
        "move": (
            "Hi, the {item} in {variant} should go to a different address: {change}. Can you change that?",
            "Hello, I'm moving house. Please send my {variant} {item} to {change} instead.",
            "Good morning! Could you redirect the {variant} {item} to {change}? The old address is wrong.",
        ),
    },
    goals={
        "drop": "You want to give back the {item} in {variant} and get your money back.",
        "move": "You want the {item} in {variant} to be delivered to {change}.",
    },
    changes=(
        "12 Orchard Close, Salem",
        "406 Birch Street, Tacoma",
        "9 Lakeview Terrace, Madison",
        "77 Foundry Square, Dayton",
    ),
    make_id=make_id,
    make_record=make_record,
    summary_fields=("order_id", "placed_at", "product", "quantity", "total_usd"),
    write_arguments=write_arguments,
    done={
        "cancel": "I have cancelled order {id}. You will get the money back within five to seven business days.",
        "refund": "I have requested the refund for order {id}. It takes five to seven business days to arrive.",
        "move": "Order {id} will now be delivered to {change}.",
        "pass": "I may not change order {id} myself, so I have handed your request to a human colleague.",
        "undo": "I have taken back the change of order {id}.",
    },
)
"""The shop."""
