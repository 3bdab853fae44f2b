"""What commands that the tests start find in their environment."""

import os


def without_server() -> dict[str, str]:
    """Give our own, without the Prefect server that the tests share: a command starts its own then, as a user's does."""
    return {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
