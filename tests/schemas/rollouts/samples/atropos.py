import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, archive_members, json_sample

FOLDER = "environments/cybersec_env_outputs"
CHAT = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "First"},
    {"role": "user", "content": "And?"},
    {"role": "assistant", "content": "Second", "reward": 0.5},
]
GROUP = {
    "tokens": [[1, 2, 3], [1, 2, 4]],
    "masks": [[-100, -100, 3], [-100, 2, 4]],
    "scores": [1, -0.5],
    "messages": [CHAT, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nCut o"],
    "advantages": [[0.5], [0.25]],
    "overrides": [{"a": 1}, None],
    "group_overrides": {"group_size": 2},
    "ref_logprobs": None,
    "images": ["one"],
}


def samples(data: Path) -> Iterator[Sample]:
    """A group with every field that there is, and two real ones of two rollouts and few tokens each."""
    yield json_sample("groups.jsonl", GROUP)
    members = archive_members(data / "atropos/scored_groups.tar.zst")
    for name in ("objreward", "subjreward"):
        group = json.loads(members[f"{FOLDER}/{name}.jsonl"].splitlines()[0])
        yield json_sample(f"{name}.jsonl", {field: _shortened(value) for field, value in group.items()})


def _shortened(value: Any) -> Any:
    """Keep two rollouts, and the tokens around the first one that is trained."""
    if not isinstance(value, list):
        return value
    return [each[470:490] if isinstance(each, list) else each for each in value[:2]]
