"""Splice the good way of a successful sibling to the first bad step of a failure, as Agent-R does (arXiv 2501.11425)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import msgspec
import polars as pl

from curation.frames import Frames
from curation.parameters import BOUND
from curation.repair.children import child_of, moved, renumbered
from curation.repair.divergence_places import partings
from curation.repair.repair import Case, Repair, cases_of
from curation.repair.writers import WRITERS, Kind, Writer
from curation.rewards.outcomes import gap
from schemas.errors import RecipeError
from schemas.trajectory import Message, Origin, Role, Trajectory

LINE_CHARS = 300


@dataclass(frozen=True, kw_only=True)
class Splice(Repair):
    """Splices a failure up to its first bad step, a revision, and the good way of a successful trial of the task.

    The child holds: the failure's messages up to the results of its first bad step, with the origin `copied`, so that
    nothing trains them; one turn in which the agent takes the step back, and one of the user, both `synthetic`; then
    what the success does from where the two part, `repaired`. Agent-R trains the revision too: a training view
    must say so. Published, a model judges the steps and the pairs are leaves of a search tree; here the first bad step
    is where the failure leaves its nearest success, or what a verdict says. Nobody ran the good way after the bad
    one: results do not know what the bad step changed. Reward, status and end are the success's, and the child is no trial.
    """

    name: ClassVar[str] = "splice"
    version: ClassVar[str] = "1"
    replaces_parent: ClassVar[bool] = False

    success_reward: float = 1.0
    """Least reward of a success. The paper's floor is not published."""
    min_gap: float = 0.0
    """The success's reward must be higher than the failure's by more than this. The paper's gap is not published."""
    across_policies: bool = False
    """Take the success of another policy too."""
    first_bad: Literal["divergence", "verdict"] = "divergence"
    """What tells the first bad step: where the failure leaves the success, or a score of steps from there on."""
    verdict: str = "step"
    """Name of that score."""
    bad_at_most: float = 0.0
    """Greatest value of a bad step."""
    writer: str = "template"
    """Who writes the revision: `template` (ours), or a writer that is bound from outside."""
    bound_writer: Writer | None = field(default=None, repr=False, compare=False, metadata=BOUND)
    """The writer of that name, when it is none of ours."""

    def __post_init__(self) -> None:
        """Refuse a gap that a failure could fill.

        Raises:
            RecipeError: `min_gap` is negative.
        """
        if self.min_gap < 0:
            raise RecipeError(f"`min_gap` must be 0 or more, got {self.min_gap!r}.")

    def cases(self, frames: Frames) -> pl.DataFrame:
        """Find failures with a bad step and a success: `seq` is the first message behind that step and its results.

        Raises:
            RecipeError: nobody knows the writer.
        """
        self._writer()
        found = partings(
            frames, success_reward=self.success_reward, across_policies=self.across_policies
        ).join(_rewards(frames), on="trajectory_id")
        found = found.join(_rewards(frames, "partner"), on="partner_id")
        found = found.filter(gap(pl.col("partner_reward"), pl.col("reward")) > self.min_gap)
        if self.first_bad == "verdict":
            found = found.join(self._judged(frames), on="trajectory_id")
            found = found.filter(pl.col("judged_step") >= pl.col("bad_step"))
            found = found.with_columns(bad_step="judged_step")
        steps = frames.steps.select("trajectory_id", seq=pl.col("end_seq") + 1, bad_step="step")
        placed = found.join(steps, on=["trajectory_id", "bad_step"])
        return cases_of(_whole_ways(placed, frames))

    def apply_all(self, cases: Sequence[Case]) -> list[Trajectory | None]:
        """Splice each case that has a partner and both places; null for the others."""
        return [self._spliced(case) for case in cases]

    def _judged(self, frames: Frames) -> pl.DataFrame:
        is_bad = (pl.col("name") == self.verdict) & (pl.col("value") <= self.bad_at_most)
        bad = frames.scores.filter(pl.col("scope") == "step", is_bad)
        return bad.group_by("trajectory_id").agg(judged_step=pl.col("step").min())

    def _spliced(self, case: Case) -> Trajectory | None:
        partner, seq, partner_seq = case.partner, case.seq, case.partner_seq
        if partner is None or seq is None or partner_seq is None:
            return None
        bad = [_copied(message) for message in case.trajectory.messages[:seq]]
        joint = self._joint(bad)
        taken = {call.call_id for message in bad for call in message.tool_calls if call.call_id}
        good = moved(partner.messages[partner_seq:], seq + len(joint) - partner_seq, taken=taken)
        messages = renumbered([*bad, *joint, *map(_repaired, good)])
        rule = f"{self.rule} at {seq} and {partner_seq}"
        child = child_of(case.trajectory, messages, rule=rule, partner=partner)
        return msgspec.structs.replace(
            child,
            outcome_reward=partner.outcome_reward,
            status=partner.status,
            termination_reason=partner.termination_reason,
        )

    def _joint(self, bad: Sequence[Message]) -> list[Message]:
        """Write what stands between the two ways, so that speakers take turns."""
        ended_in_words = bad[-1].role is Role.ASSISTANT
        kinds = [(Role.USER, Kind.OBJECTION)] * ended_in_words
        kinds += [(Role.ASSISTANT, Kind.REVISION), (Role.USER, Kind.GO_ON)]
        facts = _facts(bad)
        return [
            Message(
                seq=len(bad) + index,
                role=role,
                origin=Origin.SYNTHETIC,
                text=self._writer().write(kind, facts),
            )
            for index, (role, kind) in enumerate(kinds)
        ]

    def _writer(self) -> Writer:
        if self.bound_writer is not None:
            return self.bound_writer
        if self.writer not in WRITERS:
            known = ", ".join(sorted(WRITERS))
            raise RecipeError(f"Unknown `writer` {self.writer!r}. Writers without an endpoint: {known}")
        return WRITERS[self.writer]


def _rewards(frames: Frames, whose: str = "") -> pl.DataFrame:
    names = ("partner_id", "partner_reward") if whose else ("trajectory_id", "reward")
    return frames.trajectories.select(
        pl.col("trajectory_id").alias(names[0]), pl.col("outcome_reward").alias(names[1])
    )


def _whole_ways(placed: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """Keep the cases whose two ways hold every call with its result, and whose good way begins with the agent.

    Only the last turn of the good way may call in vain: such a call ends a rollout.
    """
    turns = frames.messages.filter(pl.col("role") == "assistant").select("trajectory_id", "seq")
    last = turns.group_by("trajectory_id").agg(last_seq=pl.col("seq").max())
    calls = frames.calls.select("trajectory_id", "result_seq", call_seq="seq")
    made = calls.join(last, on="trajectory_id", how="left")
    in_bad = pl.col("call_seq") < pl.col("seq")
    torn_bad = placed.join(calls, on="trajectory_id").filter(
        in_bad, (pl.col("result_seq") >= pl.col("seq")).fill_null(value=True)
    )
    in_good = pl.col("call_seq") >= pl.col("partner_seq")
    in_vain = pl.col("result_seq").is_null() & (pl.col("call_seq") < pl.col("last_seq"))
    torn_good = placed.join(made, left_on="partner_id", right_on="trajectory_id").filter(
        pl.when(in_good).then(in_vain).otherwise(pl.col("result_seq") >= pl.col("partner_seq"))
    )
    torn = pl.concat([torn_bad.select("trajectory_id"), torn_good.select("trajectory_id")])
    starts = turns.rename({"trajectory_id": "partner_id", "seq": "partner_seq"})
    whole = placed.join(torn, on="trajectory_id", how="anti")
    return whole.join(starts, on=["partner_id", "partner_seq"], how="semi")


def _facts(bad: Sequence[Message]) -> dict[str, str]:
    """Tell of the bad step what a writer may be told."""
    step = next(message for message in reversed(bad) if message.role is Role.ASSISTANT)
    calls = "; ".join(f"{call.name}({call.arguments})" for call in step.tool_calls + step.text_calls)
    came_back = " ".join(message.text or "" for message in bad[step.seq + 1 :])
    return {"step": calls or "respond", "observation": " ".join(came_back.split())[:LINE_CHARS]}


def _copied(message: Message) -> Message:
    if message.role is not Role.ASSISTANT:
        return message
    return msgspec.structs.replace(message, origin=Origin.COPIED)


def _repaired(message: Message) -> Message:
    """Mark the sibling's sampled words; their contexts had other lengths."""
    if message.origin is not Origin.SAMPLED:
        return message
    return msgspec.structs.replace(message, origin=Origin.REPAIRED, prompt_tokens=None)
