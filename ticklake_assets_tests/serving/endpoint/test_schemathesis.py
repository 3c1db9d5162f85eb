"""Generated requests for every call of the OpenAPI: no fault, and every answer is one that the contract has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks
from schemathesis.transport.serialization import serialize_binary

from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, bearer, running_endpoint

schemathesis.serializer("application/zip")(lambda _, value: {"data": serialize_binary(value)})
_KNOWN = {"symbol": "SYNEUR", "day": "2024-01-15", "trading_day": "2024-01-15"}
_ENDLESS = {"/v1/signals/{symbol}", "/v1/quotes/{symbol}"}
"""Calls whose answer to a known symbol has no end."""
_CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    """With a model, and a key to verify bundles by."""
    with running_endpoint(tmp_path_factory.mktemp("home"), endpoint_requests_s=1e6) as running:
        assert running.push(make_deployment(running.settings.keys_dir, "SYNEUR")).status_code == 201
        yield running


def _operations(endpoint: RunningEndpoint) -> list[APIOperation]:
    schema = schemathesis.openapi.from_url(endpoint.url + "/openapi.json")
    return [found.ok() for found in schema.get_all_operations()]


def _ask(
    operation: APIOperation, mode: GenerationMode, headers: dict[str, str], examples: int
) -> Counter[int]:
    """Ask so many generated requests that fit the contract, or that do not; returns the answers' statuses."""
    statuses: Counter[int] = Counter()
    with requests.Session() as session:

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
        def ask(case: schemathesis.Case, *, known: bool) -> None:
            case.headers.pop("Authorization", None)
            if known and operation.path not in _ENDLESS:  # nobody hits upon a symbol
                case.path_parameters.update(
                    {name: _KNOWN[name] for name in case.path_parameters if name in _KNOWN}
                )
            answer = case.call(session=session, headers=headers, timeout=30)
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=_CHECKS)
            assert len(answer.headers["x-request-id"]) >= 1

        ask()
    return statuses


def _ask_all(endpoint: RunningEndpoint, examples: int) -> Counter[int]:
    """So many of each call, each way, with the owner's token and with none."""
    statuses: Counter[int] = Counter()
    operations = _operations(endpoint)
    assert len(operations) >= 7
    for operation in operations:
        for headers in (bearer(endpoint.token), {}):
            statuses += _ask(operation, GenerationMode.POSITIVE, headers, examples)
            with suppress(Unsatisfiable):  # a call without parameters has no request that misfits
                statuses += _ask(operation, GenerationMode.NEGATIVE, headers, examples)
    assert endpoint.get("/healthz").is_success
    return statuses


def test_a_few_requests_of_each_call_get_answers_of_the_contract(endpoint: RunningEndpoint) -> None:
    statuses = _ask_all(endpoint, 4)
    assert {200, 401, 404, 422} <= statuses.keys()
    assert statuses.total() >= 60


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thousands_of_requests_get_answers_of_the_contract(endpoint: RunningEndpoint) -> None:
    statuses = _ask_all(endpoint, 110)
    assert statuses.total() >= 2000
