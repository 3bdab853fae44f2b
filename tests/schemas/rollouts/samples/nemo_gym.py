import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples

ENVIRONMENTS = (
    "resources_servers/abstention",
    "resources_servers/blackjack",
    "resources_servers/example_mcp_weather",
    "resources_servers/example_tool_call_multireward",
    "resources_servers/single_step_tool_use_with_argument_comparison",
    "responses_api_agents/mini_swe_agent_2",
    "responses_api_agents/tau2",
)
SHOWN_ITEMS = 6


def samples(data: Path) -> Iterator[Sample]:
    """The start of the first rollout of environments that differ, and one that was spoiled."""
    members = archive_members(data / "nemo_gym/example_rollouts_dev.tar.zst")
    for folder in ENVIRONMENTS:
        yield _start(members, folder, 0)
    yield _start(members, "resources_servers/conversational_tool_use_simulation", 1)


def _start(members: dict[str, bytes], folder: str, line: int) -> Sample:
    name = f"{folder}/data/example_rollouts.jsonl"
    row = json.loads(members[name].splitlines()[line])
    for holder, field in (("responses_create_params", "input"), ("response", "output")):
        row[holder][field] = row[holder][field][:SHOWN_ITEMS]
        if row[holder].get("tools"):
            row[holder]["tools"] = row[holder]["tools"][:1]
    (sample,) = file_samples(name, json.dumps(_trimmed(row)).encode())
    return sample


def _trimmed(value: Any, depth: int = 0) -> Any:
    """Keep the first elements of lists that lie deep, where thousands of leaves are alike."""
    if isinstance(value, dict):
        return {key: _trimmed(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_trimmed(inner, depth + 1) for inner in (value if depth <= 2 else value[:1])]
    return value
