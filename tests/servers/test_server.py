"""The scripted server itself, over raw sockets and httpx: what it sends is what a scenario says."""

from __future__ import annotations

import itertools
import json
import re
import socket
import time
import zlib
from typing import Any

import httpx
import pytest

from servers import wire
from servers.answers import (
    ABSENT,
    RIGHT_TEXT,
    TOKENS,
    Answer,
    Dialect,
    both,
    chunk,
    chunks,
    event,
    interrupted,
    said,
    whole_body,
)  # fmt: skip
from servers.faults import FORMS, at_most, fault, limit_of, refusing, refusing_role, until
from servers.play import problem, scripted
from servers.scenario import Scenario
from servers.scenarios import KINDS
from servers.scenarios.streams import ODD, OPEN_ENDED
from servers.server import ScriptedServer, Seen, reply_to
from servers.wire import Cut, Hold, Raw, Reply, Wait

pytestmark = pytest.mark.timeout(60)


def body(row: int = 0, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": f"Say it.\n{problem(row)}"}], **fields}


def post(server: ScriptedServer, row: int = 0, **fields: Any) -> httpx.Response:
    return httpx.post(f"{server.url}/chat/completions", json=body(row, **fields), timeout=10)


def serve(*answers: Any, **fields: Any) -> ScriptedServer:
    return ScriptedServer(scripted(Scenario("of the server", list(answers), **fields)))


def raw_bytes(server: ScriptedServer, **fields: Any) -> bytes:
    """Every byte of a reply, up to the end of the connection."""
    data = json.dumps(body(**fields)).encode()
    with socket.create_connection(("127.0.0.1", server.port), 10) as link:
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        link.sendall(head.encode() + data)
        found = b""
        while more := link.recv(65536):
            found += more
    return found


def events_of(text: str) -> list[Any]:
    """The data of a stream's events, by the rules of server-sent events; [DONE] as it is."""
    found = []
    for block in re.split(r"(?:\r\n|\n|\r){2}", text):
        lines = re.split(r"\r\n|\n|\r", block)
        data = "\n".join(line[5:].removeprefix(" ") for line in lines if line.startswith("data:"))
        if data:
            found.append("[DONE]" if data.strip() == "[DONE]" else json.loads(data))
    return found


def text_of(events: list[Any]) -> str:
    parts = [entry["choices"][0]["delta"].get("content") for entry in events[:-1] if entry["choices"]]
    return "".join(part for part in parts if part)


def test_a_plain_answer_and_what_is_recorded() -> None:
    with serve(Answer(reason="eos", usage=ABSENT, message={"reasoning": "hm"})) as server:
        start = time.monotonic()
        found = post(server, row=7, max_tokens=5)
        assert found.json()["choices"] == [
            {
                "index": 0,
                "message": {"role": "assistant", "content": RIGHT_TEXT, "reasoning": "hm"},
                "finish_reason": "eos",
            }
        ]
        assert "usage" not in found.json()
        [seen] = server.chats
    assert (seen.method, seen.path, seen.row, seen.attempt, seen.streams) == (
        "POST",
        "/v1/chat/completions",
        7,
        0,
        False,
    )
    assert limit_of(seen) == 5
    assert start < seen.at < time.monotonic()
    assert json.loads(seen.raw) == seen.body
    assert seen.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "how",
    [
        Dialect(), Dialect(line_end=b"\r\n"), Dialect(line_end=b"\r"), Dialect(space=False), Dialect(lines=3),
        Dialect(before=b": alive\n\n\n"), Dialect(first=b"\n\n: hello\n"), Dialect(together=True), Dialect(gzip=True),
        Dialect(usage="finish"), Dialect(usage="every"), Dialect(usage="null"),
    ],
)  # fmt: skip
def test_every_dialect_says_the_same(how: Dialect) -> None:
    with serve(Answer(dialect=how)) as server:
        found = events_of(post(server, stream=True).content.decode())
    assert found.pop() == "[DONE]"
    assert text_of([*found, ""]) == RIGHT_TEXT
    assert [entry["usage"] for entry in found if entry.get("usage")][-1] == TOKENS
    reasons = [entry["choices"][0]["finish_reason"] for entry in found if entry["choices"]]
    assert [reason for reason in reasons if reason] == ["stop"]
    assert (found[-1]["choices"] == []) == (how.usage in ("last", "null"))
    assert all(("usage" in entry) == (how.usage in ("every", "null")) for entry in found[:-2])


def test_shapes_of_a_stream() -> None:
    assert all("finish_reason" not in entry["choices"][0] for entry in chunks(Answer(reason=ABSENT, usage=ABSENT)))
    parts = [entry["choices"][0]["delta"]["content"] for entry in chunks(Answer([{"type": "text", "text": "a"}]))[1:2]]
    assert parts == [[{"type": "text", "text": "a"}]]
    cuts = chunks(Answer(cuts=("\ud83d", "\ude00"), usage=ABSENT))
    assert [entry["choices"][0]["delta"].get("content") for entry in cuts] == ["", "\ud83d", "\ude00", None]
    assert b"\\ud83d" in event(cuts[1])
    assert event({"a": "x, y", "b": 1, "c": 2}, Dialect(lines=2)) == b'data: {"a": "x, y","b": 1,\ndata: "c": 2}\n\n'
    assert whole_body(Answer(None, body={"error": None}))["error"] is None
    assert chunk({"content": "a"}, usage=ABSENT).keys() == {"id", "object", "created", "model", "choices"}


@pytest.mark.parametrize("name", [*ODD, *(name for name in OPEN_ENDED if "open" not in name)])
def test_odd_streams_hold_their_answer(name: str) -> None:
    with serve({**ODD, **OPEN_ENDED}[name]) as server:
        found = events_of(post(server, stream=True).content.decode())
    entries = [entry for entry in found if entry != "[DONE]"]
    choices = [entry["choices"][0] for entry in entries if entry.get("choices")]
    assert "".join((choice["delta"] or {}).get("content") or "" for choice in choices) == RIGHT_TEXT
    assert "stop" in [choice["finish_reason"] for choice in choices]


def test_attempts_are_counted_by_row_and_the_last_step_repeats() -> None:
    with serve(*until(2, fault(503, "busy", Retry_After="1")), rows=3, odd=1) as server:
        assert [post(server, row).status_code for row in (0, 1, 1, 2, 1, 1)] == [200, 503, 503, 200, 200, 200]
        assert [seen.attempt for seen in server.chats] == [0, 0, 1, 0, 2, 3]
        assert server.chats[-1].number == 5


def test_models_and_unknown_paths() -> None:
    with ScriptedServer(
        lambda seen: Answer(), {"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 9}]}
    ) as server:
        assert httpx.get(f"{server.url}/models").json()["data"][0]["max_model_len"] == 9
        assert httpx.get(f"{server.url}/version").status_code == 404
        assert [seen.path for seen in server.others] == ["/v1/models", "/v1/version"]
        assert server.chats == []
    with serve(Answer()) as server:
        assert httpx.get(f"{server.url}/models").status_code == 404


@pytest.mark.parametrize("form", [*FORMS, "text", "html"])
def test_every_form_of_an_error_has_its_words(form: str) -> None:
    with serve(fault(422, "no such thing", form=form, param="seed", Retry_After="3")) as server:
        found = post(server)
    assert found.status_code == 422
    assert found.headers["retry-after"] == "3"
    assert ("Extra inputs" if form in ("fastapi", "mistral") else "no such thing") in found.text
    assert ("<h1>" in found.text) == (form == "html")


def test_refusals_by_what_a_request_holds() -> None:
    most = at_most(100, "{asked} + {prompt} = {total} > {limit}, {most} left")
    for script, good, bad in (
        (refusing("seed", fault(400)), {}, {"seed": 1}),
        (refusing_role("system", fault(400)), {}, {"messages": [{"role": "system", "content": "x"}]}),
        (most, {"max_completion_tokens": 100}, {"max_tokens": 101}),
    ):
        with ScriptedServer(script) as server:
            assert [post(server, **fields).status_code for fields in (good, bad)] == [200, 400]
    with ScriptedServer(most) as server:
        assert post(server, max_tokens=200).json()["error"]["message"] == "200 + 171 = 371 > 271, 100 left"


def test_connections_end_as_the_script_says() -> None:
    with serve(interrupted("half an answer")) as server:
        cut = raw_bytes(server, stream=True)
        assert b"half " in cut
        assert not cut.endswith(b"0\r\n\r\n")
    with serve(wire.nothing()) as server:
        assert raw_bytes(server) == b""
    with serve(wire.nothing(reset=True)) as server, pytest.raises(ConnectionResetError):
        raw_bytes(server)
    with serve(Reply([b"{", Cut()], headers={"Content-Length": "100"})) as server:
        assert raw_bytes(server).endswith(b"Content-Length: 100\r\n\r\n{")
        with pytest.raises(httpx.RemoteProtocolError):
            post(server)
    with serve(Reply([b"abc", Raw(b"ff\r\nab"), Cut()], framing="chunked")) as server:
        assert raw_bytes(server).endswith(b"3\r\nabc\r\nff\r\nab")
    with serve(Reply([b"all of it"], framing="close")) as server:
        assert raw_bytes(server).endswith(b"\r\n\r\nall of it")
        assert post(server).text == "all of it"


def test_waiting_holding_and_clients_that_leave() -> None:
    with serve(Reply([b"a", Wait(0.3), b"b"], framing="chunked", delay=0.2)) as server:
        start = time.monotonic()
        assert post(server).text == "ab"
        assert 0.5 <= time.monotonic() - start < 3
    for endless in (Reply([b"a", Hold()], framing="chunked"), Reply(wire.forever(b": \n", 0.01), framing="chunked")):
        with serve(endless) as server:
            data = json.dumps(body()).encode()
            with socket.create_connection(("127.0.0.1", server.port), 10) as link:
                link.sendall(b"POST /v1/c HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data))
                assert link.recv(100).startswith(b"HTTP/1.1 200")
                time.sleep(0.1)
            deadline = time.monotonic() + 5
            while not server.left and time.monotonic() < deadline:
                time.sleep(0.02)
            assert server.left == 1


def test_several_requests_on_one_connection_and_many_at_once() -> None:
    with serve(Answer()) as server, httpx.Client() as client:
        for _ in range(3):
            assert client.post(f"{server.url}/chat/completions", json=body()).status_code == 200
    with serve(Answer(delay=0.3)) as server:
        start = time.monotonic()
        links = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(50)]
        data = json.dumps(body()).encode()
        for link in links:
            link.sendall(b"POST /v1/c HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data))
        assert all(link.recv(20).startswith(b"HTTP/1.1 200") for link in links)
        assert time.monotonic() - start < 5
        for link in links:
            link.close()


def test_bombs_redirects_and_bodies_for_both_ways() -> None:
    small = wire.bomb(50)
    assert len(small) < 2**17
    assert len(zlib.decompress(small, 31)) == 50 * 2**20
    with ScriptedServer(lambda seen: wire.redirect(307, f"http://{seen.headers['host']}/x")) as server:
        found = post(server)
        assert (found.status_code, found.headers["location"]) == (307, f"http://127.0.0.1:{server.port}/x")
    with serve(both({"error": {"message": "no"}})) as server:
        assert post(server).json() == {"error": {"message": "no"}}
        assert events_of(post(server, stream=True).text) == [{"error": {"message": "no"}}, "[DONE]"]
    with serve(Reply(wire.bytewise(b"ab"), framing="chunked"), said({"a": 1})) as server:
        assert raw_bytes(server).endswith(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")


def test_every_scenario_has_a_name_of_its_own_and_a_step_for_each_row() -> None:
    every = [scenario for scenarios in KINDS.values() for scenario in scenarios]
    assert len({scenario.name for scenario in every}) == len(every) > 500
    for scenario in every:
        assert scenario.answers, scenario.name
        assert scenario.odd is None or 0 <= scenario.odd < scenario.rows, scenario.name
        for words in (*scenario.says, *scenario.hushed, scenario.once):
            re.compile(words)


@pytest.mark.parametrize("kind", KINDS)
def test_every_scenario_has_a_reply_for_every_request(kind: str) -> None:
    """Whatever a request holds, and however often it comes."""
    fields = {"max_tokens": 32768, "temperature": 0.7, "top_p": 1.0, "seed": 1}
    for scenario in KINDS[kind]:
        step = scripted(scenario)
        for number, row in itertools.product(range(4), range(min(scenario.rows, 5))):
            for more in ({}, {"stream": True}, {"stream": True, **fields}):
                host = {"host": "127.0.0.1:80"}
                seen = Seen(
                    number, "POST", "/v1/chat/completions", host, b"", body(row, **more), row, number, 0.0, "0001"
                )
                found = reply_to(step(seen), seen)
                first = itertools.islice(found.body(), 20)
                assert all(isinstance(piece, bytes | Wait | Raw | Cut | Hold) for piece in first), scenario.name


def test_an_unreadable_request_is_recorded_too() -> None:
    seen: list[Seen] = []
    with ScriptedServer(lambda one: seen.append(one) or Answer()) as server:  # type: ignore[func-returns-value]
        httpx.post(f"{server.url}/chat/completions", content=b"\xff{")
    assert seen[0].body == {"unreadable": "\xff{"}
    assert seen[0].row == -1
