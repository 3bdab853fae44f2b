from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples

EVALS = ("eval_safety-alignment.json", "eval_safety-paper-trail.json", "eval_safety-clear-space.json")


def samples(data: Path) -> Iterator[Sample]:
    """Real evaluations: scored, and crashed in two ways; and a report that is a list of instances."""
    members = archive_members(data / "openhands/openagentsafety_gpt4o_half.tar.zst")
    yield from (
        sample for name in members if name.endswith(EVALS) for sample in file_samples(name, members[name])
    )
    for name, content in archive_members(data / "openhands/swebv_claude35_llm_completions_4.tar.zst").items():
        if name.endswith("output.swebench_eval.md"):
            yield from file_samples(name, content)
