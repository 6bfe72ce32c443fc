"""Refusals that are the command's fault: the run ends at once, with the server's words."""

from __future__ import annotations

from servers.answers import Answer
from servers.faults import fault, refusing, refusing_value
from servers.scenario import Scenario, failed, up_to
from servers.wire import HTML, Reply

ONE_BY_ONE = ("--concurrency", "1")

WRONG: dict[str, tuple[Reply, str]] = {
    "a model not found": (
        fault(404, "The model `m` does not exist or you do not have access to it.", code="model_not_found"),
        "The model `m` does not exist",
    ),
    "a model not found, with 400": (
        fault(400, "Model m is not supported", code="model_not_found"),
        "Model m is not supported",
    ),
    "a model not found, as vLLM says it": (
        fault(404, "The model `m` does not exist.", kind="NotFoundError", code=404, param="model"),
        "does not exist",
    ),
    "a page that is not there": (fault(404, "404 Not Found - nginx", form="html"), "404 Not Found - nginx"),
    "a path that is not there": (fault(404, "Not Found", form="detail"), "Not Found"),
    "a path that is not there, in plain text": (fault(404, "404 page not found", form="text"), "404 page not found"),
    "a method that is not allowed": (fault(405, "Method Not Allowed", form="detail"), "Method Not Allowed"),
}

FORMS: dict[str, tuple[Reply, str]] = {
    "fastapi": (fault(422, form="fastapi", param="foo"), "foo"),
    "mistral": (fault(422, form="mistral", param="foo"), "foo"),
    "openai": (
        fault(400, "Unrecognized request argument supplied: foo"),
        "Unrecognized request argument supplied: foo",
    ),
    "groq": (fault(400, "property 'foo' is unsupported"), "property 'foo' is unsupported"),
}

SCENARIOS = [
    *(
        Scenario(
            f"{name}",
            [reply],
            None,
            rows=4,
            requests=up_to(4),
            status=1,
            says=(words,),
            hushed=("<h1>",),
            seconds=10,
        )
        for name, (reply, words) in WRONG.items()
    ),
    *(
        Scenario(
            f"{name}, one by one", [reply], None, rows=4, requests=up_to(2), status=1, says=(words,), options=ONE_BY_ONE
        )
        for name, (reply, words) in WRONG.items()
    ),
    *(
        Scenario(
            f"a field of --request-args is refused, {form}",
            refusing("foo", reply),
            None,
            rows=3,
            requests=up_to(3),
            status=1,
            says=(words,),
            options=("--request-args", "foo=1"),
        )
        for form, (reply, words) in FORMS.items()
    ),
    Scenario(
        "a field of --request-args is sent",
        lambda seen: Answer() if seen.body.get("foo") == {"a": [1, "b"]} else fault(400, f"got {seen.body}"),
        options=("--request-args", 'foo={"a": [1, "b"]}'),
    ),
    Scenario(
        "a field is left out by --request-args",
        refusing("temperature", fault(400, "no temperature")),
        options=("--request-args", "temperature=null"),
    ),
    Scenario(
        "a value of --sampling-args is sent",
        refusing_value("top_k", None, fault(400, "no top_k")),
        options=("--sampling-args", "top_k=5"),
    ),
    Scenario(
        "a value of --sampling-args is refused",
        refusing("top_k", fault(400, "Unrecognized request argument supplied: top_k", param="top_k")),
        None,
        rows=3,
        requests=up_to(3),
        status=1,
        says=("top_k",),
        options=("--sampling-args", "top_k=5"),
    ),
    Scenario(
        "--top-p is refused",
        refusing_value(
            "top_p", 0.9, fault(400, "top_p must be 1 for this model", param="top_p", code="unsupported_value")
        ),
        None,
        rows=3,
        requests=up_to(3),
        status=1,
        says=("top_p must be 1",),
        options=("--top-p", "0.9"),
        temperature="0.7",
    ),
    Scenario(
        "--temperatures is refused",
        refusing_value("temperature", 1.9, fault(400, "temperature must be at most 1", param="temperature")),
        None,
        requests=up_to(2),
        status=1,
        says=("temperature must be at most 1",),
        temperature="1.9",
    ),
    *(
        Scenario(
            f"every request is refused with {status}",
            [fault(status, "something is wrong here")],
            None,
            rows=8,
            requests=up_to(8),
            status=1,
            says=("something is wrong here",),
            rerun=up_to(8),
            seconds=10,
        )
        for status in (400, 422)
    ),
    Scenario(
        "every request is refused, in eval.py",
        [fault(400, "something is wrong here")],
        None,
        rows=8,
        requests=up_to(8),
        status=1,
        says=("something is wrong here",),
        script="eval",
    ),
    Scenario(
        "a site's page instead of an answer",
        [Reply([b"<html><head><title>Welcome to Acme</title></head><body>Hi</body></html>"], 200, HTML)],
        failed("Welcome to Acme"),
        status=1,
        hushed=("<html",),
        options=("--max-retries", "0"),
    ),
]
