"""A recipe: what to read, compute, repair, select, split and export, as one YAML file.

This module knows the shape only. Whether a signal, repair, selector or training format of that name exists, and
whether its parameters fit its constructor, is decided by the family itself.
"""

from typing import Any, Literal

import msgspec
import yaml

from schemas.errors import RecipeError
from schemas.identity import digest

BOUND = {"is_bound": True}
"""Metadata of a member's field that no recipe can give: what it must be told of the place that it runs in."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One named member of a family with its parameters."""

    name: str
    parameters: dict[str, Any] = {}


class Read(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which trajectories the recipe considers."""

    where: str = "true"
    """SQL predicate over the view `trajectory_overview`."""


class Split(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How kept trajectories fall into splits: by task, so that no task is in two."""

    test_frac: float = 0.0
    """Share of tasks in the split `test`, in [0, 1); the others are in `train`."""
    seed: int = 0
    near_duplicates: Literal["together", "apart"] = "together"
    """Whether tasks whose texts are nearly the same fall on one side, or each by its own id."""

    def __post_init__(self) -> None:
        """Refuse shares that leave nothing to train on."""
        if not 0 <= self.test_frac < 1:
            raise ValueError(f"`test_frac` must be in [0, 1), got {self.test_frac!r}")

    @property
    def joins_twins(self) -> bool:
        """Tell whether near-duplicates among tasks matter: only where there are two sides."""
        return self.near_duplicates == "together" and self.test_frac > 0

    def of_task(self, key: str) -> str:
        """Name the split of a task, given by its id or by the key of the cluster that it belongs to.

        The same for ever, whatever else is in the dataset.
        """
        share = int(digest("split", self.seed, key)[:12], 16) / 16**12
        return "test" if share < self.test_frac else "train"


DEFAULT_VIEW = "default"


class View(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One training view: which tokens carry loss, by rules in order."""

    name: str
    rules: tuple[Rule, ...] = ()


class Export(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One training set to write."""

    format: str
    where: str = "true"
    """SQL predicate over the view `trajectory_overview`: which of the kept trajectories (or their tasks) to write."""
    view: str = DEFAULT_VIEW
    """The training view that says what carries loss."""
    parameters: dict[str, Any] = {}
    """Parameters of the format."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When `winnow serve` runs the recipe, and over which sources."""

    cron: str
    timezone: str = "UTC"
    sources: tuple[str, ...] = ()
    """Paths, folders or globs to ingest before each run."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make of the warehouse's trajectories, and why each is kept or dropped.

    Repairs come before selection, so that a repaired trajectory competes with the others on equal terms.
    """

    name: str
    description: str = ""
    read: Read = Read()
    signals: tuple[str | Rule, ...] = ()
    """Signals that the rules need: names, or names with parameters; empty means all, as they are stored."""
    repair: tuple[Rule, ...] = ()
    select: tuple[Rule, ...] = ()
    train: tuple[View, ...] = (View(name=DEFAULT_VIEW),)
    """Training views; by default one in which all the policy's words carry loss."""
    pair: tuple[Rule, ...] = ()
    """Pairs for preference training, made of what is kept."""
    label: tuple[Rule, ...] = ()
    """Labelled pieces of what is kept, for training with labels instead of pairs."""
    split: Split = Split()
    redact: tuple[str, ...] = ()
    """Secrets and personal data to replace in everything that is exported: kinds, families or `all`."""
    exports: tuple[Export, ...] = ()
    schedule: Schedule | None = None

    @property
    def stored_signals(self) -> list[str] | None:
        """Name the signals that must have been scored: those without parameters of the recipe's own; null means all."""
        return [entry for entry in self.signals if isinstance(entry, str)] if self.signals else None

    def canonical_json(self) -> str:
        """Spell out the recipe's meaning: without description and schedule, keys sorted.

        Keys that are younger than the others are left out at their defaults, so that older recipes keep their hashes.
        """
        plain = msgspec.structs.replace(
            self, description="", schedule=None, redact=tuple(sorted(set(self.redact)))
        )
        meaning = msgspec.to_builtins(plain)
        for name in YOUNGER:
            if getattr(plain, name) == getattr(_DEFAULTS, name):
                del meaning[name]
        if self.split.near_duplicates == Split().near_duplicates:
            del meaning["split"]["near_duplicates"]
        for export, told in zip(self.exports, meaning["exports"], strict=True):
            if (export.view, export.parameters) == (DEFAULT_VIEW, {}):
                del told["view"], told["parameters"]
        return msgspec.json.encode(meaning, order="deterministic").decode()

    @property
    def recipe_hash(self) -> str:
        """Identity by meaning: comments, order of keys, description and schedule do not matter."""
        return digest("recipe", self.canonical_json())


YOUNGER = ("redact", "train", "pair", "label")
_DEFAULTS = Recipe(name="")


def parse_recipe(text: str, *, where: str = "recipe") -> Recipe:
    """Read a recipe from YAML.

    A rule is either a bare name (`- exact_duplicates`) or a name with parameters (`- outcome: {min_reward: 1}`).

    Args:
        text: the YAML.
        where: what to call it in messages, usually the path.

    Raises:
        RecipeError: not YAML, a key that recipes do not have, or a value of a wrong type.

    Examples:
        >>> recipe = parse_recipe("{name: tiny, select: [exact_duplicates, {outcome: {min_reward: 1}}]}")
        >>> [rule.name for rule in recipe.select]
        ['exact_duplicates', 'outcome']
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise RecipeError(f"{where} is not YAML: {exc}") from exc
    if not isinstance(content, dict):
        raise RecipeError(f"{where} must hold a mapping with at least `name`, got {type(content).__name__}.")
    for family in ("repair", "select", "pair", "label"):
        content[family] = [_rule(entry, family, where) for entry in content.get(family) or ()]
    if isinstance(content.get("signals"), list):
        content["signals"] = [
            entry if isinstance(entry, str) else _rule(entry, "signals", where)
            for entry in content["signals"]
        ]
    if "train" in content:
        content["train"] = _views(content["train"], where)
    content["exports"] = [
        {"format": entry} if isinstance(entry, str) else entry for entry in content.get("exports") or ()
    ]
    try:
        return msgspec.convert(content, Recipe)
    except msgspec.ValidationError as exc:
        known = ", ".join(Recipe.__struct_fields__)
        raise RecipeError(
            f"{where} is not a recipe: {exc}. Known keys: {known}\n\nHint: see docs/recipes.md"
        ) from exc


def _views(entries: object, where: str) -> list[dict[str, object]]:
    """Read the views: a mapping from names to rules, or the rules of the only one."""
    views: dict[str, object] = entries if isinstance(entries, dict) else {DEFAULT_VIEW: entries}
    return [{"name": name, "rules": _rules(rules, where)} for name, rules in views.items()]


def _rules(entries: object, where: str) -> list[dict[str, object]]:
    if entries is not None and not isinstance(entries, list):
        raise RecipeError(f"{where}: a view of `train` must be a list of rules, got {entries!r}.")
    return [_rule(entry, "train", where) for entry in entries or ()]


def _rule(entry: object, family: str, where: str) -> dict[str, object]:
    if isinstance(entry, str):
        return {"name": entry}
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, parameters),) = entry.items()
        return {"name": name, "parameters": parameters or {}}
    raise RecipeError(
        f"{where}: an entry of `{family}` must be a name or one `name: {{parameters}}`, got {entry!r}.\n\n"
        f"Hint: write `- topological: {{k: 2}}`"
    )
