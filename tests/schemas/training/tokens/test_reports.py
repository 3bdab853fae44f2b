"""What is said of a template before anything is rendered by it."""

import pytest

from schemas.training.tokens import FindingKind, TemplateReport, check_template
from schemas.trajectory import Message
from tests.schemas.training.tokens.tiny_templates import TOOLS, message, template, tiny_tokenizer


def told() -> list[Message]:
    return [
        message(0, "system", "Be brief."),
        message(1, "user", "Weather?"),
        message(2, "assistant", reasoning="I look.", calls=[("get_weather", '{"city": "Rome"}')]),
        message(3, "tool", "sunny"),
        message(4, "assistant", "Sunny.", reasoning="It says so."),
        message(5, "user", "Thanks."),
        message(6, "assistant", "Bye."),
    ]


def check(name: str) -> TemplateReport:
    return check_template(tiny_tokenizer(), told(), TOOLS, chat_template=template(name))


@pytest.mark.parametrize(
    ("name", "is_additive", "first", "arguments", "has_blocks"),
    [
        ("qwen2_5", True, None, "object", False),
        ("qwen3", False, 2, "string", False),
        ("qwen3_training", True, None, "string", True),
        ("gptoss", False, 2, "object", False),
        ("llama3_1", True, None, "object", False),
        ("hermes", True, None, "object", False),
    ],
)
def test_says_where_history_is_rendered_again(
    *, name: str, is_additive: bool, first: int | None, arguments: str, has_blocks: bool
) -> None:
    report = check(name)
    assert report.is_additive is is_additive
    assert report.first_rewritten_seq == first
    assert report.arguments == arguments
    assert report.has_generation_blocks is has_blocks
    assert report.drops_tools is False
    assert report.uses_clock is (name == "gptoss")


def test_says_when_tools_move_with_the_last_user_message() -> None:
    report = check("mistral")
    assert report.is_additive is False
    assert report.generation_prompt == ""
    assert report.drops_tools is False


def test_says_when_tools_leave_no_trace() -> None:
    assert check("phi3").drops_tools is True


def test_says_when_turns_do_not_open_as_the_policy_is_prompted() -> None:
    report = check("deepseek_r1_distill")
    assert report.is_prompt_prefix is False
    assert FindingKind.PROMPT_DIFFERS in {one.kind for one in report.findings}


def test_a_refusal_leaves_the_rest_unknown() -> None:
    report = check("gemma")
    assert report.is_additive is None
    assert report.is_prompt_prefix is None
    assert [one.kind for one in report.findings] == [FindingKind.TEMPLATE_REFUSED]


def test_says_when_no_end_token_is_written() -> None:
    assert FindingKind.END_TOKEN_MISSING in {one.kind for one in check("glm4moe").findings}
    assert FindingKind.END_TOKEN_MISSING not in {one.kind for one in check("qwen3").findings}
