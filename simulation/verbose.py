"""The verbose rendering: realistic names, JSON results and sentences around the same rollout."""

from __future__ import annotations

from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Final

import orjson

from simulation.domains import DOMAINS
from simulation.domains.people import Account, make_account

if TYPE_CHECKING:
    from simulation.domains.domain import JsonObject
    from simulation.tasks import Task
    from simulation.world import Call, Result

PREFACES: Final = (
    None, None, None, None, None, "Let me look into that for you.", None, "One moment, please.", None, None,
    "I'll check that right away.", None, None,
)  # fmt: skip
"""Words beside a call; mostly none, as models mostly do."""

WHO: Final = (
    "I'd be happy to help with that. Could you give me the email address of your account, please?",
    "Of course. To find your account I need the email address that you signed up with.",
    "Sure, let's take care of it. Which email address is your account registered under?",
)
MAILS: Final = ("It's {email}.", "{email}", "Sure, that would be {email}.")
ASKS: Final = (
    "I can go ahead with {noun} {id}, the {item}. Shall I do that now?",
    "This concerns {noun} {id} ({item}). Please confirm with yes and I will make the change.",
    "I would now change {noun} {id}, the {item}, as you asked. Is that all right with you?",
)
YESES: Final = ("Yes, please go ahead.", "Yes.", "Yes please, thank you.", "That's fine, go ahead.")
STOPS: Final = (
    "I'm sorry, but I'm not able to complete this request at the moment. Please try again later.",
    "Unfortunately I can't resolve this for you right now. I apologise for the inconvenience.",
    "I'm afraid there is nothing more that I can do about this here. Sorry about that.",
)
ENDINGS: Final = ("Is there anything else?", "Have a nice day!", "Thank you for your patience.")
NOTHING_DONE: Final = "Everything is settled."
BUSY_TEXTS: Final = (
    "{tool} timed out after 30 seconds, please try again",
    "service temporarily unavailable (503), please retry",
    "upstream connection timed out, the request was not processed",
)


class VerboseScene:
    """The words for one task, at realistic length.

    Args:
        task: the task
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._domain = domain = DOMAINS[task.domain]
        rng = Random(f"{task.split}/{task.seed}/{task.index}/detail")
        self._account: Account = make_account(rng)
        # One more id than there are records: the id of a record that does not exist.
        self._ids = [domain.make_id(rng) for _ in range(len(task.records) + 1)]
        self._details = [
            domain.make_record(rng, self._account, record, record_id)
            for record, record_id in zip(task.records, self._ids, strict=False)
        ]
        self._change = rng.choice(domain.changes)
        self._words = {
            "item": domain.items[task.request.item].name,
            "variant": domain.variants[task.request.variant],
            "change": self._change,
            "email": self._account.email,
            "noun": domain.noun,
        }
        self._opening = rng.choice(domain.openings[task.request.goal]).format_map(self._words)
        self._calls: dict[Call, tuple[str, str]] = {}
        self._looks: dict[tuple[int, str], str] = {}
        self.system = domain.policy
        self.tools = domain.schemas
        self.user_id = self._account.user_id

    @property
    def opening(self) -> str:
        """The first user message."""
        if not self._task.request.introduced:
            return self._opening
        return f"{self._opening} My email is {self._account.email}."

    @property
    def instruction(self) -> str:
        """What the user privately wants."""
        goal = self._domain.goals[self._task.request.goal].format_map(self._words)
        return (
            f"You are {self.user_id}, and your email is {self._account.email}. {goal} You do not know any "
            f"{self._domain.noun} id. You answer briefly, agree to what the agent proposes, and volunteer nothing."
        )

    def call(self, call: Call) -> tuple[str, str]:
        """Return the tool name and the arguments as JSON text."""
        rendered = self._calls.get(call)
        if rendered is None:
            arguments = orjson.dumps(self._arguments(call)).decode()
            rendered = self._calls[call] = (self._domain.tools[call.tool], arguments)
        return rendered

    def content(self, result: Result, *, salt: int) -> str:
        """Return the text of a tool message."""
        tool = result.call.tool
        if result.error is not None:
            return f"Error: {self._error(result, salt)}"
        if tool == "find":
            return self._profile
        if tool == "list":
            return self._list([row.status for row in result.rows])
        row = result.rows[0]
        return (
            self._look(row.position, row.status)
            if tool == "look"
            else self._receipt(row.position, row.status)
        )

    def preface(self, *, salt: int) -> str | None:
        """Return what the agent says beside tool calls, if anything."""
        return PREFACES[salt % len(PREFACES)]

    def speech(self, say: str, target: int, done: Call | None, *, salt: int) -> str:
        """Return what the agent says."""
        if say == "who":
            return WHO[salt % len(WHO)]
        if say == "ask":
            item = self._domain.items[self._task.records[target - 1].item].name
            return ASKS[salt % len(ASKS)].format(noun=self._domain.noun, id=self._ids[target - 1], item=item)
        if say == "stop":
            return STOPS[salt % len(STOPS)]
        ending = ENDINGS[salt % len(ENDINGS)]
        if done is None:
            return f"{NOTHING_DONE} {ending}"
        told = self._domain.done[done.tool].format(id=self._ids[done.target - 1], change=self._change)
        return f"{told} {ending}"

    def answer(self, answer: str, *, salt: int) -> str:
        """Return what the user answers."""
        if answer == "mail":
            return MAILS[salt % len(MAILS)].format_map(self._words)
        return YESES[salt % len(YESES)]

    @cached_property
    def _profile(self) -> str:
        return orjson.dumps(self._account.to_json()).decode()

    def _list(self, statuses: list[str]) -> str:
        names, fields = self._domain.statuses, self._domain.summary_fields
        rows = [
            {field: detail[field] for field in fields} | {"status": names[status]}
            for detail, status in zip(self._details, statuses, strict=True)
        ]
        return orjson.dumps(rows).decode()

    def _look(self, position: int, status: str) -> str:
        text = self._looks.get((position, status))
        if text is None:
            record = {**self._details[position - 1], "status": self._domain.statuses[status]}
            text = self._looks[position, status] = orjson.dumps(record).decode()
        return text

    def _receipt(self, position: int, status: str) -> str:
        # No more than that it is done: what was changed must be looked at to be known.
        record_id = self._ids[position - 1]
        receipt = {
            self._domain.id_field: record_id,
            "user_id": self.user_id,
            "status": self._domain.statuses[status],
            "receipt": f"RC{self._task.index:06d}{position}",
        }
        return orjson.dumps(receipt).decode()

    def _arguments(self, call: Call) -> JsonObject:
        if call.tool == "find":
            return {"email": self._account.email}
        if call.tool == "list":
            return {"user_id": self.user_id}
        arguments: JsonObject = {self._domain.id_field: self._record_id(call.target)}
        goal = self._task.request.goal
        return arguments | self._domain.write_arguments(call.tool, goal, self._account, self._change)

    def _record_id(self, target: int) -> str:
        if target < 1:
            # An id without its prefix is what models get wrong most often.
            return self._ids[self._task.gold.target - 1].lstrip("#WBK-")
        return self._ids[min(target, len(self._ids)) - 1]

    def _error(self, result: Result, salt: int) -> str:
        domain, call = self._domain, result.call
        if result.error == "busy":
            return BUSY_TEXTS[salt % len(BUSY_TEXTS)].format(tool=domain.tools[call.tool])
        if call.tool == "find":
            return "invalid argument 'email': the user has not given an email address yet"
        if result.error == "bad":
            return f"invalid argument '{domain.id_field}': {self._record_id(0)!r} is not {domain.id_shape}"
        record_id = self._record_id(call.target)
        if result.error == "missing":
            return f"{domain.noun} {record_id} not found"
        if call.tool in ("list", "look") or call.target < 1:
            return "not allowed: find the account of the user first"
        return f"not allowed: {domain.tools[call.tool]} is not possible for {domain.noun} {record_id} in its state"
