"""What every repaired conversation must hold."""

from collections.abc import Iterable, Iterator

import msgspec

from curation.repair import Case, Repair
from schemas.trajectory import Message, Role, Trajectory
from tests.curation.rollouts import frames


def repair_all(repair: Repair, trials: Iterable[Trajectory]) -> Iterator[tuple[Trajectory, Trajectory]]:
    """Yield each trial that is repaired, with its child."""
    by_id = {trial.trajectory_id: trial for trial in trials}
    cases = [
        Case(trajectory=by_id[own], partner=by_id.get(partner), seq=seq, partner_seq=partner_seq)
        for own, partner, seq, partner_seq in repair.cases(frames(*by_id.values())).iter_rows()
    ]
    for case, child in zip(cases, repair.apply_all(cases), strict=True):
        assert child is not None
        yield case.trajectory, child


def check_links(trajectory: Trajectory) -> None:
    """Numbers have no gap, results follow the calls that they answer, and both sides of a link agree."""
    messages = trajectory.messages
    assert [message.seq for message in messages] == list(range(len(messages)))
    for message in messages:
        for call in message.tool_calls + message.text_calls:
            if call.result_seq is not None:
                answer = messages[call.result_seq]
                assert answer.seq > message.seq
                assert answer.call_seq == message.seq
                assert answer.role is not Role.TOOL or answer.tool_call_id == call.call_id
        assert message.call_seq is None or messages[message.call_seq].role is Role.ASSISTANT


def bare(message: Message) -> Message:
    """Leave out what changes when messages are numbered anew."""
    return msgspec.structs.replace(
        message,
        seq=0,
        call_seq=None,
        prompt_tokens=None,
        tool_calls=tuple(msgspec.structs.replace(call, result_seq=None) for call in message.tool_calls),
        text_calls=tuple(msgspec.structs.replace(call, result_seq=None) for call in message.text_calls),
    )


def is_subsequence(some: Iterable[Message], whole: Iterable[Message]) -> bool:
    """Tell whether messages stand among others in their order, with every field but numbers as it was."""
    rest = iter([bare(message) for message in whole])
    return all(bare(message) in rest for message in some)
