"""docs/rules.md: every rule that a recipe can name, with its parameters."""

import inspect
from collections.abc import Iterator, Mapping

from curation.pairs import LABEL_RULES, PAIR_RULES
from curation.repair import REPAIRS
from curation.selection import SELECTORS
from curation.training import LOSS_RULES
from docs.pages.markdown import cell, plain
from docs.pages.signals import parameter_rows

HEAD = """# Rules of recipes

Generated from `curation/selection`, `curation/repair`, `curation/training` and `curation/pairs` by `make docs`; do not edit.
How recipes are written is told in [recipes.md](recipes.md), the methods behind them in [methods.md](methods.md).
"""


def rules_page() -> str:
    """Write the page, family by family."""
    families: Mapping[str, Mapping[str, type]] = {
        "Selectors (`select`)": SELECTORS,
        "Repairs (`repair`)": REPAIRS,
        "Loss rules (`train`)": LOSS_RULES,
        "Pairs (`pair`)": PAIR_RULES,
        "Labelled samples (`label`)": LABEL_RULES,
    }
    parts = [HEAD]
    for title, members in families.items():
        parts.append(f"## {title}\n\n| rule | in one line |\n|---|---|")
        parts += [
            f"| [`{name}`](#{name}) | {cell(plain(_first_line(member)))} |"
            for name, member in members.items()
        ]
        parts.append("")
        parts += [section for name, member in members.items() for section in _section(name, member)]
    return "\n".join(parts)


def _first_line(member: type) -> str:
    return (inspect.getdoc(member) or "").partition("\n")[0]


def _section(name: str, member: type) -> Iterator[str]:
    yield f"### {name}\n\n{plain(inspect.getdoc(member) or '')}\n"
    yield from parameter_rows(member)
