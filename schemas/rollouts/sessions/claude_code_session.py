"""One log of a Claude Code session: its conversations become trajectories, its bookkeeping their `extra`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.rollouts.parts.fields import TEXT, Fields
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.parts.token_totals import token_totals
from schemas.rollouts.raw.log_lines import asked_key, read_log
from schemas.rollouts.sessions.claude_code_lines import Cut, read_entries
from schemas.rollouts.sessions.claude_code_messages import shared_fields, turn_messages
from schemas.rollouts.sessions.claude_code_tree import Segment, Turn, grow_turns, segments
from schemas.trajectory import Message, Origin, Relation, Role, Status, ToolCall, Trajectory

STATUS = {
    "end_turn": Status.COMPLETED,
    "stop_sequence": Status.COMPLETED,
    "max_tokens": Status.TRUNCATED,
    "model_context_window_exceeded": Status.TRUNCATED,
}
"""What the API's last stop reason says of a rollout; any other one says nothing."""


class SessionLog:
    """A log as it was read: turns of a tree, and lines beside it."""

    def __init__(self, raw: bytes, *, meta: bytes | None = None) -> None:
        """Read a log.

        Args:
            raw: the file.
            meta: what lies beside a subagent's file: its kind, and which call made it.
        """
        self._log = read_log(raw)
        self._entries, self._others = read_entries(self._log)
        self._meta = meta
        self._spoken = [entry for entry in self._entries if entry.said is not None]
        self._turns = grow_turns(self._entries)

    @property
    def session_id(self) -> str | None:
        """Whose log it is: a resumed session begins with copies of other ones' lines."""
        return self._spoken[-1].head.session_id if self._spoken else None

    @property
    def is_subagent(self) -> bool:
        """Tell whether a subagent alone speaks."""
        return bool(self._spoken) and all(entry.head.is_sidechain for entry in self._spoken)

    def trajectories(self, blank: Trajectory, callers: Sequence[Trajectory]) -> tuple[Trajectory, ...]:
        """Make the trajectories of all conversations, the main ones first.

        Args:
            blank: what they have in common, and the first part's number.
            callers: the trajectories, of other logs, that may have called the subagents in this one.
        """
        made: list[Trajectory] = []
        held: set[int] = set()
        for is_subagent, turns in self._chains():
            found = segments(turns)
            held |= {entry.number for segment in found for turn in segment.own for entry in turn.entries}
            numbered = replace(blank, record_part=blank.record_part + len(made))
            made += self._chain(found, numbered, [*callers, *made] if is_subagent else ())
        if made:
            made[0] = replace(made[0], extra=self._extra(held))
        return tuple(made)

    def _chains(self) -> list[tuple[bool, list[Turn]]]:
        """Part the main chain from each subagent's."""

        def chain_of(turn: Turn) -> tuple[bool, str]:
            head = turn.root.entries[0].head
            return bool(head.is_sidechain), (head.agent_id or head.uuid or "") if head.is_sidechain else ""

        chains = groupby(sorted(self._turns, key=chain_of), key=chain_of)
        return [(is_subagent, list(turns)) for (is_subagent, _), turns in chains]

    def _chain(
        self, found: Sequence[Segment], blank: Trajectory, callers: Sequence[Trajectory]
    ) -> list[Trajectory]:
        """Make the trajectories of one chain; a subagent's starts hang under who called it."""
        conversations = list(self._conversations(found))
        made: list[Trajectory] = []
        for segment, messages in zip(found, conversations, strict=True):
            parent, relation = _descent(segment, made)
            if parent is None and callers:
                parent, relation = _caller(conversations[0], callers, self._call_id), Relation.SUBAGENT
            made.append(_trajectory(blank, len(made), messages, parent=parent, relation=relation))
        return made

    def _conversations(self, found: Sequence[Segment]) -> Iterator[tuple[Message, ...]]:
        """Make the own messages of each segment, linked; their numbers go on from the shared ones."""
        shared = shared_fields(self._entries)
        counts: dict[Turn, int] = {}
        for segment in found:
            start = sum(counts[turn] for turn in segment.shared)
            messages: list[Message] = []
            for turn in segment.own:
                read = turn_messages(turn, shared, session_id=self.session_id)
                counts[turn] = len(read)
                messages += read
            yield link_results([replace(message, seq=seq) for seq, message in enumerate(messages, start)])

    @property
    def _call_id(self) -> str | None:
        meta = Fields(self._meta or b"{}", "meta.json")
        return meta.take_if("toolUseId", TEXT)

    def _extra(self, held: set[int]) -> str | None:
        """Keep each line that no message holds, in file order, and what all lines share."""
        left = [*self._others, *((e.number, e.raw) for e in self._entries if e.number not in held)]
        extra = Fields(b"{}", "extra")
        for name, raw in shared_fields(self._entries).items():
            extra.put(name, raw.decode())
        if left:
            extra.put("lines", f"[{','.join(raw.decode() for _, raw in sorted(left))}]")
        extra.put("broken_lines", self._log.broken_json)
        extra.put("meta", None if self._meta is None else self._meta.decode())
        return extra.rest()


def _descent(segment: Segment, made: Sequence[Trajectory]) -> tuple[Trajectory | None, Relation]:
    """Tell what a conversation came from within its log."""
    if segment.branch_of is not None:
        return made[segment.branch_of], Relation.BRANCH
    if segment.cut is Cut.COMPACTED and segment.before is not None:
        return made[segment.before], Relation.CONTINUATION
    return None, Relation.ATTEMPT


def _caller(
    conversation: Iterable[Message], callers: Sequence[Trajectory], call_id: str | None
) -> Trajectory:
    """Find who called a subagent: by the call's id, else by its prompt, else the first that could have."""
    prompt = next((message.text for message in conversation if message.role is Role.USER), None)

    def is_call(call: ToolCall) -> bool:
        return call.call_id == call_id if call_id else bool(prompt) and _prompt(call) == prompt

    called = (
        caller
        for caller in callers
        if any(is_call(call) for message in caller.messages for call in message.tool_calls)
    )
    return next(called, callers[0])


def _prompt(call: ToolCall) -> str | None:
    try:
        return Fields(call.arguments.encode(), "arguments").take_if("prompt", TEXT)
    except RecordFault:
        return None


def _trajectory(
    blank: Trajectory,
    offset: int,
    messages: tuple[Message, ...],
    *,
    parent: Trajectory | None,
    relation: Relation,
) -> Trajectory:
    """Fill in one conversation; a continuation and a branch are about their parent's task."""
    prompt_tokens, completion_tokens = token_totals(messages)
    stop_reason = _last_said(messages, "stop_reason")
    task = replace(blank.task, task_key=asked_key(messages, blank.task.task_key))
    if parent is not None and relation is not Relation.SUBAGENT:
        task = parent.task
    return replace(
        blank,
        record_part=blank.record_part + offset,
        task=task,
        messages=messages,
        shared_count=messages[0].seq,
        model=_last_said(messages, "model"),
        status=STATUS.get(stop_reason or "", Status.UNKNOWN),
        termination_reason=stop_reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        parent_id=None if parent is None else parent.trajectory_id,
        relation=relation,
    )


def _last_said(messages: Sequence[Message], name: str) -> str | None:
    """Find a text field of the API's last answer, which its message keeps in `extra`."""
    for message in reversed(messages):
        if message.origin is Origin.SAMPLED:
            return Fields((message.extra or "{}").encode(), "extra").take_if(name, TEXT)
    return None
