from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.repair.structural import Structural
from schemas.trajectory import Message, Origin, Role, ToolCall, Trajectory
from tests.curation.repair.validity import check_links, repair_all
from tests.curation.rollouts import do, frames, rollout, say
from tests.curation.strategies import few

REPAIR = Structural()
SYSTEM = Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text="rules")
USER = Message(seq=0, role=Role.USER, origin=Origin.SCRIPTED, text="please")
OWN = Message(seq=0, role=Role.ASSISTANT, origin=Origin.SAMPLED, text="well", completion_tokens=3)


def asks(*results: int, ids: Sequence[str | None] = ("a", "b")) -> Message:
    calls = tuple(
        ToolCall(name="look", arguments="{}", call_id=call_id, result_seq=result)
        for call_id, result in zip(ids, results, strict=False)
    )
    return msgspec.structs.replace(OWN, text=None, tool_calls=calls)


def answer(call_seq: int | None, call_id: str | None = "a", text: str = "found") -> Message:
    return Message(
        seq=0, role=Role.TOOL, origin=Origin.INJECTED, text=text, call_seq=call_seq, tool_call_id=call_id
    )


def talk(*messages: Message) -> Trajectory:
    numbered = tuple(msgspec.structs.replace(message, seq=seq) for seq, message in enumerate(messages))
    return msgspec.structs.replace(rollout(), messages=numbered)


def mended(*messages: Message, repair: Structural = REPAIR) -> Trajectory:
    ((_, child),) = repair_all(repair, [talk(*messages)])
    check_links(child)
    return child


def test_drops_a_result_that_answers_no_call() -> None:
    child = mended(USER, asks(2), answer(1), answer(None, text="stray"), OWN)
    assert [message.text for message in child.messages] == ["please", None, "found", "well"]


def test_a_conversation_without_stored_calls_has_them_in_its_text() -> None:
    assert REPAIR.apply(talk(USER, OWN, answer(None), OWN)) is None


def test_puts_results_behind_their_calls_in_the_order_of_the_calls() -> None:
    child = mended(USER, asks(4, 2), answer(1, "b", "second"), USER, answer(1, "a", "first"))
    assert [message.text for message in child.messages] == ["please", None, "first", "second", "please"]
    assert [call.result_seq for call in child.messages[1].tool_calls] == [2, 3]


@pytest.mark.parametrize("ids", [(None, None), ("", "a"), ("a", "a")])
def test_gives_each_call_an_id_of_its_own_and_its_result_the_same(ids: tuple[str | None, ...]) -> None:
    child = mended(USER, asks(2, 3, ids=ids), answer(1, ids[0]), answer(1, ids[1]))
    given_ids = [call.call_id for call in child.messages[1].tool_calls]
    assert len(set(given_ids)) == 2
    assert None not in given_ids
    assert [message.tool_call_id for message in child.messages[2:]] == given_ids


def test_keeps_the_first_of_two_equal_ids_and_never_takes_one_that_is_there() -> None:
    child = mended(
        asks(1, ids=("a",)),
        answer(0),
        asks(3, ids=("a",)),
        answer(2),
        asks(5, ids=("call_2_0",)),
        answer(4, "call_2_0"),
    )
    ids = [call.call_id for message in child.messages for call in message.tool_calls]
    assert ids == ["a", "call_2_0x", "call_2_0"]


def test_gives_a_result_the_id_of_its_call() -> None:
    assert mended(asks(1), answer(0, None)).messages[1].tool_call_id == "a"


def test_drops_second_copies_of_the_start() -> None:
    start = (SYSTEM, USER, OWN)
    child = mended(*start, *start, *start, USER, OWN)
    assert [message.text for message in child.messages] == ["rules", "please", "well", "please", "well"]
    assert REPAIR.apply(talk(USER, OWN, USER, OWN)) is None
    assert REPAIR.apply(talk(*start, SYSTEM, OWN)) is None


def test_merges_neighbours_of_the_roles_that_are_named() -> None:
    child = mended(USER, USER, OWN, OWN)
    assert [message.text for message in child.messages] == ["please\n\nplease", "well", "well"]
    both = Structural(merge_roles=(Role.USER, Role.ASSISTANT))
    merged = mended(USER, OWN, OWN, OWN, asks(5), answer(4), repair=both)
    own = merged.messages[1]
    assert (own.text, own.origin, own.completion_tokens) == ("well\n\nwell\n\nwell", Origin.REPAIRED, None)
    assert own.tool_calls[0].result_seq == 2
    assert Structural(merge_roles=()).apply(talk(USER, USER, OWN)) is None


def test_does_not_merge_what_would_lose_parts_links_or_origins() -> None:
    parts = msgspec.structs.replace(USER, content_json='[{"type": "text", "text": "please"}]')
    injected = msgspec.structs.replace(USER, origin=Origin.INJECTED)
    told = msgspec.structs.replace(USER, call_seq=0)
    acts = msgspec.structs.replace(OWN, text_calls=(ToolCall(name="bash", arguments="ls", result_seq=1),))
    for other in (parts, injected, msgspec.structs.replace(USER, name="Ann")):
        assert REPAIR.apply(talk(other, USER)) is None
    assert REPAIR.apply(talk(acts, told, USER)) is None


def test_leaves_a_sound_conversation_alone() -> None:
    assert REPAIR.cases(frames(rollout(do("look"), say(), do("look")))).is_empty()


@st.composite
def tangled(draw: st.DrawFn) -> Trajectory:
    """Draw a conversation whose calls, results and ids are in any disorder, but whose links agree."""
    count = draw(st.integers(1, 7))
    seqs = draw(st.permutations(range(1, count + 1)))
    messages = [draw(st.sampled_from((SYSTEM, USER)))] + [draw(st.sampled_from((USER, OWN, SYSTEM)))] * count
    roles = draw(st.lists(st.sampled_from("ucro"), min_size=count, max_size=count))
    free = [seq for seq, role in zip(seqs, roles, strict=True) if role == "r"]
    for seq, role in zip(seqs, roles, strict=True):
        if role == "c":
            own = sorted(answered for answered in free if answered > seq)[: draw(st.integers(0, 2))]
            free = [answered for answered in free if answered not in own]
            ids = draw(st.lists(st.sampled_from((None, "a", "b")), min_size=2, max_size=2))
            order = draw(st.permutations(own))
            messages[seq] = asks(*order, ids=ids)
            for answered in own:
                messages[answered] = answer(seq, draw(st.sampled_from((None, "a"))), str(answered))
    for seq in free:
        messages[seq] = answer(None, text="stray")
    return talk(*messages)


@few
@given(tangled(), st.sampled_from((REPAIR, Structural(merge_roles=(Role.USER, Role.ASSISTANT)))))
def test_whatever_the_tangle_the_child_is_whole_and_stays(trial: Trajectory, repair: Structural) -> None:
    child = repair.apply(trial)
    assert repair.cases(frames(trial)).is_empty() == (child is None)
    if child is None:
        return
    check_links(child)
    assert repair.apply(child) is None
    assert child.messages != trial.messages
    asked = Counter(call.arguments for m in child.messages for call in m.tool_calls)
    assert asked <= Counter(call.arguments for m in trial.messages for call in m.tool_calls)
    for message in child.messages:
        for call in message.tool_calls:
            assert call.call_id
