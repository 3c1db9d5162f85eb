from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.endpoint.app import create_app
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

_SNAPSHOT = Path(__file__).with_name("openapi.txt")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


def _lines(schema: dict[str, Any]) -> Iterator[str]:
    """One line an operation and one a schema: what a client depends on."""
    for path, operations in sorted(schema["paths"].items()):
        for method, operation in sorted(operations.items()):
            body = " ".join(operation.get("requestBody", {}).get("content", {}))
            answers = operation["responses"]
            given = ", ".join(
                _answer(status, answers[status]) for status in sorted(answers) if status < "400"
            )
            refused = " ".join(status for status in sorted(answers) if _is_refusal(answers[status]))
            assert len(given.split(", ")) + len(refused.split()) == len(answers)
            scopes = " ".join(scope for each in operation.get("security", []) for scope in each["token"])
            yield " ".join(filter(None, [method.upper(), path, body, "->", given]))
            yield f"    scope {scopes or 'none'}; refused {refused}"
    for name, model in sorted(schema["components"]["schemas"].items()):
        fields = (
            f"{field}: {kind.get('type') or kind.get('enum', '?')}"
            for field, kind in model["properties"].items()
        )
        yield f"{name}({', '.join(fields)})"


def _is_refusal(response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return schema == {"$ref": "#/components/schemas/Refusal"}


def _answer(status: str, response: dict[str, Any]) -> str:
    kinds = (
        f"{kind} {each['schema'].get('$ref', each['schema'].get('type', 'any')).rsplit('/', 1)[-1]}"
        for kind, each in response.get("content", {}).items()
    )
    return " ".join([status, *kinds])


def test_the_http_contract_is_the_snapshot(tmp_path: Path) -> None:
    now = "\n".join(_lines(create_app(Settings(home=tmp_path)).openapi())) + "\n"
    assert now == _SNAPSHOT.read_text(), (
        f"The contract changed. If that is meant, {_SNAPSHOT.name} becomes:\n{now}"
    )


_OPEN = {"/healthz": {"status": "ok"}, "/readyz": None}


def test_everything_but_health_wants_the_token(endpoint: RunningEndpoint) -> None:
    operations = [
        (method, path)
        for path, methods in endpoint.get("/openapi.json").json()["paths"].items()
        for method in methods
    ]
    assert len(operations) > 6
    for method, path in operations:
        url = endpoint.url + path.format(symbol="SYNEUR", day="2024-01-17", digest="0" * 64)
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": endpoint.token}):
            response = httpx.request(method, url, headers=headers, timeout=30)
            if path in _OPEN:
                assert response.status_code == 200
                assert _OPEN[path] in (None, response.json())
            else:
                assert response.status_code in {401, 429}, (method, path)  # many wrong ones have to wait
                assert list(response.json()) == ["error"]
                assert endpoint.token not in response.text


def test_every_field_of_an_answer_is_documented(tmp_path: Path) -> None:
    schemas = create_app(Settings(home=tmp_path)).openapi()["components"]["schemas"]
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, told in schema.get("properties", {}).items()
        if not told.get("description")
    ]
    assert bare == []
