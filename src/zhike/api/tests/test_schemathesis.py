"""Nothing a program sends makes the server fail: schemathesis goes over the OpenAPI document (point 9, bad input)."""

import json
from urllib.parse import urlencode

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from zhike.api.models import ApiToken
from zhike.customers.tests.factories import CustomerFactory
from zhike.records import kinds

pytestmark = pytest.mark.django_db
EXAMPLES = 6  # of each route and mode


@pytest.fixture
def caller(company):
    """An administrator's token; a server error is an answer here, not an exception."""
    CustomerFactory(owner=company.gm)
    headers = {"authorization": f"Bearer {ApiToken.make(company.admin.pk)}"}
    return Client(headers=headers, raise_request_exception=False)


def operations():
    schema = schemathesis.openapi.from_dict(Client().get("/api/v1/openapi.json").json())
    return [found.ok() for found in schema.get_all_operations()]


def send(caller, case):
    query = urlencode(case.query or {}, doseq=True)
    body = json.dumps(case.body) if isinstance(case.body, dict | list | str | int | float | bool | None) else ""
    path = f"{case.formatted_path}?{query}" if query else case.formatted_path
    return caller.generic(case.method.upper(), path, body, content_type="application/json")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_point_9_no_request_makes_the_server_fail(caller, mode):
    failures: list[str] = []
    for operation in operations():
        try:
            checked(caller, operation, mode, failures)()
        except schemathesis.errors.SchemathesisError:  # a route without anything that could be sent wrongly
            continue
    assert not failures, failures[:5]


def checked(caller, operation, mode, failures):
    """A test of one route, for hypothesis to run; what fails is noted."""

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case):
        answer = send(caller, case)
        if answer.status_code >= 500:
            failures.append(
                f"{case.method} {case.formatted_path} {case.query} {case.body!r}: {answer.status_code}"[:300]
            )

    return check


ODD = ["\x00", "a\x00b", "😀" * 30, "\u202egnp.exe", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "x" * 1_000_000,
       [], {}, {"a": 1}, [["a"]], True, -1, 1e308, 10**40, "9" * 400, "null", "2026-13-45", "\ud800"]  # fmt: skip


@pytest.mark.parametrize("slug", ["customers", "contacts", "leads", "products", "opportunities", "users", "activities"])
def test_bad_input_each_field_takes_or_refuses_every_odd_value(caller, company, slug):
    kind = kinds.find(slug)
    for field in kind.editable():
        for odd in ODD:
            body = json.dumps({"name": "某某有限公司", field.name: odd})
            answer = caller.generic("POST", f"/api/v1/{slug}", body, content_type="application/json")
            assert answer.status_code in (201, 409, 413, 422), f"{field.name}={str(odd)[:40]!r}: {answer.status_code}"
            if answer.status_code == 422:
                assert answer.json()["errors"], field.name
