"""Walks through the states of a group's graph."""

from curation.topology.walks import walk_states
from schemas.identity import state_id
from tests.curation.rollouts import do, frames, rollout


def test_state_of_a_step_is_the_one_that_its_keys_name() -> None:
    whole = frames(rollout(do("look", {"id": 1}), do("act", result="done")))
    walked = walk_states(whole, success_reward=1.0, include_text_turns=False)
    named = [
        state_id(*keys)
        for keys in whole.steps.sort("step").select("action_key", "observation_key").iter_rows()
    ]
    assert walked["node_id"].to_list()[1:-1] == named
