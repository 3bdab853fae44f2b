from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, json_sample

ROW = {
    "input": "user\nWhat is 2 + 2?\nassistant\n", "output": "4", "gts": {"target": ["4"]}, "score": 1.5, "step": 20,
    "acc": True, "format_reward": 0.5, "pred": "4", "ground_truth": "4", "request_id": "r-1", "tool_calls": [1],
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """Hand-made, by the function that writes them."""
    yield json_sample("rollouts/20.jsonl", ROW)
    yield json_sample("rollouts/20.jsonl", {"input": "a", "output": "b", "score": 0, "step": 1})
