from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, file_samples, json_sample

ANNOTATIONS = b"""annotator_name,benchmark,task_id,model_name,exp_name,trajectory_success,trajectory_side_effect,\
trajectory_optimality,trajectory_looping
ann,webarena,webarena.3,GenericAgent-m,GenericAgent-m_on_webarena,Successful,No,4. Completely Optimal,No
ben,webarena,webarena.3,GenericAgent-m,GenericAgent-m_on_webarena,Unsuccessful,Yes,2. Suboptimal,Unsure
"""
EXCHANGE = [
    {"role": "system", "content": "Rules"},
    {"role": "user", "content": [{"type": "text", "text": "Page"}]},
]
ROLLOUT: dict[str, Any] = {
    "benchmark": "webarena", "agent": "GenericAgent-m", "model": "m", "valid": True, "experiment": "e",
    "goal": "Find it.", "seed": 0, "model_args": {"temperature": 0.1}, "flags": {"use_think": True},
    "summary_info": {
        "n_steps": 2, "cum_reward": 1.0, "cum_raw_reward": 1, "err_msg": None, "stack_trace": None,
        "terminated": True, "truncated": False,
    },
    "package_version": "x==1",
    "steps": [
        {
            "num": 0, "reasoning": "hm", "action": "click('3')", "screenshot_path": "s/0.png", "url": "u",
            "open_pages_urls": ["u"], "focused_element": "3", "last_action_error": "", "stats": {"n": 1},
            "axtree": "button 3",
            "chat_messages": [*EXCHANGE, {"role": "assistant", "content": "<think>hm</think><action>click('3')</action>"}],
        },
        {"num": 1, "reasoning": "ok", "action": "noop()", "axtree": "page", "chat_messages": EXCHANGE},
        {"num": 2, "reasoning": None, "action": None, "axtree": "end", "chat_messages": EXCHANGE, "stats": {"n": 2}},
    ],
}  # fmt: skip
REPLY = "<reasoning>It did.</reasoning><success>Successful</success><side>No</side><optimal>3. Somewhat</optimal><loop>Yes</loop>"
JUDGMENT: dict[str, Any] = {
    "benchmark": "webarena", "goal": "Find it.", "agent": "GenericAgent-m", "judge": "gpt-4o-noscreen",
    "judge_model_name": "gpt-4o", "provider": "openai", "judge_args": {"use_axtree": True},
    "completion_args": {"seed": 0}, "cost": {"total": 0.1},
    "response": {"id": "r", "choices": [{"index": 0, "message": {"role": "assistant", "content": REPLY}}]},
    "chat_messages": {"regular": EXCHANGE},
    "trajectory_info": {"valid": True, "model": "m", "seed": 0, "summary_info": {"cum_reward": 1.0, "n_steps": 2}},
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """Hand-made, by the scripts that write them."""
    yield json_sample("cleaned/webarena/GenericAgent-m/e/webarena.3.json", ROLLOUT)
    crashed = {"n_steps": 1, "cum_reward": 0, "err_msg": "lost", "stack_trace": "t"}
    yield json_sample("webarena.4.json", ROLLOUT | {"summary_info": crashed})
    yield json_sample("judgments/webarena/GenericAgent-m/j/webarena.3.json", JUDGMENT)
    yield json_sample("webarena.5.json", JUDGMENT | {"judge": "functional"})
    yield from file_samples("annotations.csv", ANNOTATIONS)
