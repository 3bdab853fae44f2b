"""The prompt of a critique: the record of an attempt in a form that a critic can read, and a question."""

from collections.abc import Iterator

from schemas.trajectory import Message, Origin, Role, ToolCall, Trajectory

CRITIC = (
    "You are a critic of agents. You are shown the record of one attempt: what the agent was told, and then its steps, "
    "numbered from 0, each with what the agent said, the tools that it called, and what came back. Judge the attempt by the record "
    "alone."
)


def critique_prompt(
    subject: Trajectory, question: str, *, max_result_chars: int | None
) -> tuple[Message, Message]:
    """Write the two messages that a critic is given; both are context and are never trained.

    Nothing of the task's secrets is read. Where words come from (`origin`) is not shown: it would give a corruption
    away; nor is hidden reasoning.

    Args:
        subject: the trajectory that is judged, with all of its messages.
        question: what to ask behind the record.
        max_result_chars: characters of one tool result at most; null means all.
    """
    record = "\n".join(_lines(subject, max_result_chars))
    return (
        Message(seq=0, role=Role.SYSTEM, origin=Origin.SYNTHETIC, text=CRITIC),
        Message(
            seq=1, role=Role.USER, origin=Origin.SYNTHETIC, text=f"{record}\n\n# Your judgement\n\n{question}"
        ),
    )


def critique_message(text: str) -> Message:
    """Give a critique as what a critic says behind its prompt."""
    return Message(seq=2, role=Role.ASSISTANT, origin=Origin.SYNTHETIC, text=text)


def _lines(subject: Trajectory, max_result_chars: int | None) -> Iterator[str]:
    yield "# The task"
    messages = subject.messages
    is_told = any(message.text and message.role is not Role.ASSISTANT for message in messages[:1])
    if not is_told and subject.task.instruction is not None:
        yield f"\n{subject.task.instruction}"
    step = 0
    for message in messages:
        if message.role is Role.ASSISTANT:
            yield from ("\n# The attempt",) if step == 0 else ()
            yield f"\n## Step {step}"
            step += 1
        yield from _said(message, max_result_chars)


def _said(message: Message, max_result_chars: int | None) -> Iterator[str]:
    text = message.text
    if message.role is Role.TOOL:
        yield f"\n[result{_by(message)}]\n{_shortened(text or '', max_result_chars)}"
    elif text or not message.tool_calls:
        yield f"\n[{message.role.value if message.role is not Role.ASSISTANT else 'agent'}]\n{text or ''}"
    for call in message.tool_calls:
        yield f"\n[call] {_call(call)}"


def _by(message: Message) -> str:
    return "" if message.name is None else f" of {message.name}"


def _call(call: ToolCall) -> str:
    return f"{call.name}({call.arguments})"


def _shortened(text: str, limit: int | None) -> str:
    """Leave out the middle of a long text; its ends say how it began and how it came out."""
    if limit is None or len(text) <= limit:
        return text
    tail = limit // 2
    head = limit - tail
    return f"{text[:head]}\n[{len(text) - limit} characters left out]\n{text[len(text) - tail :]}"
