"""The verdict of a tau2 simulation: its checks become scores, and the gold that they quote stays out of them.

Each check names what it checked (a gold action, an assertion, a piece of information). Mostly that is the task's
evaluation criteria once more, but not always: the published airline runs judged two tasks by words that their own file
spells differently. So it is handed on with the verdict, and what the task does not say goes to quarantine with it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from schemas.rollouts.parts.fields import COUNT, TEXT, Fields, json_text
from schemas.trajectory import Message, Role, Score, ScoreSource

VERDICT: msgspec.json.Decoder[float | bool] = msgspec.json.Decoder(float | bool)
BREAKDOWN = msgspec.json.Decoder(dict[str, float])
REVIEWER = "tau2_review"
NOT_SAID = "Information '{}' not communicated."
SAID = "Information '{}' communicated in the message:\n '{}'"
"""What tau2 writes of a piece of information: gold and the words of a message, and nothing else."""


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


class Quoted(NamedTuple):
    """What checks say of the gold: private, as the task itself is."""

    criteria: Mapping[str, Sequence[str]]
    """By criterion: what the checks name, as JSON texts."""
    justifications: Sequence[str] = ()
    """What spells gold out in other words than tau2's own sentences."""


class Reward(NamedTuple):
    """What `reward_info` says."""

    value: float | None
    scores: tuple[Score, ...]
    quoted: Quoted


def take_reward(simulation: Fields, *, keeps_value: bool, said: Collection[str | None] = ()) -> Reward:
    """Take `reward_info` apart; what is neither verdict nor gold goes back.

    Args:
        simulation: the simulation.
        keeps_value: leave the reward itself where it is: it means nothing after a crash.
        said: the texts of its messages.
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
    quoted = _take_all_checks(verdict, scores, said)
    simulation.put("reward_info", verdict.rest())
    return Reward(None if reward is None else float(reward), tuple(scores), quoted)


def _scores(values: Mapping[str, float | bool | None]) -> list[Score]:
    return [
        Score(name=name, value=float(value), source=ScoreSource.ENV)
        for name, value in values.items()
        if value is not None
    ]


def _take_all_checks(verdict: Fields, scores: list[Score], said: Collection[str | None]) -> Quoted:
    criteria: dict[str, list[str]] = {}
    justifications: list[str] = []
    for check in CHECKS:
        checked = verdict.take_objects(check.name)
        for index, fields in enumerate(checked):
            gold = fields.take_raw(check.gold)
            if gold is not None:
                criteria.setdefault(check.criterion, []).append(gold.decode())
            justification = fields.take("justification", TEXT)
            scores.append(_score(check, index, fields.take(check.value, VERDICT), justification))
            if check.quotes_gold and justification and not _is_tau2s(justification, gold, said):
                justifications.append(justification)
        left = [fields.rest() for fields in checked]
        if any(left):
            verdict.put(check.name, json_text([msgspec.Raw(rest or "{}") for rest in left]))
    return Quoted(criteria, justifications)


def _score(check: Check, index: int, value: float | None, justification: str | None) -> Score:
    return Score(
        name=f"{check.name}_{index}",
        value=None if value is None else float(value),
        source=check.source,
        explanation=None if check.quotes_gold else justification,
    )


def _is_tau2s(justification: str, gold: bytes | None, said: Collection[str | None]) -> bool:
    """Tell a sentence that tau2 makes of the gold and a message, so that nothing is lost without it."""
    information = "" if gold is None else str(msgspec.json.decode(gold))
    return justification == NOT_SAID.format(information) or any(
        justification == SAID.format(information, text) for text in said
    )


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
