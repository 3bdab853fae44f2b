"""The trajectories of model calls that belong together: one, unless their histories part."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from schemas.rollouts.parts.branches import Branch, part_branches
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.parts.token_totals import token_totals
from schemas.rollouts.traces.call_chains import Call, chain_calls
from schemas.trajectory import Message, Origin, Relation, Role, Trajectory


def call_trajectories(
    calls: Iterable[Call],
    blank: Trajectory,
    *,
    caller: Trajectory | None = None,
    results: Mapping[str, str] | None = None,
) -> list[Trajectory]:
    """Make the trajectories of one agent's calls.

    Args:
        calls: in order.
        blank: what they have in common, and the first part's number.
        caller: who called the agent; null for one that nobody called.
        results: what tools answered, by the call's id; for the calls that no later prompt shows the answer of.
    """
    conversations = [_answered(one, results or {}) for one in chain_calls(calls)]
    made: list[Trajectory] = []
    for index, branch in enumerate(_branches(conversations)):
        parent = caller if branch.parent is None else made[branch.parent]
        relation = Relation.SUBAGENT if parent is not None else Relation.ATTEMPT
        prompt_tokens, completion_tokens = token_totals(branch.own)
        task = replace(
            blank.task,
            task_key=prompt_key(branch.own, blank.task.task_key),
            policy=policy_text(branch.own),
        )
        one = replace(
            blank,
            record_part=blank.record_part + index,
            task=task if branch.parent is None else made[branch.parent].task,
            messages=branch.own,
            shared_count=branch.shared_count,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            parent_id=None if parent is None else parent.trajectory_id,
            relation=relation if branch.parent is None else Relation.BRANCH,
        )
        made.append(one)
    return made


def _branches(conversations: list[tuple[Message, ...]]) -> list[Branch]:
    """Part conversations; those that share nothing but a system prompt have nothing in common."""
    parted = part_branches(conversations)
    return [
        branch
        if any(message.role is not Role.SYSTEM for message in whole[: branch.shared_count])
        else Branch(None, 0, whole)
        for whole, branch in zip(conversations, parted, strict=True)
    ]


def _answered(conversation: tuple[Message, ...], results: Mapping[str, str]) -> tuple[Message, ...]:
    """Add what the tools of the last answer said, which no prompt repeats any more."""
    last = conversation[-1]
    answers = [
        Message(
            seq=len(conversation) + offset,
            role=Role.TOOL,
            origin=Origin.INJECTED,
            text=results[call.call_id],
            tool_call_id=call.call_id,
        )
        for offset, call in enumerate(call for call in last.tool_calls if call.call_id in results)
        if call.call_id is not None
    ]
    return link_results([*conversation, *answers]) if answers else conversation
