from msgspec.structs import replace

from curation.repair.distill import Distill
from schemas.trajectory import Message, Origin, Relation, Role, Trajectory
from tests.curation.rollouts import do, rollout, say


def guided(relation: Relation = Relation.BRANCH) -> Trajectory:
    """Write a branch of which the first message is the parent's, with guidance before its second turn."""
    start = rollout(do("look", 1), say("done"))
    guidance = Message(seq=3, role=Role.SYSTEM, origin=Origin.INJECTED, text="Do something else.")
    later = tuple(replace(message, seq=message.seq + 1) for message in start.messages[3:])
    return replace(
        start, messages=(*start.messages[:3], guidance, *later), parent_id="0" * 32, relation=relation
    )


def test_guidance_goes_and_all_other_words_stay() -> None:
    branch = guided()
    child = Distill().apply(branch)
    assert child is not None
    assert [message.text for message in child.messages] == [
        message.text for message in branch.messages if message.text != "Do something else."
    ]
    assert [message.seq for message in child.messages] == list(range(len(child.messages)))
    assert [message.origin for message in child.messages if message.role is Role.ASSISTANT] == [
        Origin.SAMPLED
    ] * 2
    assert (child.parent_id, child.outcome_reward) == (branch.trajectory_id, branch.outcome_reward)


def test_a_link_across_the_guidance_is_kept() -> None:
    child = Distill().apply(guided())
    assert child is not None
    assert child.messages[1].tool_calls[0].result_seq == 2
    assert child.messages[2].call_seq == 1


def test_distilling_twice_equals_once() -> None:
    child = Distill().apply(guided())
    assert child is not None
    assert Distill().apply(replace(child, relation=Relation.BRANCH)) is None


def test_a_system_prompt_and_a_trial_are_left_alone() -> None:
    assert Distill().apply(guided(Relation.ATTEMPT)) is None
    prompt = Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text="Rules.")
    branch = rollout(do("look", 1))
    prompted = replace(branch, messages=(prompt, *branch.messages[1:]), relation=Relation.BRANCH)
    assert Distill().apply(prompted) is None
