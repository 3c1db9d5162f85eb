from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ticklake_assets.core.errors import BundleError, SetupError
from ticklake_assets.modeling.deployed.signing import public_key, signing_key, verify


def test_keys_are_made_on_first_use_and_then_stay(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = signing_key(folder).sign(b"data")
    assert signing_key(folder).sign(b"data") == first
    verify(public_key(folder), first, b"data", "data")
    assert sorted(path.name for path in folder.iterdir()) == ["signing.key", "signing.pub"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_nobody_else_may_read_the_keys(tmp_path: Path) -> None:
    signing_key(tmp_path)
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600, 0o600]


def test_two_first_users_end_up_with_one_pair(tmp_path: Path) -> None:
    signatures: list[bytes] = []
    users = [Thread(target=lambda: signatures.append(signing_key(tmp_path).sign(b"x"))) for _ in range(8)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert len(set(signatures)) == 1
    assert len(signatures) == 8
    verify(public_key(tmp_path), signatures[0], b"x", "x")


def test_a_lost_public_key_is_made_again(tmp_path: Path) -> None:
    signature = signing_key(tmp_path).sign(b"x")
    (tmp_path / "signing.pub").unlink()
    signing_key(tmp_path)
    verify(public_key(tmp_path), signature, b"x", "x")


def test_other_data_and_other_keys_do_not_verify(tmp_path: Path) -> None:
    signature = signing_key(tmp_path / "a").sign(b"data")
    signing_key(tmp_path / "b")
    with pytest.raises(BundleError, match=r"signature of the thing does not fit"):
        verify(public_key(tmp_path / "a"), signature, b"date", "thing")
    with pytest.raises(BundleError, match="does not fit"):
        verify(public_key(tmp_path / "b"), signature, b"data", "thing")


def test_a_missing_public_key_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"signing\.pub"):
        public_key(tmp_path)


def test_keys_of_another_kind_are_refused(tmp_path: Path) -> None:
    other = generate_private_key(65537, 2048)
    (tmp_path / "signing.key").write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (tmp_path / "signing.pub").write_bytes(
        other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(SetupError, match="Expected an Ed25519 key"):
        signing_key(tmp_path)
    with pytest.raises(SetupError, match="Expected an Ed25519 key"):
        public_key(tmp_path)
