"""Exact tokens that labels train, under a tokenizer that is built on the spot."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.token_rendering import build_tokenizer
from curation.scene import Scene
from flows.datasets.rows import label_of
from schemas.rows import trajectory_from_rows
from schemas.training import Label
from schemas.training.tokens import Conversation, TokenRenderer
from schemas.trajectory import Role, Trajectory

ALL = Label(is_trained=True, weight=1.0)


def tokenizer_for(scene: Scene) -> Any:
    """Train a tokenizer on the words and arguments of what is kept, with Qwen3's training template as TRL ships it."""
    import trl

    template = (Path(trl.__file__).parent / "chat_templates" / "qwen3_training.jinja").read_text()
    frames = scene.frames.restricted_to(scene.kept["trajectory_id"])
    texts = pl.concat([frames.messages["text"], frames.messages["reasoning"], frames.calls["raw_arguments"]])
    return build_tokenizer(texts.drop_nulls(), template)


class TokenCounter:
    """Counts trained tokens; each trajectory is rendered once, and once more for each set of labels with spans.

    Args:
        tokenizer: see `tokenizer_for`.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._renderer = TokenRenderer(tokenizer, train_eos="token")
        self._known: dict[str, dict[int, int]] = {}

    def count(self, scene: Scene, labels: pl.DataFrame) -> int:
        """Count the tokens that carry loss.

        Args:
            scene: what is kept.
            labels: rows of `train_labels` of a view of it.

        Raises:
            ValueError: the chat template refuses a conversation.
        """
        spanned = labels.filter(pl.col("spans").list.len() > 0)["trajectory_id"].unique()
        plain = labels.filter("is_trained", ~pl.col("trajectory_id").is_in(spanned.implode()))
        self._learn(scene, plain["trajectory_id"].unique())
        whole = sum(self._known[name][seq] for name, seq in plain.select("trajectory_id", "seq").iter_rows())
        return whole + sum(self._exact(scene, labels, spanned))

    def _learn(self, scene: Scene, names: pl.Series) -> None:
        """Count the tokens of every assistant message of trajectories that are new."""
        records = _records(scene, [name for name in names if name not in self._known])
        conversations = [
            _conversation(one, {m.seq: ALL for m in one.messages if m.role is Role.ASSISTANT})
            for one in records.values()
        ]
        for (name, record), rendered in zip(
            records.items(), self._renderer.render_all(conversations), strict=True
        ):
            if not rendered.rows:
                raise ValueError(f"{name}: {rendered.findings}")
            seqs = np.concatenate([row.seqs[row.is_trained] for row in rendered.rows])
            counts = np.bincount(seqs, minlength=len(record.messages))
            self._known[name] = dict(enumerate(map(int, counts)))

    def _exact(self, scene: Scene, labels: pl.DataFrame, names: pl.Series) -> Iterator[int]:
        """Count the tokens of trajectories whose labels hold spans."""
        own = labels.filter(pl.col("trajectory_id").is_in(names.implode()))
        told = own.partition_by("trajectory_id", as_dict=True)
        conversations = [
            _conversation(one, {row["seq"]: label_of(row) for row in told[name,].to_dicts()})
            for name, one in _records(scene, names.to_list()).items()
        ]
        for rendered in self._renderer.render_all(conversations):
            yield from (row.trained_count for row in rendered.rows)


def _records(scene: Scene, names: Sequence[str]) -> dict[str, Trajectory]:
    """Rebuild trajectories of a scene, by the id that they have there: a repaired trial stands as its parent."""
    frames, chosen = scene.frames, pl.col("trajectory_id").is_in(names)
    tasks = {row["task_id"]: row for row in frames.tasks.to_dicts()}
    toolsets = {row["toolset_id"]: row for row in scene.toolsets.to_dicts()}
    messages = frames.messages.filter(chosen).partition_by("trajectory_id", as_dict=True)
    return {
        row["trajectory_id"]: trajectory_from_rows(
            row,
            messages[row["trajectory_id"],].to_dicts(),
            tasks[row["task_id"]],
            toolsets.get(row["toolset_id"]),
        )
        for row in frames.trajectories.filter(chosen).sort("trajectory_id").to_dicts()
    }


def _conversation(trajectory: Trajectory, labels: dict[int, Label]) -> Conversation:
    toolset = trajectory.toolset
    return Conversation(
        messages=trajectory.messages, tools=None if toolset is None else toolset.tools, labels=labels
    )
