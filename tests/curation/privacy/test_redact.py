import json
from random import Random

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.planted import PLANTS
from benchmarks.privacy import Planting, messages_of, plantings
from curation.privacy import Span, redact_json, redact_messages, redact_text, scan_messages

KEY = b"key"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def spanned(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, list[Span]]:
    text = draw(texts)
    places = st.tuples(
        st.integers(0, len(text)), st.integers(0, len(text)), st.sampled_from(("email", "phone"))
    )
    spans = draw(st.lists(places, max_size=4))
    return text, [Span(min(a, b), max(a, b), kind) for a, b, kind in spans if a != b]


@given(spanned(st.text(max_size=40)))
def test_only_what_lies_in_a_span_is_replaced(drawn: tuple[str, list[Span]]) -> None:
    text, spans = drawn
    kept = "".join(
        char for place, char in enumerate(text) if not any(s.start <= place < s.end for s in spans)
    )
    redacted = redact_text(text, spans)
    for span in spans:
        redacted = redacted.replace(span.placeholder, "")
    assert redacted == kept or "[REDACTED" in text


@settings(deadline=None)
@given(spanned(st.tuples(JSON, st.booleans()).map(lambda drawn: json.dumps(drawn[0], ensure_ascii=drawn[1]))))
@example(('{"a": "\\ud83d\\ude00\\n"}', [Span(10, 15, "email")]))
@example(('{"a": 12, "b": true}', [Span(0, 20, "email")]))
def test_json_stays_json_with_its_shape(drawn: tuple[str, list[Span]]) -> None:
    text, spans = drawn
    before, after = (
        json.loads(text, object_pairs_hook=list),
        json.loads(redact_json(text, spans), object_pairs_hook=list),
    )
    assert shape(before) == shape(after)
    json.dumps(after, ensure_ascii=False).encode()


def shape(value: object) -> object:
    return [shape(item) for item in value] if isinstance(value, list | tuple) else None


def test_what_is_no_json_is_redacted_as_text() -> None:
    assert redact_json('{"a": bob', [Span(6, 9, "email")]) == '{"a": [REDACTED:email]'


def test_the_first_of_overlapping_spans_names_the_stretch() -> None:
    assert redact_text("abcdef", [Span(3, 5, "phone"), Span(1, 4, "email")]) == "a[REDACTED:email]f"


def test_escapes_are_never_cut() -> None:
    text = '{"a": "\\u00e9\\nbob"}'
    assert redact_json(text, [Span(9, 14, "email")]) == '{"a": "[REDACTED:email]bob"}'


def plants(seed: int) -> pl.DataFrame:
    texts = ["Look at this: {} and\n answer", 'print("hi")\n' * 5, "", "größe 🙂 und mehr"]
    return messages_of(plantings(texts, count=4, seed=seed))


@pytest.mark.parametrize("seed", range(3))
def test_after_redaction_nothing_is_found_and_redacting_again_changes_nothing(seed: int) -> None:
    messages = plants(seed)
    spans = scan_messages(messages, digest_key=KEY)
    assert spans.height > 100
    redacted = redact_messages(messages, spans)
    again = scan_messages(redacted, digest_key=KEY)
    assert again.height == 0
    assert redact_messages(redacted, again).equals(redacted)
    assert redacted.schema == messages.schema
    assert redacted["seq"].equals(messages["seq"])


def test_arguments_stay_json_and_no_secret_is_left() -> None:
    random = Random(5)
    for kind, make in PLANTS.items():
        plant = make(random)
        said = json.dumps({"cmd": f'export X="{plant.text}"\nrun', "n": 1})
        messages = messages_of([Planting(label=kind, secret=plant.secret, field="arguments", value=said)])
        redacted = redact_messages(messages, scan_messages(messages, digest_key=KEY))
        arguments = json.loads(redacted["tool_calls"][0][0]["arguments"])
        assert arguments["n"] == 1
        assert arguments["cmd"].startswith("export X=")
        assert arguments["cmd"].endswith("run")
        assert plant.secret not in arguments["cmd"], kind
        assert f"[REDACTED:{kind}]" in arguments["cmd"]
