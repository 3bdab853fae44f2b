from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.agents import SKILLS
from simulation.episode import Action
from simulation.generate import make_rollouts
from simulation.rendering import render_messages
from simulation.rollout import run_skill
from simulation.tasks import make_task
from simulation.terse import (
    VOCABULARY,
    TerseScene,
    action_line,
    lines_from_messages,
    parse_action,
    parse_reply,
    parse_request,
    reply_line,
    request_line,
    tokens_of,
)
from simulation.world import TARGETED, TOOLS, Call

calls = st.one_of(
    st.builds(Call, st.sampled_from(sorted(TARGETED)), st.integers(0, 9)),
    st.builds(Call, st.sampled_from(sorted(set(TOOLS) - TARGETED))),
)
actions = st.one_of(
    st.builds(lambda made: Action(tuple(made)), st.lists(calls, min_size=1, max_size=4)),
    st.builds(lambda target: Action(say="ask", target=target), st.integers(0, 9)),
    st.sampled_from([Action(say=say) for say in ("who", "done", "stop")]),
)


@pytest.mark.parametrize("skill", sorted(SKILLS))
def test_rollouts_are_short_and_of_few_words(skill: str) -> None:
    assert len(VOCABULARY) == len(set(VOCABULARY)) < 64
    for index in range(300):
        rng = Random(index)
        rollout = run_skill(make_task(1, index), skill, trial=0, rng=rng)
        tokens = tokens_of(lines_from_messages(render_messages(rollout, TerseScene(rollout.task))))
        assert set(tokens) <= set(VOCABULARY)
        assert len(tokens) < 100


def test_messages_carry_the_same_text_as_play() -> None:
    for rollout in make_rollouts(tasks=40, trials=4, seed=3):
        request = rollout.task.request
        lines = [request_line(request)]
        for turn in rollout.turns:
            lines.append(action_line(turn.action))
            lines.append(reply_line(turn.reply, request))
        if not lines[-1]:
            lines.pop()
        assert lines_from_messages(render_messages(rollout, TerseScene(rollout.task))) == lines


def test_text_tells_an_agent_all_that_the_results_tell() -> None:
    for rollout in make_rollouts(tasks=40, trials=4, seed=8):
        read = parse_request(request_line(rollout.task.request))
        assert (read.goal, read.item) == (rollout.task.request.goal, rollout.task.request.item)
        for turn in rollout.turns:
            line = reply_line(turn.reply, rollout.task.request)
            reply = parse_reply(turn.action, line, read)
            assert reply_line(reply, read) == line
            assert [r.error for r in reply.results] == [r.error for r in turn.reply.results]


@given(actions)
def test_an_action_survives_its_text(action: Action) -> None:
    assert parse_action(action_line(action)) == action


@pytest.mark.parametrize(
    "line", ["", "look", "look look", "find 2", "ask x", "done now", "cancel 12", "sing"]
)
def test_lines_that_are_no_action(line: str) -> None:
    assert parse_action(line) is None
