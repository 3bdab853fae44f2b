"""Replay strategies: which states of stored trials to try again. Add one: a module here, and a line below."""

from curation.replay.failed_calls import FailedCalls
from curation.replay.reflect import Reflect
from curation.replay.reflector import Reflector
from curation.replay.requests import request_of, request_row
from curation.replay.restarts import Restarts
from curation.replay.strategy import PLACE_SCHEMA, ReplayStrategy

REPLAY_STRATEGIES: dict[str, type[ReplayStrategy]] = {
    "failed_calls": FailedCalls,
    "reflect": Reflect,
    "restarts": Restarts,
    "reflector": Reflector,
}
"""All strategies by name."""

__all__ = [
    "PLACE_SCHEMA",
    "REPLAY_STRATEGIES",
    "ReplayStrategy",
    "request_of",
    "request_row",
]
