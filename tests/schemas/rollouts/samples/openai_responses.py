from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, json_sample

REQUEST = {
    "model": "gpt", "instructions": "Rules", "previous_response_id": "resp_0", "temperature": 1.0,
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}],
    "input": [
        {"role": "developer", "content": "More rules"},
        {"type": "message", "role": "assistant", "id": "msg_0", "content": [{"type": "output_text", "text": "Hello"}]},
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": "u"}]},
        {"type": "reasoning", "id": "rs_0", "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}], "encrypted_content": "e"},
        {"type": "function_call", "id": "fc_0", "call_id": "call_0", "name": "f", "arguments": '{"a": 1.50}', "status": "completed"},
        {"type": "function_call_output", "call_id": "call_0", "output": [{"type": "input_text", "text": "ok"}]},
        {"type": "mcp_approval_response", "approval_request_id": "x", "approve": True},
    ],
}  # fmt: skip
OUTPUT = [
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "s"}], "content": [{"type": "reasoning_text", "text": "long"}]},
    {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": [{"type": "output_text", "text": "A", "annotations": [1]}]},
    {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_1", "name": "sh", "input": "ls"},
    {"type": "custom_tool_call_output", "call_id": "call_1", "output": "files"},
    {"type": "message", "role": "assistant", "content": "plain"},
    {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
    {"type": "local_shell_call", "id": "ls_1", "call_id": "call_2", "action": {"type": "exec", "command": ["ls"]}, "status": "completed"},
    {"type": "local_shell_call_output", "id": "call_2", "output": "files"},
    {"type": "reasoning", "id": "rs_2", "summary": []},
    {"type": "reasoning", "id": "rs_3", "summary": [{"type": "summary_text", "text": "x"}]},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
    {"type": "file_search_call", "id": "fs_1", "queries": ["q"], "results": [{"file_id": "f", "text": "t"}]},
    {"type": "mcp_list_tools", "id": "ml_1", "server_label": "s", "tools": [{"name": "t"}]},
    {"type": "mcp_call", "id": "mcp_1", "server_label": "s", "name": "t", "arguments": "{}", "output": "r", "error": None},
    {"type": "computer_call", "id": "cu_1", "call_id": "call_3", "action": {"type": "click", "x": 1}, "pending_safety_checks": [{"id": "c"}]},
    {"type": "computer_call_output", "call_id": "call_3", "output": {"type": "computer_screenshot", "image_url": "u"}},
    {"type": "image_generation_call", "id": "ig_1", "result": "base64"},
    {"type": "code_interpreter_call", "id": "ci_1", "code": "1+1", "outputs": None},
    {"type": "compaction", "id": "cmp_1", "encrypted_content": "e"},
]  # fmt: skip
RESPONSE = {
    "id": "resp_1", "object": "response", "model": "gpt-x", "status": "incomplete", "error": None,
    "incomplete_details": {"reason": "max_output_tokens"}, "output": OUTPUT, "temperature": 1.0, "tools": REQUEST["tools"],
    "usage": {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8, "input_tokens_details": {"cached_tokens": 2}},
}  # fmt: skip
ANSWER = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}


def samples(data: Path) -> Iterator[Sample]:
    """Made by hand after the API reference: no real file is at hand."""
    yield json_sample("exchanges.jsonl", {"request": REQUEST, "response": RESPONSE, "latency": 0.5})
    yield json_sample("flat.jsonl", {"input": "Hi", "output": [ANSWER], "model": "gpt", "seed": 7})
    yield json_sample("alone.jsonl", {"object": "response", "output": [ANSWER], "status": "completed"})
