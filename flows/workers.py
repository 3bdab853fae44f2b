"""Who runs the tasks of a flow: threads of this process. Polars, Arrow and Delta use threads of their own beneath."""

from typing import TYPE_CHECKING, Any, cast

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.settings import WORKERS

if TYPE_CHECKING:
    from prefect.futures import PrefectFuture

# The cast: Prefect's runner is generic in a result type that one runner for tasks of many types cannot name.
THREADS = cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=WORKERS))
