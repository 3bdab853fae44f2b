"""One question to a server with OpenAI's chat completions: sent, tried again where that may help, read."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from flows import settings
from schemas.errors import RecipeError, WinnowError

TRIED_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
"""HTTP states that pass."""
FIRST_PAUSE_S = 0.5
"""Pause before the second attempt; each further one is twice as long."""
PROBE_S = 5.0
SHOWN_CHARS = 300


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a model is, and how it is asked."""

    endpoint: str
    """Base URL, as `http://localhost:8000/v1`."""
    model: str
    temperature: float = 0.0
    max_tokens: int = 256
    """Longest answer."""
    api_key_variable: str | None = None
    """Name of the environment variable that holds the key; null sends none."""
    timeout_s: float = 60.0
    max_attempts: int = 3
    """How often one question is sent at most."""

    def __post_init__(self) -> None:
        """Refuse what cannot be asked.

        Raises:
            RecipeError: see the message.
        """
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RecipeError(f"`endpoint` must be an http or https URL, got {self.endpoint!r}.")
        if parts.username or parts.password:
            raise RecipeError("`endpoint` must hold no password: name its variable in `api_key_variable`.")
        for name in ("max_tokens", "timeout_s", "max_attempts"):
            if getattr(self, name) <= 0:
                raise RecipeError(f"`{name}` must be above 0, got {getattr(self, name)!r}.")

    @property
    def name(self) -> str:
        """Say what an answer depends on, besides the question."""
        return f"{self.model} at {self.endpoint} temperature {self.temperature} max_tokens {self.max_tokens}"


def ask(endpoint: Endpoint, messages: Sequence[Mapping[str, str]]) -> str:
    """Send a conversation, and give the words that come back.

    Raises:
        WinnowError: no answer after all attempts, a refusal, or an answer without words; the message names which.
    """
    body = {
        "model": endpoint.model,
        "messages": list(messages),
        "temperature": endpoint.temperature,
        "max_tokens": endpoint.max_tokens,
    }
    request = Request(  # noqa: S310 - the scheme is checked
        f"{endpoint.endpoint.rstrip('/')}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **_authorization(endpoint)},
    )
    return _words(_send(request, endpoint), endpoint)


def find_fault(endpoint: Endpoint) -> str | None:
    """Say why an endpoint cannot be asked; null when a server answers there, whatever it says."""
    url = f"{endpoint.endpoint.rstrip('/')}/models"
    try:
        request = Request(url, headers=_authorization(endpoint))  # noqa: S310 - the scheme is checked
        with urlopen(request, timeout=min(PROBE_S, endpoint.timeout_s)):  # noqa: S310
            return None
    except HTTPError as exc:
        exc.close()
        return None
    except WinnowError as exc:
        return str(exc)
    except (URLError, OSError, HTTPException) as exc:
        return f"{url}: {exc}"


def _authorization(endpoint: Endpoint) -> dict[str, str]:
    if endpoint.api_key_variable is None:
        return {}
    key = settings.secret(endpoint.api_key_variable)
    if key is None:
        raise WinnowError(
            f"The environment variable {endpoint.api_key_variable!r} for {endpoint.endpoint} is not set."
        )
    return {"Authorization": f"Bearer {key}"}


def _send(request: Request, endpoint: Endpoint) -> bytes:
    """Send until an answer comes; give its body."""
    fault = ""
    for attempt in range(endpoint.max_attempts):
        if attempt:
            time.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
        try:
            with urlopen(request, timeout=endpoint.timeout_s) as answer:  # noqa: S310 - the scheme is checked
                body: bytes = answer.read()
                return body
        except HTTPError as exc:
            with exc:
                fault = f"HTTP {exc.code}: {exc.read(SHOWN_CHARS).decode(errors='replace')}"
            if exc.code not in TRIED_AGAIN:
                break
        except (URLError, OSError, HTTPException) as exc:
            fault = str(exc)
    raise WinnowError(f"{endpoint.model!r} at {endpoint.endpoint} gave no text: {fault}")


def _words(body: bytes, endpoint: Endpoint) -> str:
    try:
        answer: Any = json.loads(body)
        words = answer["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as exc:
        shown = body[:SHOWN_CHARS].decode(errors="replace")
        raise WinnowError(
            f"{endpoint.model!r} at {endpoint.endpoint} answered no chat completion: {shown}"
        ) from exc
    if not isinstance(words, str) or not words.strip():
        raise WinnowError(
            f"{endpoint.model!r} at {endpoint.endpoint} answered without words.\n\nHint: raise `max_tokens`"
        )
    return words.strip()
