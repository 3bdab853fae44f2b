"""A score whose rollout lives in another file: what it says, and how to find whom it judges."""

import msgspec

from schemas.trajectory import Score


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a report, a label file or an annotation.

    It attaches to the one attempt that agrees with all keys that are not null; which source it speaks of may be
    narrowed by whoever ingests it. A verdict that could speak of several is ambiguous and attaches to none.
    """

    score: Score
    is_outcome: bool
    """True for the task's final reward: then `score.value` counts as outcome where the rollout tells none."""
    task_key: str | None = None
    """The benchmark's own name of the task."""
    benchmark: str | None = None
    trial: int | None = None
    agent: str | None = None
    model: str | None = None
    run: str | None = None
    """A part of the judged rollout's path: a run's folder, a trial's folder, or a file's name."""
    extra: str | None = None
    """Source fields without a place of their own, as a JSON object."""
