from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.schemas.rollouts.real_files import Sample, file_samples, json_sample, read_zst

CHAT = {
    "messages": [
        {"role": "developer", "content": "Rules", "name": "boss"},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "u"}}]},
        {"role": "assistant", "content": "A demonstration", "is_demo": True},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "refusal": "no",
            "weight": 0,
            "logprobs": [-0.5],
            "tool_calls": [
                {"id": "c", "type": "function", "index": 0, "function": {"name": "f", "arguments": "{}", "strict": True}},
                {"id": "d", "type": "custom", "custom": {"name": "sh", "input": "ls", "more": 1}},
            ],
        },
        {"role": "tool", "content": "ok", "tool_call_id": "c", "name": "f", "is_error": False},
        {"role": "assistant", "content": "", "function_call": {"name": "g", "arguments": "{}", "more": [1]}},
        {"role": "function", "content": "ok", "name": "g"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "task_id": "t", "trial": 0, "agent": "a", "model": "m", "reward": 1.0, "score": 0.5, "status": "completed",
    "termination_reason": "done", "benchmark": "b", "split": "test", "cost_usd": 0.1, "prompt_tokens": 1,
    "completion_tokens": 2, "meta": {"seed": 7},
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """A record with every field that there is, and the starts of real conversations."""
    yield json_sample("chat.jsonl", CHAT)
    content = read_zst(data / "swe_agent/swesmith_ft_xml_example.jsonl.zst")
    for line in content.splitlines():
        row = msgspec.json.decode(line)
        yield from file_samples(
            "swesmith.jsonl", msgspec.json.encode(row | {"messages": row["messages"][:9]})
        )
