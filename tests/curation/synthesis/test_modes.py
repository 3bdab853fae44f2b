"""What each mode does to a small rollout, in full."""

import msgspec
import pytest

from curation.synthesis import CORRUPTIONS
from curation.synthesis.early_stop import EarlyStop
from curation.synthesis.no_progress import NoProgress
from curation.synthesis.redundant_continuation import RedundantContinuation
from curation.synthesis.stock import Stock
from curation.synthesis.swap_order import SwapOrder
from schemas.errors import RecipeError
from schemas.reasons import CorruptionReason
from schemas.trajectory import Role, Trajectory
from tests.curation.rollouts import BAD, do, rollout, say
from tests.curation.synthesis.children import actions, corrupted, stock_of, texts

FIND = do("find", {"user": "ann_12"}, '{"order": "W1234"}')
LOOK = do("look", {"order": "W1234"}, '{"price": 250}')
CANCEL = do("cancel", {"order": "W1234"}, "cancelled")
BYE = say("Your order W1234 over $250 is cancelled")
WHOLE = rollout(FIND, LOOK, CANCEL, BYE)
OTHER = rollout(do("look", {"order": "W9876"}, "a lamp"), say("W9876 over $999"), task="other")
FIND_CALL = ("find", '{"user": "ann_12"}')
LOOK_CALL = ("look", '{"order": "W1234"}')
CANCEL_CALL = ("cancel", '{"order": "W1234"}')


def reason(name: str, trajectory: Trajectory, *others: Trajectory) -> object:
    return CORRUPTIONS[name]().corrupt(trajectory, stock_of([trajectory, *others]))


def test_drop_step_takes_out_a_call_and_its_result() -> None:
    made = corrupted("drop_step", rollout(LOOK, BYE))
    assert actions(made.trajectory) == []
    assert (made.seq, made.step, made.detail["dropped_seqs"]) == (1, 0, [1, 2])


def test_drop_step_leaves_failures_repeats_and_thoughts_alone() -> None:
    useless = rollout(do("look", {"order": "W1"}, BAD), LOOK, LOOK, do("think", {"thought": "well"}, ""))
    assert reason("drop_step", useless) is CorruptionReason.NO_FITTING_STEP


def test_swap_order_exchanges_steps_of_which_one_needs_the_other() -> None:
    made = corrupted("swap_order", rollout(FIND, LOOK))
    assert actions(made.trajectory) == [LOOK_CALL, FIND_CALL]
    assert made.detail["needed_values"] == ["W1234"]


def test_swap_order_leaves_independent_steps_unless_told() -> None:
    independent = rollout(do("look", {"order": "W1234"}), do("look", {"order": "W5678"}))
    assert reason("swap_order", independent) is CorruptionReason.NO_FITTING_STEP
    made = corrupted("swap_order", independent, corruption=SwapOrder(only_dependent=False))
    assert actions(made.trajectory) == actions(independent)[::-1]


def test_early_stop_cuts_before_a_later_call() -> None:
    made = corrupted("early_stop", rollout(FIND, CANCEL, BYE))
    assert actions(made.trajectory) == [FIND_CALL]
    assert (made.seq, made.step, made.taxonomy) == (None, None, "ui_genie:early_truncation")
    assert made.trajectory.messages[-1].role is Role.TOOL


def test_early_stop_can_claim_what_was_not_done() -> None:
    made = corrupted("early_stop", rollout(FIND, CANCEL, BYE), corruption=EarlyStop(claims_success=True))
    assert texts(made.trajectory)[-1] == BYE.text
    assert CANCEL_CALL not in actions(made.trajectory)
    assert made.taxonomy == "aegis:FM-3.1"


def test_no_progress_repeats_a_call_with_its_result_under_new_ids() -> None:
    made = corrupted("no_progress", rollout(LOOK, BYE), corruption=NoProgress(repeats=3))
    assert actions(made.trajectory) == [LOOK_CALL] * 4
    assert made.seq == 3
    assert texts(made.trajectory).count('{"price": 250}') == 4


def test_redundant_continuation_goes_on_behind_the_last_call() -> None:
    made = corrupted("redundant_continuation", WHOLE, corruption=RedundantContinuation(steps=9))
    assert actions(made.trajectory) == [FIND_CALL, LOOK_CALL, CANCEL_CALL, FIND_CALL, LOOK_CALL]
    assert made.detail["repeated_seqs"] == [1, 3]


@pytest.mark.parametrize("member", [NoProgress, RedundantContinuation])
def test_nothing_cannot_be_added(member: type) -> None:
    with pytest.raises(RecipeError, match="must be 1 or more, got 0"):
        member(**{"repeats" if member is NoProgress else "steps": 0})


def test_repeated_handled_task_comes_back_after_something_else() -> None:
    made = corrupted("repeated_handled_task", WHOLE)
    assert actions(made.trajectory) == [FIND_CALL, LOOK_CALL, FIND_CALL, CANCEL_CALL]


def test_forgotten_history_leaves_the_first_words_and_the_later_calls() -> None:
    made = corrupted("forgotten_history", rollout(FIND, CANCEL))
    assert texts(made.trajectory) == ["help", None, "cancelled"]


def test_swap_entity_takes_a_value_that_the_argument_has_elsewhere() -> None:
    made = corrupted("swap_entity", rollout(LOOK), OTHER)
    assert actions(made.trajectory) == [("look", '{"order": "W9876"}')]
    assert made.detail == {"tool": "look", "argument": "order", "from": "W1234", "to": "W9876"}
    assert reason("swap_entity", rollout(LOOK)) is CorruptionReason.NO_OTHER_VALUE


def test_swap_entity_does_not_give_itself_away_by_another_spelling() -> None:
    compact = rollout(do("look", '{"order":"W1234","größe":1}'))
    made = corrupted("swap_entity", compact, OTHER)
    assert actions(made.trajectory) == [("look", '{"order":"W9876","größe":1}')]
    strange = rollout(do("look", '{"order" :"W1234"}'))
    assert reason("swap_entity", strange, OTHER) is CorruptionReason.NO_OTHER_VALUE


def test_goal_swap_puts_another_user_in_place() -> None:
    donor = msgspec.structs.replace(
        OTHER,
        messages=tuple(
            msgspec.structs.replace(message, text=f"other {message.seq}")
            if message.role is Role.USER
            else message
            for message in OTHER.messages
        ),
    )
    parent = rollout(LOOK, say("done"))
    made = corrupted("goal_swap", parent, donor)
    assert texts(made.trajectory)[0] == "other 0"
    assert actions(made.trajectory) == actions(parent)
    assert made.detail["task_id"] == donor.task.task_id
    assert reason("goal_swap", parent) is CorruptionReason.NO_OTHER_TASK


def test_injected_instruction_keeps_json_valid_and_the_agent_as_it_was() -> None:
    made = corrupted("injected_instruction", rollout(FIND, CANCEL), OTHER)
    found = [text for text in texts(made.trajectory) if text and "do this first" in text]
    assert found[0].endswith(' help"}') or found[0].endswith("help")
    assert made.detail["is_obeyed"] is False
    assert actions(made.trajectory) == [FIND_CALL, CANCEL_CALL]


def test_corrupted_response_changes_what_was_told_before() -> None:
    made = corrupted("corrupted_response", rollout(FIND, say("Order W1234, room 12345")), OTHER)
    assert "Order W9876, room 12345" in texts(made.trajectory)
    assert made.detail == {"from": "W1234", "to": "W9876"}


def test_inconsistent_reasoning_leaves_the_call_right() -> None:
    named = rollout(do("look", {"order": "W1234"}, text="I look at W1234"))
    made = corrupted("inconsistent_reasoning", named, OTHER)
    assert "I look at W9876" in texts(made.trajectory)
    assert actions(made.trajectory) == [LOOK_CALL]


def test_goal_deviation_inserts_a_call_of_another_task() -> None:
    made = corrupted("goal_deviation", rollout(LOOK), OTHER)
    assert actions(made.trajectory) == [("look", '{"order": "W9876"}'), LOOK_CALL]
    assert texts(made.trajectory)[1:3] == [None, "a lamp"]
    assert reason("goal_deviation", rollout(LOOK)) is CorruptionReason.NO_OTHER_TASK


def test_hidden_information_takes_a_value_from_the_only_one_who_told_it() -> None:
    told = do("find", {"user": "ann_12"}, '{"order": "W1234", "name": "Ann"}')
    made = corrupted("hidden_information", rollout(told, CANCEL))
    assert '{"name": "Ann"}' in texts(made.trajectory)
    assert made.detail == {"hidden": "W1234"}
    twice = rollout(told, do("note", {}, "W1234"), CANCEL)
    assert reason("hidden_information", twice) is CorruptionReason.NO_FITTING_WORDS


def test_ignored_failure_lets_a_call_fail_as_the_same_tool_did_elsewhere() -> None:
    failing = rollout(do("cancel", {"order": "W1"}, BAD), task="other")
    made = corrupted("ignored_failure", rollout(CANCEL), failing)
    assert texts(made.trajectory)[-1] == BAD
    assert reason("ignored_failure", rollout(CANCEL)) is CorruptionReason.NO_OTHER_VALUE


def test_removed_verification_takes_out_every_step_that_verifies() -> None:
    test = do("bash", {"command": "pytest -q"}, "1 passed")
    made = corrupted("removed_verification", rollout(do("edit_file", {"path": "a.py"}), test, test))
    assert [name for name, _ in actions(made.trajectory)] == ["edit_file"]


def test_a_branch_without_its_start_is_not_corrupted() -> None:
    branch = msgspec.structs.replace(WHOLE, shared_count=1)
    made = CORRUPTIONS["drop_step"]().corrupt(branch, Stock())
    assert made is CorruptionReason.SHARED_START_MISSING


def test_tokens_and_rewards_behind_the_fault_are_unknown() -> None:
    made = corrupted("no_progress", rollout(LOOK, BYE))
    counted = [message.prompt_tokens for message in made.trajectory.messages]
    assert counted[1] is not None
    assert counted[made.seq or 0 :] == [None] * len(counted[made.seq or 0 :])
