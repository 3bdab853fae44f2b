"""What a SWE-agent rollout's configuration and folder tell: the model, and the outcome."""

import re

import msgspec

from schemas.rollouts.format import Source
from schemas.rollouts.parts.fields import Fields
from schemas.rollouts.parts.peeking import peek
from schemas.rollouts.swe.swe_bench_lists import RESOLVED, list_name, names_by_instance, outcome

DEMONSTRATIONS = "demonstrations"
NOT_MODELS = frozenset({"replay", "human", "human_thought", "instant_empty_submit"})
"""Names that SWE-agent gives to what plays words back, or lets a person type them."""
RUN_FOLDERS = (
    re.compile(r".*?__(?P<model>.+?)__t-[\d.]+__p-[\d.]+__c-[\d.]+___.+"),
    re.compile(r"(?P<model>.+?)__.+__t-[\d.]+__p-[\d.]+__c-[\d.]+__install-\d.*"),
)
"""From version 1 on the model follows the configuration's name; before that it comes first."""
RESULTS = "../results/results.json"
ANYTHING: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)
LISTS = msgspec.json.Decoder(dict[str, list[str]])


def configured_model(fields: Fields) -> str | None:
    """Name the model of `replay_config`: an object, or since version 1 the JSON string of one."""
    config = peek(fields, "replay_config", ANYTHING)
    if isinstance(config, str):
        try:
            config = msgspec.json.decode(config)
        except msgspec.DecodeError:
            return None
    for name in ("agent", "model", "name"):
        config = config.get(name) if isinstance(config, dict) else None
    return config if isinstance(config, str) else None


def folder_model(source: Source) -> str | None:
    """Name the model by the run's folder."""
    for folder in reversed(source.parts[:-1]):
        for pattern in RUN_FOLDERS:
            match = pattern.fullmatch(folder)
            if match is not None:
                return match["model"]
    return None


def is_replayed(source: Source, *models: str | None) -> bool:
    """Tell whether no policy sampled the words: they were typed, played back, or made as a demonstration."""
    return DEMONSTRATIONS in source.parts or not NOT_MODELS.isdisjoint(models)


def outcome_beside(source: Source, instance: str) -> float | None:
    """Read the run's results where they lie beside; null where nothing does, or nothing was judged.

    They list who was resolved and who was not judged; who is in no list was judged and not resolved.
    """
    raw = source.beside(RESULTS)
    try:
        results = LISTS.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    lists = {name: ids for field, ids in results.items() if (name := list_name(field)) is not None}
    if RESOLVED not in lists:
        return None
    names = names_by_instance(lists).get(instance)
    return 0.0 if names is None else outcome(names)
