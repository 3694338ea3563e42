#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The JSON Schemas of requests and events against the examples of
waitd-protocol(7), the sample requests and what a daemon really sends."""

import glob
import json
import os
import subprocess

from examples import TOP, Tap, need, read_examples

jsonschema = need("jsonschema")


def load(name):
    with open(os.path.join(TOP, "proto", name), encoding="utf-8") as file:
        return json.load(file)


def violation(validator, value):
    """What the schema says against the value; empty if nothing."""
    fault = jsonschema.exceptions.best_match(validator.iter_errors(value))
    return f"{fault.json_path}: {fault.message}\nin {json.dumps(value)[:400]}" if fault else ""


def members(schema):
    """Every description-less member of the schema, by its path."""
    for name, definition in schema["$defs"].items():
        for member, body in definition.get("properties", {}).items():
            target = schema if "$ref" in body else {}
            for step in body.get("$ref", "#").split("/")[1:]:
                target = target[step]
            if "description" not in body and "description" not in target:
                yield f"{name}.{member}"


def check_examples(tap, requests, events):
    for example in read_examples():
        if "unparsed" not in example.words:
            wrong = [violation(requests, request) for request in example.requests()]
            if "refused" in example.words:
                tap.result(all(wrong), f"{example.name}: the schema refuses each request")
            else:
                tap.result(not any(wrong), f"{example.name}: requests are valid", "\n".join(wrong))
        wrong = [violation(events, event) for event in example.events()]
        tap.result(not any(wrong), f"{example.name}: events are valid", "\n".join(wrong))


def check_samples(tap, requests, events):
    """Each sample is valid, and so is every event that it leads to."""
    waitd = os.environ.get("WAITD", "daemon/waitd")
    for path in sorted(glob.glob(os.path.join(TOP, "tests", "samples", "*.json"))):
        name = os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            request = json.load(file)
        wrong = violation(requests, request)
        tap.result(not wrong, f"{name} is valid", wrong)
        if not isinstance(request, dict):
            request = {"jobs": request}
        request.update(clock="virtual", events="all")
        if not os.access(waitd, os.X_OK):
            tap.skip(f"{name}: its events are valid", "no waitd")
            continue
        ran = subprocess.run([waitd, "--stdio"], input=json.dumps(request), text=True,
                             capture_output=True, check=False, timeout=60)
        lines = ran.stdout.splitlines()
        wrong = [violation(events, json.loads(line)) for line in lines[:200] + lines[-1:]]
        tap.result(lines and not any(wrong), f"{name}: its events are valid",
                   "\n".join(filter(None, wrong)) or ran.stderr)


# What a request must not be, beyond the examples: each is refused by the schema.
REFUSED = [
    '{}', '1', '{"op":"submit"}', '{"jobs":{}}', '{"jobs":[1]}', '{"jobs":[{"wait":-1}]}',
    '{"jobs":[{"wait":"1"}]}', '{"jobs":[{"wait":"1s1m"}]}', '{"jobs":[{"wait":"1s 1ms"}]}',
    '{"jobs":[{"wait":".5s"}]}', '{"jobs":[{"wait":"5.s"}]}', '{"jobs":[{"wait":""}]}',
    '{"jobs":[{"wait":"1ms1ms"}]}', '{"jobs":[{"wait":1,"compute":1}]}',
    '{"jobs":[{"steps":[{}]}]}', '{"jobs":[{"steps":[{"wait":1,"compute":1}]}]}',
    '{"jobs":[{"count":0}]}', '{"jobs":[{"repeat":0}]}', '{"jobs":[{"repeat":1.5}]}',
    '{"jobs":[{"retries":-1}]}', '{"jobs":[{"fail":2}]}', '{"jobs":[{"backoff":{}}]}',
    '{"jobs":[{"backoff":{"initial":1,"factor":0.5}}]}',
    '{"jobs":[{"wait":{"dist":"uniform","min":1}}]}', '{"jobs":[{"wait":{"dist":"pareto"}}]}',
    '{"jobs":[{"wait":{"dist":"trace","values":[]}}]}', '{"jobs":[],"concurrency":0}',
    '{"jobs":[],"workers":0}', '{"jobs":[],"mode":"parallel"}', '{"jobs":[],"until":"never"}',
    '{"jobs":[],"clock":"wall"}', '{"jobs":[],"events":"some"}', '{"jobs":[],"seed":"1"}',
    '{"jobs":[],"seed":9223372036854775808}', '{"jobs":[],"id":1.5}', '{"jobs":[],"id":null}',
    '{"jobs":[],"protocol":2}', '{"op":"cancel"}', '{"op":"cancel","batch":"1"}',
    '{"op":"ping","batch":1}', '{"op":"ping","jobs":[]}',
]


def check_refused(tap, requests):
    """The schema and the daemon agree on what is wrong."""
    waitd = os.environ.get("WAITD", "daemon/waitd")
    for text in REFUSED:
        tap.result(bool(violation(requests, json.loads(text))), f"the schema refuses {text}")
        if not os.access(waitd, os.X_OK):
            tap.skip(f"the daemon refuses {text}", "no waitd")
            continue
        ran = subprocess.run([waitd, "--stdio"], input=text, text=True, capture_output=True,
                             check=False, timeout=60)
        tap.result(ran.returncode == 2 and '"code":"invalid_request"' in ran.stdout,
                   f"the daemon refuses {text}", ran.stdout + ran.stderr)


def main():
    tap = Tap()
    schemas = [load("request.schema.json"), load("event.schema.json")]
    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(schema)
        lacking = ", ".join(members(schema))
        tap.result(not lacking, f"{schema['title']}: every member is described", lacking)
    requests, events = [jsonschema.Draft202012Validator(schema) for schema in schemas]
    check_examples(tap, requests, events)
    check_samples(tap, requests, events)
    check_refused(tap, requests)
    tap.finish()


main()
