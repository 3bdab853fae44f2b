"""The signals of a recipe as members; those with parameters of the recipe's own are computed where they are needed."""

from pathlib import Path

from curation.members import build_member
from curation.signals import SIGNALS
from curation.signals.signal import Signal
from curation.substitution import INHERITED
from flows.encoders import LocalEncoder
from schemas.errors import RecipeError, UnknownNameError
from schemas.recipe import Recipe, Rule
from warehouse import Warehouse

VECTORS = "vectors.sqlite"
"""File in the warehouse's folder that keeps what encoders made of texts."""


def chosen_signals(house: Warehouse, recipe: Recipe, *, where: str) -> tuple[Signal, ...]:
    """Build the signals that a recipe names; all, as they are stored, when it names none.

    Raises:
        UnknownNameError: no such signal.
        RecipeError: a wrong parameter, a signal that is learned from the whole corpus with parameters, or an encoder's
            folder that is not there.
    """
    return tuple(_build(house, entry, where=where) for entry in recipe.signals or SIGNALS)


def is_stored(signal: Signal) -> bool:
    """Tell whether `winnow score` computes and stores the signal as it is: with the default parameters."""
    return signal.stage_version == SIGNALS[signal.name].stage_version


def _build(house: Warehouse, entry: str | Rule, *, where: str) -> Signal:
    rule = Rule(name=entry) if isinstance(entry, str) else entry
    if rule.name not in SIGNALS:
        raise UnknownNameError.from_name("signal", rule.name, SIGNALS, where=where)
    if not rule.parameters:
        return SIGNALS[rule.name]
    if rule.name in INHERITED:
        raise RecipeError(
            f"signal {rule.name!r} in {where} is learned from the whole corpus and takes no parameters in a recipe."
        )
    families = {name: type(member) for name, member in SIGNALS.items()}
    return build_member("signal", families, _with_encoder(house, rule, where=where), where=where)


def _with_encoder(house: Warehouse, rule: Rule, *, where: str) -> Rule:
    """Load the encoder that an embedding equivalence names by its folder."""
    if rule.parameters.get("equivalence") != "embedding":
        return rule
    chosen = dict(rule.parameters.get("equivalence_parameters") or {})
    folder = Path(str(chosen.get("encoder", "")))
    if not (folder / "config.json").is_file():
        raise RecipeError(
            f"signal {rule.name!r} in {where}: the equivalence `embedding` needs `encoder`, the folder of a sentence "
            f"encoder as transformers saves it, got {chosen.get('encoder')!r}."
        )
    encoder = LocalEncoder(folder=folder, cache=house.root / VECTORS)
    bound = chosen | {"encode": encoder, "encoder": encoder.name}
    return Rule(name=rule.name, parameters={**rule.parameters, "equivalence_parameters": bound})
