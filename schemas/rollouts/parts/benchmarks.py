"""Names of benchmarks that several formats carry: one real task has one task id, whoever ran it."""

import re

SWE_BENCH_ID = re.compile(r"[A-Za-z0-9_.-]+__[A-Za-z0-9_.-]+-\d+")
SWE_SMITH_ID = re.compile(r"[A-Za-z0-9_.-]+__[A-Za-z0-9_.-]+\.[0-9a-f]{8}\.[A-Za-z0-9_.-]+")


def benchmark_of(task_key: str, default: str) -> str:
    """Name the benchmark that a task key belongs to by its pattern.

    Lite, Verified and the full SWE-bench share their instances, so they share the name too.

    Args:
        task_key: the source's own name of the task.
        default: the name when the pattern is of no benchmark that we know.

    Examples:
        >>> benchmark_of("astropy__astropy-12907", "runs")
        'swe_bench'
        >>> benchmark_of("pandas-dev__pandas.95280573.pr_53652", "runs")
        'swe_smith'
        >>> benchmark_of("17", "runs")
        'runs'
    """
    if SWE_SMITH_ID.fullmatch(task_key):
        return "swe_smith"
    return "swe_bench" if SWE_BENCH_ID.fullmatch(task_key) else default
