"""How much of planted contamination is found, what is taken for it by mistake, and how fast it is.

Of each suite of tasks half is protected. Training texts are made of the protected half (to be found) and, by the same
changes, of the other half, which shares domain, template and policy (not to be found). Tasks of the other half that are
near-duplicates of a protected one are left out: nobody can say what they are.

    winnow ingest ROLLOUTS --warehouse DIR && python -m benchmarks.decontamination --warehouse DIR
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import polars as pl

from benchmarks.measure import machine, measured, peak_mib
from benchmarks.planted_tasks import CHANGES
from curation.decontamination.hits import find_hits
from curation.decontamination.protected import Matching, index_protected
from curation.decontamination.search import METHODS, candidate_pairs
from curation.decontamination.task_twins import task_twins
from curation.decontamination.texts import TEXT_SCHEMA, message_texts
from curation.duplicates.shingles import joined, text_shingles
from flows.protected import named_texts
from flows.task_texts import read_all_texts
from warehouse import Warehouse

SUITES = ("tau_bench_airline", "tau2_airline", "tau2_retail", "swe_bench", "mbpp_py", "hotpotqa")
SETTINGS = {
    "as shipped": Matching(),
    "coverage 0.3": Matching(coverage=0.3),
    "coverage 0.7": Matching(coverage=0.7),
    "13 words for all": Matching(short_words=13),
    "8 words for all": Matching(words=8),
    "boilerplate counts": Matching(common_frac=1.0),
}


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One suite: what is protected, and the training texts made of it."""

    suite: str
    protected: pl.DataFrame
    texts: pl.DataFrame
    """Under `TEXT_SCHEMA`; `trajectory_id` numbers the rows."""
    truth: pl.DataFrame
    """`trajectory_id`, `change`, and `is_planted`."""


def planted_suite(house: Warehouse, suite: str, others: list[str], *, seed: int) -> Planted:
    """Split a suite's tasks, and change the texts of both halves."""
    random = Random(seed)  # noqa: S311 - made-up data
    tasks = (
        read_all_texts(house, suite).unique("task_id", keep="first", maintain_order=True).drop_nulls("text")
    )
    ids = tasks["task_id"].to_list()
    chosen = set(random.sample(ids, len(ids) // 2))
    twins = task_twins(tasks)
    keys = {twins.get(task, task) for task in chosen}
    rows = [
        (change, task in chosen, CHANGES[change](text, random, others))
        for task, text in tasks.select("task_id", "text").iter_rows()
        if task in chosen or twins.get(task, task) not in keys
        for change in CHANGES
    ]
    truth = pl.DataFrame(rows, schema=["change", "is_planted", "text"], orient="row").with_row_index("row")
    truth = truth.with_columns(trajectory_id=pl.col("row").cast(pl.String))
    texts = truth.select("trajectory_id", seq=pl.lit(0), field=pl.lit("user"), text=pl.col("text"))
    return Planted(
        suite=suite,
        protected=named_texts(tasks.filter(pl.col("task_id").is_in(chosen))),
        texts=texts.cast(TEXT_SCHEMA),
        truth=truth.select("trajectory_id", "change", "is_planted"),
    )


def judged(planted: Planted, matching: Matching) -> pl.DataFrame:
    """Add `is_found` (by anything), `is_verified` (a hit) and the method of it to the truth."""
    index = index_protected(planted.protected, matching)
    words = joined(text_shingles(planted.texts["text"], size=1))
    pairs = candidate_pairs(words, index)
    hits = find_hits(planted.texts, index).select("trajectory_id", "method").unique("trajectory_id")
    ids = planted.truth["trajectory_id"]
    seen = {method: ids.gather(pairs.filter(method=method)["text_row"]).implode() for method in METHODS}
    return planted.truth.join(hits, on="trajectory_id", how="left").with_columns(
        pl.col("trajectory_id").is_in(seen[method]).alias(f"seen_by_{method}") for method in METHODS
    )


def recall(told: pl.DataFrame, flag: pl.Expr) -> float:
    """Give the share of planted texts that are flagged."""
    return float(told.filter("is_planted").select(flag.mean()).item())


def precision(told: pl.DataFrame, flag: pl.Expr) -> float:
    """Give the share of flagged texts that are planted."""
    return float(told.filter(flag)["is_planted"].mean() or 0)  # type: ignore[arg-type]  # a mean of flags


def report(suites: list[Planted]) -> Iterator[str]:
    """Write tables in Markdown."""
    is_hit = pl.col("method").is_not_null()
    told = {suite.suite: judged(suite, Matching()) for suite in suites}
    whole = pl.concat(told.values())
    yield "| suite | protected | texts planted / clean | precision | recall |\n|---|---|---|---|---|"
    for suite in suites:
        own = told[suite.suite]
        counts = f"{own['is_planted'].sum()} / {(~own['is_planted']).sum()}"
        yield f"| {suite.suite} | {suite.protected.height} | {counts} | {precision(own, is_hit):.3f} | {recall(own, is_hit):.3f} |"
    yield "\n| planted | recall | of short suites | by n-gram | by MinHash only |\n|---|---|---|---|---|"
    short = pl.concat([told["mbpp_py"], told["hotpotqa"]])
    by_ngram = pl.col("seen_by_ngram")
    for change in CHANGES:
        own, brief = whole.filter(change=change), short.filter(change=change)
        flags = ((own, is_hit), (brief, is_hit), (own, is_hit & by_ngram), (own, is_hit & ~by_ngram))
        yield f"| {change} | {' | '.join(f'{recall(rows, flag):.3f}' for rows, flag in flags)} |"
    yield "\n| setting | precision | recall |\n|---|---|---|"
    for name, matching in SETTINGS.items():
        own = pl.concat([judged(suite, matching) for suite in suites])
        yield f"| {name} | {precision(own, is_hit):.3f} | {recall(own, is_hit):.3f} |"
        if name in {"as shipped", "boilerplate counts"}:
            for method in METHODS:
                seen = pl.col(f"seen_by_{method}")
                yield f"| {name}, {method} without alignment | {precision(own, seen):.3f} | {recall(own, seen):.3f} |"


def search_all(house: Warehouse) -> str:
    """Hold all users' messages of a warehouse against all its tasks."""
    with measured() as taken:
        index = index_protected(named_texts(read_all_texts(house)), Matching())
    indexing_s = taken.wall_s
    buckets, texts, found = range(house.bucket_count), 0, 0
    with measured() as taken:
        for bucket in buckets:
            said = message_texts(house.store.read("messages", buckets=[bucket]), ("user",))
            texts += said.height
            found += find_hits(said, index).height
    return (
        f"{index.rows.height} protected texts indexed in {indexing_s:.1f} s; {texts} messages searched in "
        f"{taken.wall_s:.1f} s ({taken.cpu_s:.1f} CPU s), {found} hits; peak {peak_mib():.0f} MiB"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    house = Warehouse(arguments.warehouse)
    openings = read_all_texts(house).filter(~pl.col("benchmark").is_in(SUITES))["text"].drop_nulls().to_list()
    suites = [planted_suite(house, suite, openings, seed=arguments.seed) for suite in SUITES]
    print(machine())
    for line in report(suites):
        print(line)
    print(search_all(house))


if __name__ == "__main__":
    main()
