"""What a row of a task to practise on says, whatever the trainer calls it; gold answers are never among it."""

from schemas.training import losses
from schemas.training.examples import TaskExample
from schemas.training.format import Row


def prompt_rows(example: TaskExample) -> list[Row]:
    """Write the prompt as messages of plain text."""
    return [{"role": message.role.value, "content": message.text or ""} for message in example.prompt]


def task_columns(example: TaskExample) -> Row:
    """Write which task it is, by which a reward function asks its environment, and how its trials went."""
    task, figures = example.task, example.figures
    return {
        "task_id": task.task_id,
        "task_key": task.task_key,
        "benchmark": task.benchmark,
        "split": example.split,
        "trial_count": figures.get("trial_count"),
        "pass_rate": figures.get("pass_rate"),
        "reward_mean": figures.get("reward_mean"),
    }


def task_losses(example: TaskExample) -> dict[str, int]:
    """Count parts of content, calls inside the prompt, and a prompt or tool schemas that are not there."""
    return losses.present(
        {
            "content_parts": sum(message.content_json is not None for message in example.prompt),
            "prompt_tool_calls": sum(len(message.tool_calls) for message in example.prompt),
            "no_prompt": int(not example.prompt),
            "no_tool_schemas": int(example.toolset is None),
        }
    )
