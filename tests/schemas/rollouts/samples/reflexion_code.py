from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample

FOLDER = "programming_runs/root"
FILES = (
    "reflexion_mbpp_py/mbpp-py._reflexion_5_gpt-4_pass_at_k_1_py.jsonl",
    "simple_mbpp_py/mbpp-py._simple_1_gpt-4_pass_at_k_1_py.jsonl",
)
ROW = {
    "name": "minimum-time", "prompt": "def f():", "entry_point": "f", "test": ["a"], "visible_tests": ["b"],
    "language": "rs", "canonical_solution": "x", "is_solved": False, "implementations": ["one", "two"],
    "test_feedback": ["wrong", "right"], "reflections": ["hm"], "solution": "two",
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """Rows with every field that there is, and some real ones."""
    yield json_sample("leetcode-hard-py-40._reflexion_5_gpt-3.5-turbo_pass_at_k_1_py.jsonl", ROW)
    yield json_sample("rows.jsonl", ROW | {"solution": "three"})
    members = archive_members(data / "reflexion/reflexion_dev.tar.zst")
    for name in FILES:
        yield from islice(file_samples(f"{FOLDER}/{name}", members[f"{FOLDER}/{name}"]), 5)
