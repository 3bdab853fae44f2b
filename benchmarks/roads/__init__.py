"""Ways from the same JSON Lines to tables that SQL can ask, each a process of its own.

Each takes ROLLOUTS, PLACE and NEEDLE, and prints one JSON object: `wall_s`, `rows` (rollouts found in the tables) and
`hits` (rollouts with a message that holds the needle). `scout.py` runs in an environment of its own.
"""

HOLDS_NEEDLE = (
    "contains(text, $needle) OR len(list_filter(tool_calls, lambda c: contains(c.arguments, $needle))) > 0"
)
"""What a hit is, in SQL over messages: in the words, or in the arguments of a call."""
