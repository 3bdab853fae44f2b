"""Arguments that are no JSON object: no format trains them without a word."""

import json
from typing import Any

import pytest

from schemas.errors import ExportRefusedError
from schemas.training import TRAINING_FORMATS, Unsupported
from schemas.trajectory import Role, ToolCall
from tests.json_columns import read_back
from tests.schemas.training.built import ROLLOUT, example, message, pair, sample
from tests.schemas.training.kinds import format_of

WITHOUT_CALLS = {"step_labels", "atif"}
"""Formats for readers, not for trainers: they carry what the source says."""
REFUSING = [
    name for name, form in TRAINING_FORMATS.items() if form.unit != "task" and name not in WITHOUT_CALLS
]
TRL = ["trl_sft", "trl_dpo", "trl_reward", "trl_kto"]


def calling(arguments: str, unit: str) -> Any:
    call = message(2, Role.ASSISTANT, tool_calls=(ToolCall(name="bash", arguments=arguments),))
    match unit:
        case "trajectory":
            return example(*ROLLOUT[:2], call)
        case "pair":
            return pair(call)
        case _:
            return sample(completion=(call,))


@pytest.mark.parametrize("arguments", ["ls -R /workspace", "", "1969", '"ls"', "[1]", '{"a": NaN}'])
@pytest.mark.parametrize("name", REFUSING)
def test_they_are_refused_and_counted(name: str, arguments: str) -> None:
    form = format_of(name)
    with pytest.raises(ExportRefusedError, match="unparsable_arguments 1"):
        form.write(calling(arguments, form.unit))
    losing = format_of(name, unsupported=Unsupported.LOSE).write(calling(arguments, form.unit))
    assert losing.losses["unparsable_arguments"] == 1


@pytest.mark.parametrize("name", [*TRL, "agent_traces"])
def test_a_number_at_which_datasets_would_stop_is_refused(name: str) -> None:
    form, arguments = format_of(name), '{"id": 18446744073709551616}'
    said = calling(arguments, form.unit)
    assert form.changes(said) == {"unreadable_numbers": 1}
    (row,) = read_back(form, form.rows(said))
    words = row[
        "messages" if form.unit == "trajectory" else "chosen" if form.unit == "pair" else "completion"
    ]
    assert words[-1]["tool_calls"][0]["function"]["arguments"] == arguments


@pytest.mark.parametrize("name", TRL)
def test_the_exact_string_holds_any_number(name: str) -> None:
    form = format_of(name, arguments="string")
    said = calling('{"id": 18446744073709551616, "x": 0.30}', form.unit)
    assert form.changes(said) == {}
    assert json.dumps('{"id": 18446744073709551616, "x": 0.30}') in json.dumps(form.rows(said))
