import json
from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample

CALL = '{"name": "f", "arguments": {"a" : 1.0}, "id": "c", "more": true}'
TOLD = {
    "id": 7, "model": "m", "reward": 0.5, "category": "x",
    "conversations": [
        {"from": "system", "value": f"Rules <tools>\n{CALL}\n{CALL}\n</tools>"},
        {"from": "user", "value": "Hi", "weight": 0},
        {"from": "gpt", "value": f"<think>\nhm\n</think>\n\nLook:\n<tool_call>\n{CALL}\n</tool_call>\n<tool_call>{CALL}</tool_call>", "loss": True},
        {"from": "tool", "value": "<tool_response>1</tool_response>\n<tool_response>2</tool_response>"},
        {"from": "bing", "value": "Half a <tool_call> mark", "loss": False},
        {"from": "function_call", "value": CALL, "weight": 0},
        {"from": "observation", "value": "3", "name": "f", "tool_call_id": "c"},
        {"from": "function_call", "value": "words", "weight": 1},
        {"from": "human", "value": [{"type": "text", "text": "parts"}], "more": None},
    ],
}  # fmt: skip
REAL = (
    "agenttuning_db/sample_sft.json",
    "agenttuning_db/sample_raw.json",
    "agenttuning_db/sample_sft/sample_sft_sweagent.json",
    "mini-coder/sample_sft.json",
    "swe-smith/sample_sft/sample_sft_sweagent.json",
    "nnetnav-wa/sample_sft/sample_sft_agentlab.json",
)


def samples(data: Path) -> Iterator[Sample]:
    """Conversations with every field that there is, and the starts of real ones."""
    yield json_sample("sft.json", TOLD)
    turn = {"from": "chatgpt", "value": "a"}
    yield json_sample(
        "sft.json", {"conversations": [turn], "system": "s", "tools": '[{"name": "f"}]', "id": "x"}
    )
    yield json_sample("sft.json", {"conversations": [turn], "system": "", "tools": [{"name": "f"}]})
    members = archive_members(data / "adp/adp_samples.tar.zst")
    for name in REAL:
        row = json.loads(members[f"datasets/{name}"])[0]
        row["conversations"] = row["conversations"][:6]
        yield from file_samples("full_sft.jsonl", json.dumps(row).encode())
