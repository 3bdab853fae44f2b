import dataclasses
import json
import re
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import RecordFault
from schemas.identity import content_digest
from schemas.reasons import RejectReason
from schemas.rollouts import (
    ROLLOUT_FORMATS,
    Decoded,
    RawRecord,
    Rejection,
    RolloutFormat,
    Source,
    decode_record,
    detect_format,
)
from schemas.rollouts.tau.tau_bench import TAU_BENCH
from schemas.trajectory import Trajectory

SOURCE = Source(uri="a\\b/rollouts.jsonl", name="rollouts")


def record_of(raw: bytes) -> RawRecord:
    return RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))


@pytest.mark.parametrize("name", ROLLOUT_FORMATS)
def test_every_member_is_frozen_and_named_as_registered(name: str) -> None:
    member = ROLLOUT_FORMATS[name]
    assert member.name == name
    assert re.fullmatch(r"\d+", member.version)
    assert 20 < len(member.reads) < 240
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(member, "name", "other")  # noqa: B010 - the type checker knows that it cannot be set


@pytest.mark.parametrize("record", [None, 1, "x", [], {}, {"a": 1}])
@pytest.mark.parametrize("name", ROLLOUT_FORMATS)
def test_no_member_recognises_anything_else(name: str, record: object) -> None:
    assert not ROLLOUT_FORMATS[name].recognises(record)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"task_id": 1, "reward": 0, "info": {}, "traj": [], "trial": 0}, "tau_bench"),
        ({"schema_version": "ATIF-v1.8", "steps": [], "messages": []}, "atif"),
        ({"messages": []}, "openai_chat"),
    ],
)
def test_format_is_detected_from_content(record: object, name: str) -> None:
    assert detect_format(record).name == name


def test_an_unknown_format_names_what_was_seen() -> None:
    rejection = decode_record(record_of(b'{"zeta": 1, "alpha": "private"}'), SOURCE)
    assert rejection == Rejection(
        reason=RejectReason.UNKNOWN_FORMAT,
        detail=f"Found 'alpha', 'zeta', which none of the {len(ROLLOUT_FORMATS)} known formats recognises.",
    )
    with pytest.raises(RecordFault, match="unknown_format: Found list"):
        detect_format([])


CHAT = b'"messages":[{"role":"user","content":"1e400"}]}'


@pytest.mark.parametrize(
    "number", [b"1e400", b"-1E+999", b"7" * 5000], ids=["positive", "negative", "digits"]
)
def test_a_number_that_no_float_reaches_is_kept_as_text(number: bytes) -> None:
    decoded = decode_record(
        record_of(b'{"big": [%s, 1.50], "reward": %s, ' % (number, number) + CHAT), SOURCE
    )
    assert isinstance(decoded, Decoded)
    (trajectory,) = decoded.trajectories
    text = number.decode()
    assert trajectory.extra == f'{{"big":["{text}", 1.50],"reward":"{text}"}}'
    assert (trajectory.outcome_reward, trajectory.messages[0].text) == (None, "1e400")


def test_where_a_number_is_read_one_that_no_float_reaches_is_refused_with_its_name() -> None:
    row = b'{"task_id": 1, "reward": 1e400, "info": {}, "traj": [{"role": "user", "content": "x"}]}'
    rejection = decode_record(record_of(row), SOURCE)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("unexpected_shape", "tau_bench")
    assert rejection.detail.startswith("$.reward: ")


def test_no_number_is_refused_beside_one_that_no_float_reaches() -> None:
    rejection = decode_record(record_of(b'{"big": 1e400, "reward": NaN, ' + CHAT), SOURCE)
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "not_finite_number"


def test_a_given_format_is_not_second_guessed() -> None:
    rejection = decode_record(
        record_of(b'{"messages": [{"role": "user", "content": "x"}]}'), SOURCE, TAU_BENCH
    )
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("missing_field", "tau_bench")


def test_a_bug_of_ours_costs_one_record_and_quotes_nothing_of_it() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Broken(RolloutFormat):
        name: str = "broken"
        version: str = "1"
        reads: str = "nothing"
        carries: str = "nothing"
        lacks: str = "all"
        example: str = "winnow ingest FILE"

        def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
            raise KeyError(record.locator, source.name)

    rejection = decode_record(record_of(b"{}"), SOURCE, Broken())
    assert isinstance(rejection, Rejection)
    assert rejection.reason is RejectReason.DECODER_FAULT
    assert rejection.detail == "The decoder failed with KeyError."


def test_decoding_twice_gives_the_same_records(airline_records: list[RawRecord]) -> None:
    for record in airline_records[:5]:
        assert decode_record(record, SOURCE) == decode_record(record, SOURCE)


def test_deeply_nested_subagents_are_rejected_and_do_not_crash() -> None:
    start = (
        b'{"schema_version":"ATIF-v1.8","steps":[{"source":"user","message":""}],"subagent_trajectories":['
    )
    for depth in (200, 400, 450, 480, 600):
        decoded = decode_record(record_of(start * depth + b"]}" * depth), SOURCE)
        assert isinstance(decoded, Rejection) or len(decoded.trajectories) == depth


SCALAR = st.sampled_from([None, True, 0, -1, 2**70, 0.5, "", "x", "user", "assistant", "agent", "ATIF-v1.8"])
NAMES = (
    "role content tool_calls function name messages traj info task reward reward_info task_id steps schema_version "
    "observation results extra agent metrics source id"
)
FIELD = st.sampled_from(NAMES.split())
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELD, inner, max_size=6),
    max_leaves=12,
)


@pytest.mark.parametrize("name", ROLLOUT_FORMATS)
@settings(deadline=None)
@given(record=st.dictionaries(FIELD, VALUE, max_size=8))
def test_no_json_crashes_a_decoder(name: str, record: dict[str, object]) -> None:
    decoded = decode_record(record_of(json.dumps(record).encode()), SOURCE, ROLLOUT_FORMATS[name])
    assert isinstance(decoded, Rejection) or decoded
