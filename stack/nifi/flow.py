"""Deploy, start and stop the replication flow of a NiFi 2.x, through its REST API by nipyapi.

The flow is `flow.json`, a flow definition as NiFi exports it: change it in NiFi's own editor, download it, and put
it in place of the file. Its parameters are set at deployment; the sensitive ones stand in no file.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import nipyapi
import urllib3
from nipyapi import canvas, parameters, versioning
from nipyapi.nifi.rest import ApiException

from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.core.landing_folders import NIFI_FLOW

DEFINITION = Path(__file__).with_name("flow.json")
PROCESSOR = "PutLakeObject"
_PATIENCE_S = 180.0
"""NiFi makes the environment of a Python processor when it first meets it."""


def deploy(
    url: str, values: Mapping[str, str], secrets: Mapping[str, str], definition: Path = DEFINITION
) -> None:
    """Import the flow or bring the deployed one up to date, and set its parameters.

    A flow from another definition is replaced, its queues kept. What runs is stopped meanwhile, nothing else is
    started: NiFi refuses a parameter of a processor that is still busy.
    """
    with _connected(url):
        _wait_for_processor(url)
        text = definition.read_text()
        version = f"flow.json {sha256(text.encode()).hexdigest()[:16]}"
        group = _group() or _import(text, version)
        running = {entity.id for entity in _processors(group) if entity.component.state == "RUNNING"}
        if running:
            canvas.schedule_process_group(group, scheduled=False)
        if version not in group.component.comments:
            _replace(_group(), text)
            _note_version(version)
        _set_parameters(values, secrets)
        if running:
            _require_valid(url, group)
        for entity in _processors(group):
            if entity.id in running:
                canvas.schedule_processor(entity, scheduled=True)


def start(url: str) -> None:
    """Start every processor of the flow; SetupError where one cannot run as it is set."""
    with _connected(url):
        group = _deployed(url)
        _require_valid(url, group)
        canvas.schedule_process_group(group, scheduled=True)


def stop(url: str) -> None:
    """Stop the flow: files wait in landing and in its queues until it is started again."""
    with _connected(url):
        canvas.schedule_process_group(_deployed(url), scheduled=False)


def _group() -> Any:
    return canvas.get_process_group(NIFI_FLOW, greedy=False)


def _processors(group: Any) -> list[Any]:
    return list(canvas.list_all_processors(group.id))


def _deployed(url: str) -> Any:
    group = _group()
    if group is None:
        raise SetupError(
            f"NiFi at {url}. Expected the flow {NIFI_FLOW!r}, was none: `ticklake replicate deploy`"
        )
    return group


def _import(text: str, version: str) -> Any:
    root = canvas.get_process_group(canvas.get_root_pg_id(), "id")
    versioning.import_process_group_definition(parent_pg=root, flow_definition=text)
    _note_version(version)
    return _group()


def _require_valid(url: str, group: Any) -> None:
    def invalid() -> dict[str, list[str]]:
        return {
            entity.component.name: entity.component.validation_errors or ["is still being validated"]
            for entity in _processors(group)
            if entity.component.validation_status != "VALID"
        }

    if not _holds(lambda: not invalid(), _PATIENCE_S):
        name, reasons = next(iter(invalid().items()), ("", [""]))
        raise SetupError(f"Processor {name!r} of NiFi at {url}. Expected valid settings, was {reasons[0]}")


def _wait_for_processor(url: str) -> None:
    """Wait until NiFi has found our processor: a flow imported before would hold a ghost in its place."""

    def is_known() -> bool:
        return any(
            known.type.endswith(PROCESSOR) for known in canvas.list_all_processor_types().processor_types
        )

    if not _holds(is_known, _PATIENCE_S):
        raise SetupError(
            f"NiFi at {url}. Expected the processor {PROCESSOR}, was unknown: copy {PROCESSOR}.py of "
            "stack/nifi/extensions into its folder python/extensions"
        )


def _replace(group: Any, text: str) -> None:
    """Put another definition in place of the deployed one; NiFi stops what changes and keeps the queues."""
    api = nipyapi.nifi.ProcessGroupsApi()
    body = {"processGroupRevision": group.revision, "versionedFlowSnapshot": json.loads(text)}
    request = api.initiate_replace_process_group(body=body, id=group.id).request

    def is_complete() -> bool:
        return bool(api.get_replace_process_group_request(request.request_id).request.complete)

    is_done = _holds(is_complete, _PATIENCE_S)
    reason = api.get_replace_process_group_request(request.request_id).request.failure_reason
    api.delete_replace_process_group_request(request.request_id)
    if not is_done or reason:
        raise SetupError(
            f"NiFi refuses the new flow. Expected it in place of the old one, was {reason or 'no answer'}"
        )


def _set_parameters(values: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    context = parameters.get_parameter_context(NIFI_FLOW, greedy=False)
    wanted = [parameters.prepare_parameter(name, value) for name, value in values.items()]
    wanted += [parameters.prepare_parameter(name, value, sensitive=True) for name, value in secrets.items()]
    context.component.parameters = wanted
    parameters.update_parameter_context(context)


def _note_version(version: str) -> None:
    """Keep in the group's comment which definition it was made from."""
    group = _group()
    update = nipyapi.nifi.ProcessGroupDTO(
        id=group.id,
        comments=f"Landing files into the lake: create-only, read back. From stack/nifi/{version}.",
    )
    nipyapi.nifi.ProcessGroupsApi().update_process_group(
        id=group.id,
        body=nipyapi.nifi.ProcessGroupEntity(id=group.id, revision=group.revision, component=update),
    )


@contextmanager
def _connected(url: str) -> Iterator[None]:
    """Point nipyapi at this NiFi; what it cannot do is one line."""
    _require_nifi(url.rstrip("/"))
    nipyapi.config.nifi_config.host = f"{url.rstrip('/')}/nifi-api"
    try:
        yield
    except urllib3.exceptions.HTTPError as error:
        raise TransientError(
            f"NiFi at {url}. Expected an answer, was {type(error).__name__}: is it running?"
        ) from error
    except (ApiException, ValueError) as error:  # nipyapi wraps some of NiFi's answers in a ValueError
        said = error.body if isinstance(error, ApiException) and error.body else str(error)
        raise SetupError(f"NiFi at {url}. Expected it to accept the flow, was: {_one_line(said)}") from error


def _require_nifi(url: str) -> None:
    """Ask first: nipyapi tries a server that is down four times, with a warning each, and shows another's pages."""
    try:
        answer = httpx.get(f"{url}/nifi-api/flow/about", timeout=10)
    except httpx.HTTPError as error:
        raise TransientError(
            f"NiFi at {url}. Expected an answer, was {_one_line(str(error))}: is it running?"
        ) from error
    if not answer.is_success or '"about"' not in answer.text:
        raise SetupError(
            f"NiFi at {url}. Expected a NiFi without a login, was {answer.status_code} {_one_line(answer.text)}"
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _holds(condition: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True
