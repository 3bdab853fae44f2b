"""Named queries: the questions that people ask of any warehouse, one file each in `warehouse/sql`."""

from pathlib import Path

from schemas.errors import UnknownNameError

SQL_FOLDER = Path(__file__).parent / "sql"


def query_names() -> list[str]:
    """Name the named queries.

    Examples:
        >>> "pass_rate_by_task" in query_names()
        True
    """
    return sorted(path.stem for path in SQL_FOLDER.glob("*.sql"))


def named_query(name: str) -> str:
    """Load the SQL of a named query; its first line is a comment with the question that it answers.

    Raises:
        UnknownNameError: there is no such query.
    """
    if name not in query_names():
        raise UnknownNameError.from_name("named query", name, query_names())
    return (SQL_FOLDER / f"{name}.sql").read_text()


def question(name: str) -> str:
    """Give the question that a named query answers.

    Examples:
        >>> question("pass_rate_by_task")
        'How often is each task solved, over all trials with a known outcome?'
    """
    return named_query(name).splitlines()[0].removeprefix("--").strip()
