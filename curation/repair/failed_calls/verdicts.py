"""Which failed calls of one trajectory can be taken out so that what stays still makes sense. Ours.

Turns are judged from the last to the first, so that each is judged before what will really stand behind it: that makes
repairing twice the same as once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from curation.repair.failed_calls.traces import WORDS
from schemas.reasons import FailedCallReason

Place = tuple[int, int]
"""A message's `seq`, and the index of one of its calls, or `WORDS`."""


@dataclass(frozen=True, kw_only=True)
class FailedCall:
    """One failed call of a turn."""

    index: int
    result_seq: int | None
    may_change: bool
    """True when its failure may have changed something."""
    uses: Sequence[Place] = ()
    """Where the agent later uses what only its result told."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of one failed call."""

    seq: int
    index: int
    result_seq: int | None
    reason: FailedCallReason | None
    """Why it stays; null: it goes."""
    takes_turn: bool = False
    """True when the turn goes with it."""
    keeps_words: bool = False
    """True when the turn goes and its words stay."""


@dataclass(frozen=True, kw_only=True)
class _Behind:
    """What stands behind a turn once later failures are gone."""

    is_end: bool
    is_own: bool
    in_parts: bool
    speaks: bool
    looks_back: bool
    """Whether the first words of the policy from there on speak of a failure."""


@dataclass(kw_only=True)
class Judge:
    """Judges the failed turns of one trajectory, which must come last first."""

    own_turn_count: int
    _gone: set[Place] = field(default_factory=set)
    _behind: dict[int, _Behind] = field(default_factory=dict)
    """For turns that are gone, what stands in their place."""

    def judge(self, turn: Mapping[str, Any], calls: Sequence[FailedCall]) -> list[Verdict]:
        """Judge a row of `failed_turns` with its failed calls."""
        behind = self._behind_of(turn)
        shared = _shared_reason(turn, behind)
        reasons = [shared or self._reason(call) for call in calls]
        takes_turn = len(calls) == turn["call_count"] and not any(reasons)
        left = self._whole_reason(turn, behind) if takes_turn else _part_reason(turn)
        takes_turn = takes_turn and left is None
        verdicts = [
            Verdict(
                seq=turn["seq"],
                index=call.index,
                result_seq=call.result_seq,
                reason=reason or left,
                takes_turn=takes_turn,
                keeps_words=takes_turn and turn["has_words"],
            )
            for call, reason in zip(calls, reasons, strict=True)
        ]
        self._note(turn["seq"], verdicts, behind)
        return verdicts

    def _behind_of(self, turn: Mapping[str, Any]) -> _Behind:
        """Tell what stands behind a turn, of its row and of what is gone by now."""
        speech = self._behind.get(turn["speech_seq"])
        return self._behind.get(turn["end_seq"] + 1) or _Behind(
            is_end=turn["next_is_own"] is None,
            is_own=bool(turn["next_is_own"]),
            in_parts=bool(turn["next_in_parts"]),
            speaks=bool(turn["next_speaks"]),
            looks_back=bool(turn["speech_looks_back"]) if speech is None else speech.looks_back,
        )

    def _reason(self, call: FailedCall) -> FailedCallReason | None:
        if call.may_change:
            return FailedCallReason.FAILURE_MAY_HAVE_CHANGED
        if not self._gone.issuperset(call.uses):
            return FailedCallReason.FAILURE_TAUGHT
        return None

    def _whole_reason(self, turn: Mapping[str, Any], behind: _Behind) -> FailedCallReason | None:
        """Tell why a turn cannot go as a whole."""
        if turn["has_words"] and (turn["in_parts"] or behind.in_parts):
            return FailedCallReason.FAILED_TURN_IN_PARTS
        if self.own_turn_count == 1 and not turn["has_words"]:
            return FailedCallReason.FAILED_TURN_WAS_ALL
        return None

    def _note(self, seq: int, verdicts: Sequence[Verdict], behind: _Behind) -> None:
        """Note what is gone."""
        self._gone |= {(seq, verdict.index) for verdict in verdicts if verdict.reason is None}
        first = verdicts[0]
        if not first.takes_turn:
            return
        if not first.keeps_words:
            self._gone.add((seq, WORDS))
        elif behind.is_own:
            behind = replace(behind, speaks=True, looks_back=behind.speaks and behind.looks_back)
        else:
            return
        self._behind[seq] = behind
        self.own_turn_count -= 1


def _shared_reason(turn: Mapping[str, Any], behind: _Behind) -> FailedCallReason | None:
    """Tell why no failed call of a turn can go."""
    if not turn["is_own"]:
        return FailedCallReason.FAILED_CALL_NOT_OWN
    if not turn["is_beside"]:
        return FailedCallReason.FAILED_RESULT_APART
    if not behind.is_end and not behind.is_own:
        return FailedCallReason.FAILURE_BEFORE_USER
    return FailedCallReason.FAILURE_SPOKEN_OF if behind.looks_back else None


def _part_reason(turn: Mapping[str, Any]) -> FailedCallReason | None:
    """Tell why a turn cannot lose some of its calls."""
    if turn["in_text"]:
        return FailedCallReason.FAILED_CALL_IN_TEXT
    return FailedCallReason.FAILED_TURN_IN_PARTS if turn["in_parts"] else None
