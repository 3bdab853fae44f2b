import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.training.mask_malformed_calls import MaskMalformedCalls
from curation.training.tool_schemas import CallFault, find_fault, read_tools
from tests.curation.rollouts import Turn, call, do, rollout
from tests.curation.training.scenes import reasons, scene, trained, turns, with_tools

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "mode": {"type": ["string", "null"], "enum": ["a", "b", None]},
        "items": {"type": "array", "items": {"type": "object", "required": ["x"]}},
        "free": {"$ref": "#/elsewhere"},
    },
    "required": ["id"],
    "additionalProperties": False,
}
TOOLS = {"look": SCHEMA}


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ('{"id": 1}', None),
        ('{"id": 1.0, "mode": null, "items": [{"x": 1}], "free": [1]}', None),
        ('{"id": "1"}', CallFault.WRONG_TYPE),
        ('{"id": true}', CallFault.WRONG_TYPE),
        ('{"id": 1.5}', CallFault.WRONG_TYPE),
        ('{"id": 1, "mode": "c"}', CallFault.WRONG_TYPE),
        ('{"id": 1, "items": {}}', CallFault.WRONG_TYPE),
        ('{"id": 1, "items": [{"x": 1}, {}]}', CallFault.MISSING_ARGUMENT),
        ("{}", CallFault.MISSING_ARGUMENT),
        ("", CallFault.MISSING_ARGUMENT),
        ('{"id": 1, "other": 2}', CallFault.UNKNOWN_ARGUMENT),
        ("{broken", CallFault.ARGUMENTS_NOT_JSON),
        ("Jonny Craig", CallFault.ARGUMENTS_NOT_JSON),
        ("[" * 100_000, CallFault.ARGUMENTS_NOT_JSON),
        ("[1]", CallFault.ARGUMENTS_NOT_OBJECT),
    ],
)
def test_finds_the_fault_of_a_call(arguments: str, fault: CallFault | None) -> None:
    assert find_fault("look", arguments, TOOLS) == fault


def test_a_tool_that_is_not_listed_is_unknown() -> None:
    assert find_fault("look", "{}", {"change": {}}) is CallFault.UNKNOWN_TOOL


def test_without_schemas_only_an_object_that_does_not_parse_is_a_fault() -> None:
    assert find_fault("look", "{broken", None) is CallFault.ARGUMENTS_NOT_JSON
    assert find_fault("Search", "Jonny Craig", None) is None
    assert find_fault("look", "{}", None) is None


def test_an_action_in_a_language_of_its_own_is_no_function_call() -> None:
    assert find_fault("bash", "ls -R", TOOLS) is None
    assert find_fault("bash", "", TOOLS) is CallFault.UNKNOWN_TOOL


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "look", "parameters": SCHEMA}},
        {"name": "look", "input_schema": SCHEMA},
        {"name": "look", "inputSchema": SCHEMA},
        {"type": "function", "name": "look", "parameters": SCHEMA},
    ],
)
def test_reads_the_spellings_of_tools(tool: dict[str, object]) -> None:
    assert read_tools(json.dumps([tool])) == TOOLS


@pytest.mark.parametrize("tools", ["", "{}", "[]", "[1]", '[{"type": "web_search"}]'])
def test_knows_nothing_where_no_tool_can_be_read(tools: str) -> None:
    assert read_tools(tools) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("type", "items", "id")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(schema=JSON, value=JSON)
def test_no_schema_however_odd_makes_it_fail(schema: object, value: object) -> None:
    tools = read_tools(json.dumps([{"name": "look", "parameters": schema}]))
    assert find_fault("look", json.dumps(value), tools) in {None, *CallFault}


def test_masks_what_breaks_the_schema_of_its_own_tools() -> None:
    tool = {"name": "look", "parameters": SCHEMA}
    both = Turn(calls=(call("look", {"id": 1}), call("look", {"id": "1"})))
    told = with_tools(rollout(do("look", {"id": 1}), do("change"), do("look", "{oops"), both), tool)
    untold = rollout(do("look", {"id": "1"}), do("change"), do("look", "{oops"), do("look", "words"), trial=1)
    given = scene(told, untold)
    assert trained(given, told, MaskMalformedCalls()) == [True, False, False, True]
    assert reasons(given, told, MaskMalformedCalls())[1] == "call_malformed"
    assert [span["call"] for span in turns(given, told, MaskMalformedCalls())["spans"][3]] == [1]
    assert trained(given, untold, MaskMalformedCalls()) == [True, True, False, True]


def test_masks_only_the_faults_that_are_named() -> None:
    tool = {"name": "look", "parameters": SCHEMA}
    trial = with_tools(rollout(do("change"), do("look", "{oops")), tool)
    rule = MaskMalformedCalls(faults=(CallFault.UNKNOWN_TOOL,))
    assert trained(scene(trial), trial, rule) == [False, True]
