"""Reflexion's question answering: one text log is all trials of all questions (`reflexion_log.py`).

Read in the published HotpotQA log of the plain ReAct agent (noahshinn/reflexion 218cf0e): 5 trials of 100 questions. What
is carried over to later trials (reflections, the last trial) follows the prompts in the code; no such log was read.

A step is one message: the thought is its text, `Search[Nick Park]` its call, the observation the call's result. Labels
are left out; where their numbers do not simply count, they stay in `extra.labels`. An agent that was halted ran out of
steps; its reward is 0 as the missing answer matches nothing. The right answers go to quarantine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.environments.reflexion_log import Attempt, Piece, read_log
from schemas.rollouts.format import Head, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import prompt_key
from schemas.rollouts.parts.fields import json_text
from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Role, Status, Task, TaskSecrets, ToolCall, Trajectory

LOG_START = re.compile(rb"\s*#{20,}\s+BEGIN TRIAL \d+\s+Trial summary: ")
CALL = re.compile(r"(\w+)\[(.*)\]", re.DOTALL)
HALTED = "HALTED"
REWARDS = {"CORRECT": 1.0, "INCORRECT": 0.0, HALTED: 0.0}
STATUSES = {"CORRECT": Status.COMPLETED, "INCORRECT": Status.COMPLETED, HALTED: Status.TRUNCATED}
ROOT = "root"
"""The folder that holds the runs; the folders below it name agent and strategy (`ReAct/reflexion`)."""


@dataclass(frozen=True, kw_only=True)
class ReflexionReact(RolloutFormat):
    """A log of all trials."""

    name: str = "reflexion_react"
    version: str = "1"
    reads: str = "a text log of trials with Thought, Action and Observation (noahshinn/reflexion 218cf0e)"
    carries: str = "messages, trial, verdict, memory of earlier trials; right answers go to quarantine"
    lacks: str = "the examples in the prompt, the model, tokens, which question of the data set it is"
    example: str = "winnow ingest 'hotpotqa_runs/root/**/*_trials.txt'"

    def claims(self, head: Head) -> bool:
        """Tell a log by its first heading."""
        return LOG_START.match(head.start) is not None

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read a log; what it says after its last whole attempt stays in that one's `extra`.

        Raises:
            RecordFault: it is no text, or holds no attempt.
        """
        try:
            log = read_log(record.raw.decode())
        except UnicodeDecodeError as exc:
            raise RecordFault(
                RejectReason.INVALID_ENCODING, f"Not UTF-8 at byte {exc.start}: {exc.reason}."
            ) from exc
        if not log.attempts:
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, "The log holds no whole attempt.")
        last = len(log.attempts) - 1
        return tuple(
            self._trajectory(attempt, record, source, part=part, tail=log.tail if part == last else "")
            for part, attempt in enumerate(log.attempts)
        )

    def _trajectory(
        self, attempt: Attempt, record: RawRecord, source: Source, *, part: int, tail: str
    ) -> Trajectory:
        section = attempt.sections[0] if attempt.sections else ""
        question = Message(seq=0, role=Role.USER, origin=Origin.SCRIPTED, text=attempt.question)
        return Trajectory(
            record_id=record.record_id,
            record_part=part,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=_benchmark(source),
                task_key=prompt_key([question], record.record_id),
                instruction=attempt.question.removeprefix("Question:").strip(),
                secrets=TaskSecrets(gold_outputs=attempt.answer),
            ),
            messages=link_results(list(_messages(attempt))),
            trial=attempt.trial,
            agent=_agent(source),
            status=STATUSES.get(section, Status.UNKNOWN),
            termination_reason=HALTED if HALTED in attempt.sections else None,
            outcome_reward=REWARDS.get(section),
            extra=_extra(attempt, tail),
        )


REFLEXION_REACT = ReflexionReact()


def _benchmark(source: Source) -> str:
    return "hotpotqa" if "hotpotqa" in source.uri.lower() else source.name


def _agent(source: Source) -> str | None:
    folders = source.parts[:-1]
    return "/".join(folders[folders.index(ROOT) + 1 :]) or None if ROOT in folders else None


def _extra(attempt: Attempt, tail: str) -> str | None:
    labels = [[piece.label, piece.number] for piece in attempt.pieces]
    told = {
        "trial_summary": attempt.summary,
        "sections": attempt.sections[1:],
        "labels": [] if _counts(attempt.pieces) else labels,
        "tail": tail,
    }
    held = {name: value for name, value in told.items() if value}
    return json_text(held) if held else None


def _counts(pieces: tuple[Piece, ...]) -> bool:
    """Tell whether the labels go Thought 1, Action 1, Observation 1, Thought 2, and so on."""
    order = ("Thought", "Action", "Observation")
    return all(
        (piece.label, piece.number) == (order[index % 3], str(index // 3 + 1))
        for index, piece in enumerate(pieces)
    )


def _messages(attempt: Attempt) -> Iterator[Message]:
    told = (
        (Role.SYSTEM, Origin.SCRIPTED, attempt.instruction),
        (Role.USER, Origin.COPIED, attempt.memory),
        (Role.USER, Origin.SCRIPTED, attempt.question),
    )
    seq = 0
    for role, origin, text in told:
        if text:
            yield Message(seq=seq, role=role, origin=origin, text=text)
            seq += 1
    yield from _steps(attempt.pieces, seq)


def _steps(pieces: tuple[Piece, ...], seq: int) -> Iterator[Message]:
    """Read the steps: a thought and the action behind it are one message."""
    thought: str | None = None
    has_call = False
    for index, piece in enumerate(pieces):
        follower = pieces[index + 1].label if index + 1 < len(pieces) else None
        if piece.label == "Thought" and follower == "Action":
            thought = piece.words
            continue
        if piece.label == "Observation":
            role, origin = (Role.TOOL if has_call else Role.USER), Origin.INJECTED
            yield Message(seq=seq, role=role, origin=origin, text=piece.words)
        else:
            message = _said(thought, piece, seq)
            has_call = bool(message.tool_calls)
            thought = None
            yield message
        seq += 1


def _said(thought: str | None, piece: Piece, seq: int) -> Message:
    """Make a message of a thought and an action; an action that is no call stays as words."""
    call = CALL.fullmatch(piece.words) if piece.label == "Action" else None
    words = [text for text in (thought, None if call else piece.words) if text is not None]
    return Message(
        seq=seq,
        role=Role.ASSISTANT,
        origin=Origin.SAMPLED,
        text="\n".join(words) if words else None,
        tool_calls=() if call is None else (ToolCall(name=call[1], arguments=call[2]),),
    )
