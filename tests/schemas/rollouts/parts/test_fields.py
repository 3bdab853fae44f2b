import pytest

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.parts.fields import COUNT, INTEGER, REAL, TEXT, Fields


def test_what_is_not_taken_keeps_its_exact_spelling() -> None:
    fields = Fields(
        b'{"a": 1.50, "b": {"x" : 1e5}, "big": 123456789012345678901234567890, "c": "\\u00e9"}', "$"
    )
    assert fields.take("c", TEXT) == "é"
    assert fields.rest() == '{"a":1.50,"b":{"x" : 1e5},"big":123456789012345678901234567890}'


def test_nothing_left_is_null_and_not_an_empty_object() -> None:
    fields = Fields(b'{"a": 1}', "$")
    assert fields.take("a", INTEGER) == 1
    assert fields.rest() is None


def test_a_taken_field_can_be_put_back() -> None:
    fields = Fields(b'{"a": {"b": 1, "c": 2}}', "$")
    inner = fields.take_object("a")
    inner.take("b", INTEGER)
    fields.put("a", inner.rest())
    fields.put("nothing", None)
    assert fields.rest() == '{"a":{"c":2}}'


def test_a_field_of_another_type_is_left_for_extra() -> None:
    fields = Fields(b'{"score": {"a": 1}, "trial": "x", "name": null}', "$")
    assert fields.take_if("score", REAL) is None
    assert fields.take_if("trial", INTEGER) is None
    assert fields.take_if("name", TEXT) is None
    assert fields.rest() == '{"score":{"a": 1},"trial":"x"}'


@pytest.mark.parametrize(
    "number",
    [b"-1", b"9223372036854775808", b"1.5", b"true"],
    ids=["negative", "beyond-int64", "real", "flag"],
)
def test_a_count_that_no_column_holds_is_refused(number: bytes) -> None:
    with pytest.raises(RecordFault, match=r"\$\.metrics\.tokens: Expected `int`") as caught:
        Fields(b'{"tokens": ' + number + b"}", "$.metrics").take("tokens", COUNT)
    assert caught.value.reason is RejectReason.UNEXPECTED_SHAPE


def test_a_missing_field_is_named_with_its_place() -> None:
    with pytest.raises(RecordFault, match=r"\$\.steps\[1\] has no 'source'") as caught:
        Fields(b'{"steps": [{}, {}]}', "$").take_objects("steps")[1].require("source", TEXT)
    assert caught.value.reason is RejectReason.MISSING_FIELD


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(RecordFault, match=r"\$\.steps\[0\]: Expected `object`, got `int`"):
        Fields(b'{"steps": [1]}', "$").take_objects("steps")


@pytest.mark.parametrize(
    ("number", "left"),
    [
        (b"9007199254740993", '{"score":9007199254740993}'),
        (b"-123456789012345678901234567890", '{"score":-123456789012345678901234567890}'),
        (b"9007199254740994", None),
        (b"1e300", None),
        (b"0.1000000000000000055511151231257827", None),
    ],
)
def test_a_whole_number_that_a_float_rounds_keeps_its_digits(number: bytes, left: str | None) -> None:
    for take in (Fields.take, Fields.take_if):
        fields = Fields(b'{"score": ' + number + b"}", "$")
        assert take(fields, "score", REAL) == float(number)
        assert fields.rest() == left
