"""What pairs and labels of critiques share: which claims are there, and their words."""

from dataclasses import dataclass, field

import polars as pl

from curation.pairs.critiques.claims import CLAIM_SCHEMA
from curation.pairs.critiques.fault_claims import fault_claims
from curation.pairs.critiques.verdict_claims import opposite_claims, verdict_claims
from curation.pairs.critiques.words import (
    CRITIQUE,
    OURS,
    answer,
    fault_question,
    named_place,
    template_reason,
    verdict_question,
)
from curation.parameters import BOUND
from curation.repair.writers import Writer
from curation.rewards.outcomes import is_success
from curation.scene import Scene
from curation.synthesis import CORRUPTIONS
from schemas.errors import RecipeError, UnknownNameError

ATTEMPT_CHARS = 4000
"""Characters of an attempt's calls that a bound writer is told."""


@dataclass(frozen=True, kw_only=True)
class Critiques:
    """Base of the rules that make critiques: judgements of one record, of which it is known whether they are right."""

    faults: bool = True
    """Judge corrupted children of what is kept, and their parents where these succeeded."""
    modes: tuple[str, ...] = ()
    """The corruptions to take; empty means all."""
    scores: tuple[str, ...] = ()
    """Names of scores of judges or people that say whether an attempt succeeded; their explanations are critiques."""
    at_least: float = 0.5
    """Least value of such a score that calls the attempt sound."""
    success_reward: float = 1.0
    """Least reward of a success."""
    writes_opposite: bool = False
    """Let the writer word the other side where all judges of a trajectory are right, or all are wrong. Who wrote which side
    can then be told by style."""
    max_result_chars: int | None = 2000
    """Characters of one tool result that the prompt shows, its middle left out; null means all."""
    writer: str = OURS
    """Who words what no judge worded: `template` (ours), or a writer that is bound from outside."""
    bound_writer: Writer | None = field(default=None, repr=False, compare=False, metadata=BOUND)
    """The writer of that name, when it is not ours."""

    def __post_init__(self) -> None:
        """Refuse what names nothing.

        Raises:
            UnknownNameError: no corruption has that name.
            RecipeError: there is nothing to judge, no room for a result, or no such writer.
        """
        unknown = next((mode for mode in self.modes if mode not in CORRUPTIONS), None)
        if unknown is not None:
            raise UnknownNameError.from_name("corruption", unknown, CORRUPTIONS)
        if not self.faults and not self.scores:
            raise RecipeError("Without `faults`, `scores` must name at least one score of judges or people.")
        if self.max_result_chars is not None and self.max_result_chars < 1:
            raise RecipeError(f"`max_result_chars` must be 1 or more, got {self.max_result_chars!r}.")

    @property
    def reads_corrupted(self) -> bool:
        """Tell whether it learns from corrupted children."""
        return self.faults

    def critiques(self, scene: Scene) -> pl.DataFrame:
        """Give all critiques of what is kept.

        Returns:
            The columns of `CLAIM_SCHEMA`, `task_id`, `question`, `result_chars`, `text`; sorted, each text once per
            subject and contrast.

        Raises:
            RecipeError: nobody knows the writer.
        """
        if self.bound_writer is None and self.writer != OURS:
            raise RecipeError(f"Unknown `writer` {self.writer!r}. Writers without an endpoint: {OURS}")
        asked = [
            claims.with_columns(question=pl.lit(question)) for question, claims in self._claims(scene).items()
        ]
        claims = pl.concat(asked).with_columns(result_chars=pl.lit(self.max_result_chars, pl.Int64))
        worded = self._worded(claims, scene).join(
            scene.kept.select("trajectory_id", "task_id"), on="trajectory_id"
        )
        return worded.sort("subject_id", "contrast", "question", "text", "label").unique(
            ["subject_id", "contrast", "question", "text"], keep="first", maintain_order=True
        )

    def _claims(self, scene: Scene) -> dict[str, pl.DataFrame]:
        judged = scene.kept.select("trajectory_id", is_success=is_success(self.success_reward)).join(
            scene.frames.trajectories.select("trajectory_id", "message_count"), on="trajectory_id"
        )
        told = verdict_claims(
            scene.frames, judged.drop_nulls("is_success"), self.scores, at_least=self.at_least
        )
        if self.writes_opposite:
            told = pl.concat([told, opposite_claims(told)])
        modes = self.modes or tuple(CORRUPTIONS)
        made = CLAIM_SCHEMA.to_frame()
        if self.faults and scene.corrupted is not None:
            steps = scene.frames.steps.filter(~pl.col("is_copied")).group_by("trajectory_id")
            sound = judged.filter("is_success").join(steps.agg(parent_steps="step"), on="trajectory_id")
            made = fault_claims(scene.corrupted, sound, modes)
        return {verdict_question(): told, fault_question(modes): made}

    def _worded(self, claims: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Add the words of each claim; a judge's own stay as they are."""
        facts = _facts(claims, scene) if self.bound_writer is not None else [{}] * claims.height
        texts = [
            answer(claim["words"] or self._reason(claim, fact), claim)
            for claim, fact in zip(claims.iter_rows(named=True), facts, strict=True)
        ]
        return claims.with_columns(text=pl.Series(texts, dtype=pl.String))

    def _reason(self, claim: dict[str, str | None], facts: dict[str, str]) -> str:
        if self.bound_writer is None:
            return template_reason(claim, str(claim["contrast"]))
        return self.bound_writer.write(CRITIQUE, facts)


def _facts(claims: pl.DataFrame, scene: Scene) -> list[dict[str, str]]:
    """Tell a bound writer what is claimed, what the agent did, and what is at the place; nothing of a task's secrets."""
    steps = _all_steps(scene)
    attempts = dict(
        steps.sort("trajectory_id", "step")
        .group_by("trajectory_id")
        .agg(pl.format("{}: {}", "step", "action_label").str.join("\n").str.head(ATTEMPT_CHARS))
        .iter_rows()
    )
    at = {
        (owner, str(step)): (action, observation)
        for owner, step, action, observation in steps.select(
            "trajectory_id", "step", "action_label", "observation_label"
        ).iter_rows()
    }
    told = []
    for claim in claims.iter_rows(named=True):
        action, observation = at.get((claim["subject_id"], claim["place"]), ("", ""))
        told.append(
            {
                "verdict": claim["verdict"],
                "place": named_place(claim["place"]),
                "fault": claim["fault"] or "",
                "step": action,
                "observation": observation,
                "attempt": attempts.get(claim["subject_id"], ""),
            }
        )
    return told


def _all_steps(scene: Scene) -> pl.DataFrame:
    columns = ["trajectory_id", "step", "action_label", "observation_label"]
    made = [] if scene.corrupted is None else [scene.corrupted.steps.select(columns)]
    return pl.concat([scene.frames.steps.select(columns), *made])
