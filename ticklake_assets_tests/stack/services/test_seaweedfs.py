"""A real SeaweedFS: a second to start."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import product
from pathlib import Path

import httpx
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from stack.ports import GRPC_OFFSET
from stack.services.seaweedfs import BUCKET, SeaweedFS, credentials, endpoint, s3_client
from stack.site import Site
from stack.supervisor import State
from ticklake_assets.instance.processes import own_program
from ticklake_assets_tests.stack.listening import sockets_of
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site, process_of, running

SEAWEEDFS = SeaweedFS()
FIGURES = "seaweedfs-metrics"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = new_site(tmp_path_factory.mktemp("seaweedfs"))
    with running(site, SEAWEEDFS):
        yield site


def test_the_bucket_is_there_and_keeps(site: Site) -> None:
    client = s3_client(site)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    assert client.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"1"
    client.delete_object(Bucket=BUCKET, Key="a")


def test_the_bucket_may_be_made_by_others_at_the_same_moment(site: Site) -> None:
    for _ in range(10):
        s3_client(site).delete_bucket(Bucket=BUCKET)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(SEAWEEDFS.settle, [site] * 8))
    assert [bucket["Name"] for bucket in s3_client(site).list_buckets()["Buckets"]] == [BUCKET]


def test_nobody_comes_in_without_the_keys(site: Site) -> None:
    import boto3

    keys = credentials(site)
    for config, secret in ((Config(signature_version=UNSIGNED), "x"), (Config(), "wrong")):
        client = boto3.client(
            "s3",
            endpoint_url=endpoint(site),
            region_name="us-east-1",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=secret,
            config=config,
        )
        with pytest.raises(ClientError, match=r"AccessDenied|SignatureDoesNotMatch|Forbidden"):
            client.list_objects_v2(Bucket=BUCKET)


def test_the_port_of_its_figures_knows_no_object_and_no_secret(site: Site) -> None:
    """It has Go's own profiles, too: of code, not of what memory holds."""
    s3_client(site).put_object(Bucket=BUCKET, Key="raw/kept", Body=b"kept")
    with httpx.Client(base_url=f"http://127.0.0.1:{site.port(FIGURES)}", trust_env=False) as client:
        assert "SeaweedFS_s3_request_total" in client.get("/metrics").text
        for path in ("/metrics", "/debug/vars", "/debug/pprof/cmdline"):
            assert site.secret("s3") not in client.get(path).text
        assert client.get(f"/buckets/{BUCKET}/raw/kept").status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("name", [name for name in SEAWEEDFS.ports if name not in ("s3", FIGURES)])
@pytest.mark.parametrize("offset", [0, GRPC_OFFSET])
def test_what_lies_behind_s3_lets_in_nobody(site: Site, name: str, offset: int) -> None:
    """Filer and volume server would read, overwrite and delete the lake for any user of the machine."""
    s3_client(site).put_object(Bucket=BUCKET, Key="raw/kept", Body=b"kept")
    place = f"127.0.0.1:{site.port(name) + offset}/buckets/{BUCKET}/raw/kept"
    for method, scheme in product(("GET", "PUT", "DELETE"), ("http", "https")):
        with suppress(httpx.TransportError):  # it ends the connection
            answer = httpx.request(method, f"{scheme}://{place}", trust_env=False, verify=False)
            assert answer.status_code == httpx.codes.BAD_REQUEST, answer.text
    assert s3_client(site).get_object(Bucket=BUCKET, Key="raw/kept")["Body"].read() == b"kept"


def test_its_own_shell_gets_nowhere_without_the_key(site: Site, tmp_path: Path) -> None:
    """gRPC knows no keys of S3; the shell is the tool that anybody would take."""
    s3_client(site).put_object(Bucket=BUCKET, Key="raw/kept", Body=b"kept")
    servers = [f"-{part}=127.0.0.1:{site.port(f'seaweedfs-{part}')}" for part in ("master", "filer")]
    with suppress(subprocess.TimeoutExpired):  # it asks for ever
        subprocess.run(
            [own_program("weed"), "shell", *servers],
            input=f"fs.rm -rf /buckets/{BUCKET}/raw\n",
            cwd=tmp_path,
            env={"HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=5,
        )
    assert s3_client(site).get_object(Bucket=BUCKET, Key="raw/kept")["Body"].read() == b"kept"


def test_the_key_is_its_owners(site: Site) -> None:
    folder = site.folder_of(SEAWEEDFS.name)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "own.key").stat().st_mode & 0o777 == 0o600


def test_a_misspelt_bucket_is_not_made(site: Site) -> None:
    client = s3_client(site)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client.put_object(Bucket="nobucket", Key="a", Body=b"1", IfNoneMatch="*")
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == [BUCKET]


def test_the_secret_is_in_no_command_line(site: Site) -> None:
    assert (
        site.secret("s3").encode()
        not in Path(f"/proc/{process_of(site, SEAWEEDFS).pid}/cmdline").read_bytes()
    )


def test_it_listens_on_its_ports_of_the_loopback_interface_alone(site: Site) -> None:
    """Sockets of the process, read from the kernel's tables; 0100007F is 127.0.0.1."""
    listening = sockets_of([process_of(site, SEAWEEDFS).pid])
    ports = {port for _, port in listening}
    ours = {site.port(name) for name in SEAWEEDFS.ports}
    assert {address for address, _ in listening} == {"0100007F"}
    assert ours <= ports <= ours | {port + GRPC_OFFSET for port in ours}


def test_a_killed_one_comes_back_with_its_objects(site: Site) -> None:
    s3_client(site).put_object(Bucket=BUCKET, Key="kept", Body=b"2")
    kill(site, SEAWEEDFS)
    assert bring_up(site, SEAWEEDFS)["seaweedfs"].state == State.HEALTHY
    assert s3_client(site).get_object(Bucket=BUCKET, Key="kept")["Body"].read() == b"2"
