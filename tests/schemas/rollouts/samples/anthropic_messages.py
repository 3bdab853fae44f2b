from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, json_sample

TOOL = {
    "name": "weather",
    "description": "Tell.",
    "input_schema": {"type": "object"},
    "cache_control": {"type": "ephemeral"},
}
CALL = {
    "type": "tool_use",
    "id": "toolu_1",
    "name": "weather",
    "input": {"city": "Bern"},
    "caller": {"type": "direct"},
}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
FOUND = {"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "e", "page_age": None}
CONVERSATION = {
    "model": "claude", "max_tokens": 9, "metadata": {"user_id": "u"},
    "system": [{"type": "text", "text": "Rules", "cache_control": {"type": "ephemeral"}}],
    "tools": [TOOL, {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}],
    "messages": [
        {"role": "user", "content": "Hi", "timestamp": 3},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "redacted_thinking", "data": "d"},
                {"type": "text", "text": "One."},
                CALL,
                CALL | {"id": "toolu_2"},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": [{"type": "text", "text": "sun"}], "is_error": False},
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "map"}, {"type": "image", "source": {"type": "base64", "data": "i"}}],
                    "cache_control": {"type": "ephemeral"},
                },
                {"type": "text", "text": "And?"},
                {"type": "document", "source": {"type": "text", "data": "doc"}, "title": "t"},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Two."},
                SEARCH,
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [FOUND]},
                {"type": "thinking", "thinking": "a", "signature": "s"},
                {"type": "thinking", "thinking": "b", "signature": "t"},
                {"type": "text", "text": "Three.", "citations": [{"url": "u"}]},
                {"type": "mcp_tool_use", "id": "m", "name": "f", "server_name": "x", "input": {}},
                {"type": "mcp_tool_result", "tool_use_id": "m", "content": "r", "is_error": True},
                {"type": "tool_use", "id": "late", "name": "g", "input": {}},
                {"type": "text", "text": "Words behind a call"},
            ],
        },
        {"role": "user", "content": [{"type": "web_search_tool_result", "tool_use_id": "q", "content": {"error_code": "e"}}]},
    ],
    "task_id": "t", "trial": 1, "agent": "a", "reward": 0.5, "status": "completed", "benchmark": "b", "split": "s",
}  # fmt: skip
CALLED = {
    "request": {"model": "claude", "system": "Rules", "messages": [
        {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Go"},
    ]},
    "response": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "stop_sequence": None,
        "content": [{"type": "text", "text": "Done."}],
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": 3, "output_tokens": 5, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 11,
            "service_tier": "standard",
        },
    },
    "latency": 0.5,
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """Made by hand after the API reference: no real file is at hand."""
    yield json_sample("messages.jsonl", CONVERSATION)
    yield json_sample("calls.jsonl", CALLED)
