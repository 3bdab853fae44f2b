"""The verdict of a tau2 simulation: its checks become scores, and the gold that they quote stays out of them.

Each check names what it checked (a gold action, an assertion, a piece of information): that is the task's evaluation
criteria once more, and goes to quarantine when the task itself is not at hand.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from schemas.rollouts.parts.fields import COUNT, TEXT, Fields, json_text
from schemas.trajectory import Message, Role, Score, ScoreSource

VERDICT: msgspec.json.Decoder[float | bool] = msgspec.json.Decoder(float | bool)
BREAKDOWN = msgspec.json.Decoder(dict[str, float])
REVIEWER = "tau2_review"


class Check(NamedTuple):
    """One list of checks in `reward_info`."""

    name: str
    gold: str
    """The field that quotes the evaluation criteria."""
    criterion: str
    """Where those keep it."""
    value: str
    quotes_gold: bool
    """Whether the justification spells the gold out."""
    source: ScoreSource


CHECKS = (
    Check("action_checks", "action", "actions", "action_reward", False, ScoreSource.ENV),
    Check("env_assertions", "env_assertion", "env_assertions", "reward", False, ScoreSource.ENV),
    Check("communicate_checks", "info", "communicate_info", "met", True, ScoreSource.ENV),
    Check("nl_assertions", "nl_assertion", "nl_assertions", "met", False, ScoreSource.JUDGE),
)


class Reward(NamedTuple):
    """What `reward_info` says."""

    value: float | None
    scores: tuple[Score, ...]
    gold: Mapping[str, Sequence[str]]
    """By criterion: what the checks quote, as JSON texts."""


def take_reward(simulation: Fields, *, keeps_value: bool) -> Reward:
    """Take `reward_info` apart; what is neither verdict nor gold goes back.

    Args:
        simulation: the simulation.
        keeps_value: leave the reward itself where it is: it means nothing after a crash.
    """
    verdict = simulation.take_object("reward_info")
    reward = None if keeps_value else verdict.take("reward", VERDICT)
    scores: list[Score] = []
    database = verdict.take_object("db_check")
    matches, database_reward = (database.take(name, VERDICT) for name in ("db_match", "db_reward"))
    scores += _scores({"db_match": matches, "db_reward": database_reward})
    verdict.put("db_check", database.rest())
    breakdown = verdict.take("reward_breakdown", BREAKDOWN) or {}
    scores += _scores({f"reward_{name.lower()}": value for name, value in breakdown.items()})
    gold: dict[str, list[str]] = {}
    for check in CHECKS:
        quoted = _take_checks(verdict, check, scores)
        if quoted:
            gold[check.criterion] = quoted
    simulation.put("reward_info", verdict.rest())
    return Reward(None if reward is None else float(reward), tuple(scores), gold)


def _scores(values: Mapping[str, float | bool | None]) -> list[Score]:
    return [
        Score(name=name, value=float(value), source=ScoreSource.ENV)
        for name, value in values.items()
        if value is not None
    ]


def _take_checks(verdict: Fields, check: Check, scores: list[Score]) -> list[str]:
    """Take one list of checks; give what they quote of the gold."""
    quoted: list[str] = []
    left: list[msgspec.Raw] = []
    for index, fields in enumerate(verdict.take_objects(check.name)):
        gold = fields.take_raw(check.gold)
        quoted += [] if gold is None else [gold.decode()]
        value = fields.take(check.value, VERDICT)
        justification = fields.take("justification", TEXT)
        scores.append(
            Score(
                name=f"{check.name}_{index}",
                value=None if value is None else float(value),
                source=check.source,
                explanation=None if check.quotes_gold else justification,
            )
        )
        left.append(msgspec.Raw(fields.rest() or "{}"))
    if any(bytes(raw) != b"{}" for raw in left):
        verdict.put(check.name, json_text(left))
    return quoted


def take_review(simulation: Fields, messages: Sequence[Message]) -> list[Score]:
    """Read the errors that a reviewing model found; each is a score of 1, "found", at its step when that is a turn.

    The review itself stays in `extra`: severity, tags and what would have been right.
    """
    raw = simulation.take_raw("review")
    if raw is None:
        return []
    simulation.put("review", raw.decode())
    return [_found_error(error, messages) for error in Fields(raw, "$.review").take_objects("errors")]


def _found_error(error: Fields, messages: Sequence[Message]) -> Score:
    side, kind = error.take_if("source", TEXT) or "unknown", error.take_if("error_type", TEXT) or "error"
    step = _step(messages, error.take_if("turn_idx", COUNT))
    return Score(
        name=f"{side}_{kind}",
        value=1.0,
        source=ScoreSource.JUDGE,
        scope="trajectory" if step is None else "step",
        step=step,
        annotator=REVIEWER,
        explanation=error.take_if("reasoning", TEXT),
    )


def _step(messages: Sequence[Message], turn: int | None) -> int | None:
    """Count a turn as steps are counted: by assistant messages, from 0; null for another's turn."""
    if turn is None or turn >= len(messages) or messages[turn].role is not Role.ASSISTANT:
        return None
    return sum(message.role is Role.ASSISTANT for message in messages[:turn])
