import builtins
import inspect
import re

import pytest

from schemas import errors
from schemas.errors import RecordFault, UnknownNameError, WinnowError
from schemas.reasons import DecisionReason, RejectReason, TrainReason

CLASSES = {
    name: member
    for name, member in vars(errors).items()
    if inspect.isclass(member) and issubclass(member, WinnowError)
}
DRAWN = dict(re.findall(r"[├└]── (\w+) +(.*)", errors.__doc__ or ""))


def test_the_drawn_tree_is_the_tree() -> None:
    assert set(DRAWN) | {"WinnowError"} == set(CLASSES)


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"WinnowError", "RecordFault"}))
def test_a_system_fault_is_also_the_builtin_that_is_drawn(name: str) -> None:
    match = re.match(r"also (\w+)", DRAWN[name])
    assert match is not None
    assert issubclass(CLASSES[name], getattr(builtins, match[1]))


def test_an_unknown_name_lists_what_is_known_and_hints_at_the_nearest() -> None:
    error = UnknownNameError.from_name("format", "atlf", ["openai_chat", "atif"], where="nightly.yaml")
    assert str(error) == (
        "Unknown format 'atlf' in nightly.yaml. Known formats: atif, openai_chat\n\nHint: did you mean 'atif'?"
    )
    assert "Hint" not in str(UnknownNameError.from_name("format", "zzz", ["atif"]))
    assert str(UnknownNameError.from_name("format", "x", [])).endswith("Known formats: (none)")


def test_a_record_fault_keeps_reason_and_detail() -> None:
    fault = RecordFault(RejectReason.INVALID_JSON, "at byte 7")
    assert (fault.reason, fault.detail, str(fault)) == (
        "invalid_json",
        "at byte 7",
        "invalid_json: at byte 7",
    )


def test_reason_codes_are_snake_case_and_unique_over_all_families() -> None:
    codes = [code.value for family in (RejectReason, DecisionReason, TrainReason) for code in family]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", code) for code in codes)
