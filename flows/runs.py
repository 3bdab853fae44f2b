"""The log of flow runs in the warehouse, so that `winnow status`, SQL and dashboards can tell what ran and how it went."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

import msgspec
import polars as pl
from prefect import runtime

from schemas.errors import WarehouseNotFoundError
from schemas.rows import arrow_table
from warehouse import Warehouse

Parameters = ParamSpec("Parameters")
Report = TypeVar("Report")


def recorded(work: Callable[Parameters, Report]) -> Callable[Parameters, Report]:
    """Log each run of a flow in the warehouse that its parameter `warehouse` names, also when it fails.

    A dry run writes nothing, so it is not logged either. The flow's report becomes the run's figures.
    """

    @wraps(work)
    def logged(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Report:
        started_at = datetime.now(UTC)
        outcome: dict[str, object] = {"state": "failed"}
        try:
            report = work(*args, **kwargs)
        except Exception as exc:
            outcome["detail"] = str(exc) or repr(exc)
            raise
        else:
            outcome = {"state": "completed", "figures": msgspec.json.encode(report).decode()}
            return report
        finally:
            if not kwargs.get("dry_run"):
                _log(kwargs["warehouse"], work.__name__, started_at, outcome)

    return logged


def last_runs(house: Warehouse, count: int = 10) -> pl.DataFrame:
    """Give the newest runs: flow, state, start, seconds, and why it failed (null when it did not)."""
    took = (pl.col("finished_at") - pl.col("started_at")).dt.total_milliseconds() / 1000
    newest = house.store.read("runs").sort("started_at", descending=True).head(count)
    return newest.select("flow", "state", "started_at", "detail", duration_s=took)


def _log(warehouse: Any, flow: str, started_at: datetime, outcome: dict[str, object]) -> None:
    row = {
        "run_id": str(runtime.flow_run.id or uuid4()),
        "flow": flow,
        "started_at": started_at,
        "finished_at": datetime.now(UTC),
    }
    try:
        house = Warehouse(warehouse)
    except WarehouseNotFoundError:
        return  # the flow failed for that reason, and says so
    house.store.append("runs", arrow_table("runs", [row | outcome]))
