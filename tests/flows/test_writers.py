"""Writers behind an endpoint, against a real server on loopback."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from curation.repair import REPAIRS
from curation.repair.splice import Splice
from curation.replay import REPLAY_STRATEGIES
from flows import chat_endpoint
from flows.writers import TEXTS, EndpointWriter, build_written
from schemas.errors import RecipeError, WinnowError
from schemas.recipe import Rule
from schemas.trajectory import Origin, Trajectory
from tests.curation.rollouts import do, frames, rollout, say
from warehouse import Warehouse

FACTS = {"step": "look({})", "observation": "gone"}


@dataclass
class Server:
    """A server of chat completions that answers with what it is told to."""

    url: str = ""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    """States and bodies still to be given; without any, a completion is."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    stop: Callable[[], None] = field(default=lambda: None)
    """From then on nobody answers; may be called twice."""

    def next_answer(self) -> tuple[int, bytes]:
        if self.answers:
            return self.answers.pop(0)
        return 200, completion(f"Written {len(self.asked)}. ")


def completion(words: str | None) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": words}}]}).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Answer on a free port while a test runs; pauses between attempts are short."""
    monkeypatch.setattr(chat_endpoint, "FIRST_PAUSE_S", 0.0)
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._give(404, b"{}")

        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions"
            told.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            told.keys.append(self.headers["Authorization"])
            self._give(*told.next_answer())

        def _give(self, state: int, body: bytes) -> None:
            self.send_response(state)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=listening.serve_forever, daemon=True)

    def stop() -> None:
        if thread.is_alive():
            listening.shutdown()
            thread.join()
            listening.server_close()

    told.url, told.stop = f"http://127.0.0.1:{listening.server_port}/v1", stop
    thread.start()
    yield told
    stop()


@pytest.fixture
def house(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", create=True)


def splice(house: Warehouse, **options: Any) -> Splice:
    rule = Rule(name="splice", parameters={"writer": {"model": "m", **options}})
    member = build_written("repair", REPAIRS, rule, house=house, where="recipe 'tiny'")
    assert isinstance(member, Splice)
    return member


def writer(house: Warehouse, url: str, **options: Any) -> EndpointWriter:
    bound = splice(house, endpoint=url, **options).bound_writer
    assert isinstance(bound, EndpointWriter)
    return bound


def test_a_text_is_asked_for_once_and_then_recalled_without_an_endpoint(
    house: Warehouse, server: Server
) -> None:
    one = writer(house, server.url, temperature=0.5, max_tokens=9)
    text = one.write("revision", FACTS)
    assert text == "Written 1."
    (body,) = server.asked
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("m", 0.5, 9)
    assert "observation: gone\nstep: look({})" in body["messages"][-1]["content"]
    assert one.write("revision", FACTS) == text
    assert one.write("go_on", FACTS) == "Written 2."
    assert writer(house, server.url, temperature=0.5, max_tokens=9).write("revision", FACTS) == text
    assert len(server.asked) == 2


def test_another_model_or_option_is_another_writer(house: Warehouse, server: Server) -> None:
    texts = {
        writer(house, server.url, **options).write("revision", FACTS)
        for options in ({}, {"temperature": 1.0}, {"max_tokens": 1}, {"model": "other"})
    }
    assert len(texts) == len(server.asked) == 4


def test_what_passes_is_tried_again(house: Warehouse, server: Server) -> None:
    one = writer(house, server.url)
    server.answers = [(503, b"busy"), (429, b"slow down")]
    assert one.write("revision", FACTS) == "Written 3."


def test_what_does_not_pass_is_told_at_once_and_nothing_is_kept(house: Warehouse, server: Server) -> None:
    one = writer(house, server.url)
    for answer, told in (
        ((400, b"no such model"), "gave no text: HTTP 400: no such model"),
        ((200, b"<html>"), "answered no chat completion: <html>"),
        ((200, completion(None)), "answered without words"),
        ((200, completion("  ")), "answered without words"),
    ):
        server.answers, server.asked = [answer], []
        with pytest.raises(WinnowError, match=told):
            one.write("revision", FACTS)
        assert len(server.asked) == 1
    server.answers = [(500, b"down")] * 3
    with pytest.raises(WinnowError, match="HTTP 500: down"):
        one.write("revision", FACTS)
    assert not one.has_written()


def test_the_key_comes_from_the_variable_that_is_named(
    house: Warehouse, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_KEY", "k-123")
    one = writer(house, server.url, api_key_variable="TINY_KEY")
    one.write("revision", FACTS)
    assert server.keys == ["Bearer k-123"]
    assert "k-123" not in one.name
    assert b"k-123" not in (house.root / TEXTS).read_bytes()
    monkeypatch.delenv("TINY_KEY")
    with pytest.raises(RecipeError, match="environment variable 'TINY_KEY'"):
        splice(house, endpoint=f"{server.url}/", api_key_variable="TINY_KEY")


def test_an_endpoint_that_does_not_answer_fails_before_any_work_unless_its_texts_are_kept(
    house: Warehouse, server: Server
) -> None:
    text = writer(house, server.url).write("revision", FACTS)
    server.stop()
    kept = writer(house, server.url)
    assert kept.write("revision", FACTS) == text
    with pytest.raises(WinnowError, match=r"'m' at http.* gave no text"):
        kept.write("go_on", FACTS)
    with pytest.raises(RecipeError, match="cannot be asked, and none of its texts are kept"):
        splice(house, endpoint=server.url, model="another")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"endpoint": "localhost:8000"}, "`endpoint` must be an http or https URL"),
        ({"endpoint": "file:///etc/passwd"}, "`endpoint` must be an http or https URL"),
        ({"endpoint": "http://me:pw@h/v1"}, "`endpoint` must hold no password"),
        ({"endpoint": "http://h", "max_attempts": 0}, "`max_attempts` must be above 0, got 0"),
        ({"endpoint": "http://h", "modle": "m"}, "has no option 'modle'. Options: api_key_variable"),
        ({}, "`writer` of repair 'splice' in recipe 'tiny': .*endpoint"),
    ],
)
def test_options_that_mean_nothing_are_refused(house: Warehouse, options: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        splice(house, **options)


def test_members_without_a_writer_take_none(house: Warehouse, server: Server) -> None:
    rule = Rule(name="structural", parameters={"writer": {"endpoint": server.url, "model": "m"}})
    with pytest.raises(RecipeError, match="has no parameter 'writer'"):
        build_written("repair", REPAIRS, rule, house=house, where="recipe 'tiny'")


def test_a_splice_speaks_with_the_words_of_its_writer_as_synthetic(house: Warehouse, server: Server) -> None:
    success = rollout(do("look", 1), do("book", 1), say("done"), trial=0)
    failure = rollout(do("look", 1), do("cancel", 1), say("sorry"), trial=1, reward=0.0)
    repair = splice(house, endpoint=server.url)
    (case,) = repair.cases(frames(success, failure)).to_dicts()
    places = {name: case[name] for name in ("seq", "partner_seq")}
    child = repair.apply(failure, success, **places)
    assert isinstance(child, Trajectory)
    written = [message for message in child.messages if message.origin is Origin.SYNTHETIC]
    assert {message.text for message in written} == {"Written 1.", "Written 2."}
    assert server.url in (child.repair_rule or "")
    assert splice(house, endpoint=server.url, model="n").apply(failure, success, **places) != child


def test_a_replay_strategy_gets_its_guidance_from_a_writer(house: Warehouse, server: Server) -> None:
    rule = Rule(name="reflect", parameters={"writer": {"endpoint": server.url, "model": "m"}})
    strategy = build_written(
        "replay strategy", REPLAY_STRATEGIES, rule, house=house, where="the command line"
    )
    assert strategy.hint(FACTS) == "Written 1."
    assert "Guide the next one" in server.asked[0]["messages"][-1]["content"]
    assert strategy.places(frames(rollout(do("look")))).is_empty()
