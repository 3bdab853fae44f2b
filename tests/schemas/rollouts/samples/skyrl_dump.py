from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, json_sample

ROW = {
    "input_prompt": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "output_response": "Ho<|im_end|>",
    "score": 1.0, "stop_reason": "stop", "env_class": "gsm8k", "env_extras": {"reward_spec": {"ground_truth": "4"}},
    "data_source": "openai/gsm8k", "env_metrics": {"turns": 1},
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """Hand-made, by the function that writes them."""
    yield json_sample("dumped_evals/openai_gsm8k.jsonl", ROW)
    yield json_sample(
        "dumped_evals/openai_gsm8k.jsonl", ROW | {"score": [0.0, 0.25, 0.5], "stop_reason": "length"}
    )
