"""Values, copies, rings and plans: what the modes are built of."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curation.synthesis import CORRUPTIONS
from curation.synthesis.contrast import contrastive_sets
from curation.synthesis.copies import similar_id
from curation.synthesis.plans import MADE, Plan
from curation.synthesis.rings import Ring
from curation.synthesis.turns import acting_turns, closed_ends
from curation.synthesis.values import entities, leaves, parse, respell, with_leaf, with_text, without_leaf
from schemas.trajectory import Message, Origin, Role
from tests.curation.rollouts import Turn, call, do, rollout, say
from tests.curation.synthesis.children import stock_of

JSON = st.recursive(
    st.integers() | st.text() | st.booleans() | st.none(),
    lambda held: st.lists(held, max_size=3) | st.dictionaries(st.text(), held, max_size=3),
    max_leaves=8,
)


@given(items=st.sets(st.text()), more=st.text(), key=st.text())
def test_a_growing_stock_changes_a_choice_only_to_what_is_new(items: set[str], more: str, key: str) -> None:
    before = list(Ring(items, name=str).walk(key))
    after = list(Ring({*items, more}, name=str).walk(key))
    assert sorted(before) == sorted(items)
    assert [item for item in after if item != more or more in items] == before


@given(value=JSON)
def test_leaves_are_found_and_exchanged_where_they_are(value: object) -> None:
    for path, leaf in leaves(value):
        changed = with_leaf(value, path, "other")
        assert dict(leaves(changed))[path] == "other"
        assert with_leaf(changed, path, leaf) == value


def test_values_are_those_that_can_name_a_thing() -> None:
    text = '{"id": "W1", "n": 2, "flag": true, "none": null, "prose": "a b c d e f", "code": "a\\nb", "list": ["x"]}'
    assert [value for _, value in entities(text)] == ["W1", 2, "x"]
    assert list(entities("{broken")) == list(entities("")) == list(entities('"text"')) == []


def test_a_spelling_is_kept_or_the_place_is_not_used() -> None:
    for text in ('{"a":"é"}', '{"a": "é"}', '{"a": "\\u00e9"}', '{\n  "a": "é"\n}'):
        assert respell(text, parse(text), parse(text)) == text
    assert respell('{"a" : 1}', {"a": 1}, {"a": 2}) is None


def test_a_value_is_left_out_with_its_key_and_the_texts_that_hold_it() -> None:
    told = {"id": "W12", "list": ["W12", "W123"], "note": "see W12.", "deep": {"id": "W12"}}
    assert without_leaf(told, "W12") == {"list": ["W123"], "deep": {}}


def test_words_change_in_the_parts_of_a_message_or_not_at_all() -> None:
    message = Message(
        seq=0, role=Role.TOOL, origin=Origin.INJECTED, text="old", content_json='[{"text": "old"}]'
    )
    changed = with_text(message, "new")
    assert changed is not None
    assert (changed.text, changed.content_json) == ("new", '[{"text": "new"}]')
    both = Message(seq=0, role=Role.TOOL, origin=Origin.INJECTED, text="old", content_json='["o", "ld"]')
    assert with_text(both, "new") is None


@given(call_id=st.text(min_size=1), key=st.text())
def test_new_ids_are_new_and_look_alike(call_id: str, key: str) -> None:
    made = similar_id(call_id, key, {call_id})
    assert made != call_id
    assert len(made) == len(call_id) or made.startswith(call_id)


def test_turns_without_an_answer_or_with_a_far_one_stay_where_they_are() -> None:
    whole = rollout(
        do("look", {}, None), Turn(calls=(call("look"), call("look", {}, None))), say(), do("look", {"id": 1})
    )
    assert [turn.action for turn in acting_turns(whole)] == [(("look", '{"id": 1}'),)]
    both = rollout(Turn(calls=(call("look", 1), call("look", 2))))
    assert [(turn.seq, turn.end) for turn in acting_turns(both)] == [(1, 4)]
    assert list(closed_ends(both.messages, 1)) == [1, 4]


def test_a_plan_accounts_for_each_mode_and_keeps_to_its_limit() -> None:
    trials = [
        rollout(do("look", {"id": f"A{n}234"}), do("look", {"id": f"B{n}234"}), say(), trial=n)
        for n in range(6)
    ]
    corruptions = tuple(member() for member in CORRUPTIONS.values())
    stock = stock_of(trials)
    batch = Plan(corruptions=corruptions, per_trajectory=1).make(trials, stock)
    assert sum(batch.outcomes.values()) == len(trials) * len(CORRUPTIONS)
    assert len(batch.corrupted) == len({it.trajectory.parent_id for it in batch.corrupted}) == len(trials)
    assert sum(count for (_, outcome), count in batch.outcomes.items() if outcome == MADE) == len(trials)
    assert len({it.mode for it in batch.corrupted}) > 1
    assert {it.mode for it in batch.corrupted} <= {
        it.mode for it in Plan(corruptions=corruptions).make(trials, stock).corrupted
    }


def test_contrastive_sets_hold_one_parent_and_all_its_children() -> None:
    rows = [("c2", "p", "t", "swap"), ("c1", "p", "t", "drop"), ("c3", "q", "s", "drop")]
    labels = pl.DataFrame(rows, schema=["child_id", "parent_id", "task_id", "mode"], orient="row")
    sets = contrastive_sets(labels)
    assert sets.rows() == [("s", "q", ["c3"], ["drop"]), ("t", "p", ["c1", "c2"], ["drop", "swap"])]
    assert contrastive_sets(labels.clear()).is_empty()
