"""Where data lives: Delta tables of Parquet, DuckDB over them. Imports `schemas` alone.

Start with `house.py`; `store.py` commits to one table, `intake.py` to all tables of a rollout, `console.py` answers
people.
"""

from warehouse.console import Console
from warehouse.house import Warehouse
from warehouse.queries import named_query, query_names, question
from warehouse.results import Answers, QueryResult

__all__ = ["Answers", "Console", "QueryResult", "Warehouse", "named_query", "query_names", "question"]
