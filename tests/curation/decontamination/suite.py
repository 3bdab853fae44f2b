"""A small benchmark whose tasks share a template, and training texts to hold against it."""

from collections.abc import Iterable

import polars as pl

from curation.decontamination.hits import find_hits
from curation.decontamination.protected import PROTECTED_SCHEMA, Matching, index_protected
from curation.decontamination.texts import TEXT_SCHEMA

TEMPLATE = (
    "You are a careful agent in an online shop. Solve the task below without asking anybody for help, "
    "and write your answer between two tags when you are done with it. Task: "
)
TASKS = {
    "lamp": "Mia Novak of Graz wants to return the green desk lamp of order 4471 and have the 39 euros back on her gift card.",
    "kettle": "The kettle that Omar Haddad ordered in March leaks at the lid, so exchange it for the steel one without a whistle.",
    "tent": "Find out why parcel 88213 with the two person tent went to Porto, and send it on to Lena Brandt in Bremen.",
    "chair": "Cancel three of the six oak chairs that the Lindqvist family bought, unless they have already left the warehouse.",
    "rug": "Tell Ivo Petrov which rugs below 200 euros are made of wool, then order the smallest of them for his hallway.",
    "piano": "Move the delivery of the digital piano for the school in Leeds to a Tuesday after the summer holidays begin.",
}


def protected(tasks: dict[str, str], *, template: str = TEMPLATE) -> pl.DataFrame:
    rows = [(key, "shop", key, template + text) for key, text in tasks.items()]
    return pl.DataFrame(rows, schema=PROTECTED_SCHEMA, orient="row")


def texts(*said: str) -> pl.DataFrame:
    """Give user messages, each of a trajectory named by its number."""
    rows = [(str(number), 0, "user", text) for number, text in enumerate(said)]
    return pl.DataFrame(rows, schema=TEXT_SCHEMA, orient="row")


def found(said: Iterable[str], shop: pl.DataFrame, **matching: float) -> pl.DataFrame:
    return find_hits(texts(*said), index_protected(shop, Matching(**matching)))  # type: ignore[arg-type]  # the test's own
