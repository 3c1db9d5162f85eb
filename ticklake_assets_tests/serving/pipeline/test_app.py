"""The pages' calls for programs: which there are, and that generated requests get answers of their contract."""

from __future__ import annotations

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from ticklake_assets_tests.serving.pipeline.conftest import SignIn

_CHECKS = [not_a_server_error, checks.status_code_conformance, checks.content_type_conformance]
_CHECKS += [checks.response_schema_conformance]


def test_the_contract_has_the_calls_of_programs_alone(app: FastAPI) -> None:
    assert {path for path in app.openapi()["paths"] if not path.startswith("/api/v1/")} == {"/healthz"}
    assert len(app.openapi()["paths"]) == 4


def _ask(app: FastAPI, operation: APIOperation, cookies: dict[str, str], examples: int) -> set[int]:
    statuses = set()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        case.cookies.clear()
        answer = case.call(app=app, base_url="http://127.0.0.1:8760", cookies=cookies)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=_CHECKS)

    ask()
    return statuses


def _ask_all(app: FastAPI, signed_in: SignIn, examples: int) -> set[int]:
    """So many requests of each call, by somebody who is signed in and by nobody; the statuses of the answers."""
    cookies = dict(signed_in().cookies.items())
    schema = schemathesis.openapi.from_dict(app.openapi())
    operations = [found.ok() for found in schema.get_all_operations()]
    return {
        status
        for each in operations
        for brought in (cookies, {})
        for status in _ask(app, each, brought, examples)
    }


def test_a_few_requests_of_each_call_get_answers_of_the_contract(app: FastAPI, signed_in: SignIn) -> None:
    assert {200, 401, 404} <= _ask_all(app, signed_in, 5)


@pytest.mark.slow
def test_many_requests_get_answers_of_the_contract(app: FastAPI, signed_in: SignIn) -> None:
    assert {200, 401, 404, 422} <= _ask_all(app, signed_in, 300)
