from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Role, ToolCall, Trajectory


def assistant(seq: int, *calls: tuple[str | None, str]) -> Message:
    return Message(
        seq=seq,
        role=Role.ASSISTANT,
        origin=Origin.SAMPLED,
        tool_calls=tuple(ToolCall(call_id=call_id, name=name, arguments="{}") for call_id, name in calls),
    )


def result(seq: int, call_id: str | None = None, name: str | None = None) -> Message:
    return Message(seq=seq, role=Role.TOOL, origin=Origin.INJECTED, tool_call_id=call_id, name=name)


def links(*messages: Message) -> tuple[dict[int, int | None], list[int | None]]:
    linked = link_results(messages)
    callers = {message.seq: message.call_seq for message in linked if message.role is Role.TOOL}
    return callers, [call.result_seq for message in linked for call in message.tool_calls]


def test_a_repeated_id_means_the_nearest_open_call() -> None:
    assert links(
        assistant(0, ("a", "f")), result(1, "a"), assistant(2, ("a", "f")), result(3, "a")
    ) == ({1: 0, 3: 2}, [1, 3])  # fmt: skip


def test_a_call_left_open_is_not_taken_by_a_later_turns_result() -> None:
    assert links(assistant(0, ("a", "f")), assistant(1, ("a", "f")), result(2, "a")) == ({2: 1}, [None, 2])


def test_parallel_results_find_their_calls_in_any_order() -> None:
    messages = (assistant(0, ("a", "f"), ("b", "f")), result(1, "b"), result(2, "a"))
    assert links(*messages) == ({1: 0, 2: 0}, [2, 1])


def test_one_id_twice_in_a_turn_is_answered_in_order() -> None:
    messages = (assistant(0, ("a", "f"), ("a", "g")), result(1, "a"), result(2, "a"))
    assert links(*messages) == ({1: 0, 2: 0}, [1, 2])


def test_results_without_ids_are_matched_by_name_then_by_order() -> None:
    messages = (assistant(0, (None, "f"), (None, "g"), ("c", "f")), result(1, name="g"), result(2), result(3))
    assert links(*messages) == ({1: 0, 2: 0, 3: 0}, [2, 1, 3])


def test_an_orphan_stays_an_orphan() -> None:
    messages = (result(0, "a"), assistant(1, ("a", "f")), result(2, "b"), result(3, name="g"))
    assert links(*messages) == ({0: None, 2: None, 3: None}, [None])


def test_a_result_without_id_does_not_reach_behind_the_latest_turn() -> None:
    assert links(assistant(0, (None, "f")), assistant(1), result(2)) == ({2: None}, [None])


CALL = st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from(["f", "g"]))
TURN = st.one_of(
    st.lists(CALL, max_size=3),
    st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from([None, "f", "g"])),
)


@settings(deadline=None)
@given(st.lists(TURN, max_size=12))
def test_links_are_one_to_one_and_point_back(
    turns: list[list[tuple[str | None, str]] | tuple[str | None, str | None]],
) -> None:
    messages = [
        result(seq, *turn) if isinstance(turn, tuple) else assistant(seq, *turn)
        for seq, turn in enumerate(turns)
    ]
    linked = link_results(messages)

    answered = {
        call.result_seq: (message.seq, call)
        for message in linked
        for call in message.tool_calls
        if call.result_seq is not None
    }
    assert len(answered) == sum(
        call.result_seq is not None for message in linked for call in message.tool_calls
    )
    assert {message.seq: message.call_seq for message in linked if message.call_seq is not None} == {
        seq: caller for seq, (caller, _) in answered.items()
    }
    for seq, (caller, call) in answered.items():
        assert caller < seq
        assert linked[seq].tool_call_id in (None, call.call_id)


def test_all_real_calls_are_answered_although_ids_repeat(airline_trajectories: list[Trajectory]) -> None:
    repeating = 0
    for trajectory in airline_trajectories:
        calls = [call for message in trajectory.messages for call in message.tool_calls]
        repeating += len({call.call_id for call in calls}) < len(calls)
        assert all(call.result_seq is not None for call in calls)
        assert all(m.call_seq == m.seq - 1 for m in trajectory.messages if m.role is Role.TOOL)
    assert repeating == 49
