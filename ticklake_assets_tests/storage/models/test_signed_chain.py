"""A history that only grows: whatever is done to its objects, the next reader says so; all who add at once get in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import ImmutabilityError, SetupError
from ticklake_assets.storage.models.signed_chain import FOLDER, NOTHING, Entry, Head, Make, SignedChain
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets_tests.storage.models.ledgers import ledger_key

COUNT = 5


def chain_in(folder: Path, witness: Path | None = None, key: Ed25519PrivateKey | None = None) -> SignedChain:
    return SignedChain(open_store(folder.as_uri()), key or ledger_key(), witness)


def note(text: str) -> Make:
    """Adds a note once."""

    def make(entries: Sequence[Entry]) -> dict[str, str] | None:
        return None if any(entry.note == {"said": text} for entry in entries) else {"said": text}

    return make


def filled(folder: Path, witness: Path | None = None) -> SignedChain:
    chain = chain_in(folder, witness)
    for number in range(COUNT):
        chain.append(note(f"{number}"))
    return chain


def file_of(folder: Path, number: int) -> Path:
    return folder / FOLDER / f"{number:08}.json"


def canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def test_entries_come_back_in_order_and_name_the_one_before(tmp_path: Path) -> None:
    chain = filled(tmp_path)
    chain.append(note("3"))
    assert [entry.note["said"] for entry in chain.entries()] == ["0", "1", "2", "3", "4"]
    texts = [json.loads(file_of(tmp_path, number).read_bytes()) for number in range(1, COUNT + 1)]
    assert [text["previous"] for text in texts] == [NOTHING, *(each.sha256 for each in chain.entries()[:-1])]
    assert chain.head() == chain_in(tmp_path).head() == Head(COUNT, chain.entries()[-1].sha256)
    assert chain_in(tmp_path / "empty").head() == Head(0, NOTHING)


def remove(folder: Path) -> None:
    file_of(folder, 3).unlink()


def alter(folder: Path) -> None:
    path = file_of(folder, 3)
    path.write_bytes(path.read_bytes().replace(b'"said":"2"', b'"said":"7"'))


def exchange(folder: Path) -> None:
    one, other = (file_of(folder, number) for number in (2, 3))
    before = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(before)


def close_the_gap(folder: Path) -> None:
    for number in range(3, COUNT):
        file_of(folder, number + 1).replace(file_of(folder, number))


def insert(folder: Path) -> None:
    shutil.copy(file_of(folder, 3), folder / FOLDER / "00000003b.json")


def add_an_old_one(folder: Path) -> None:
    shutil.copy(file_of(folder, 3), file_of(folder, COUNT + 1))


def sign_by_another_key(folder: Path) -> None:
    """A tail that somebody without the key wrote anew, with right numbers and links."""
    content = {
        "number": COUNT,
        "previous": chain_in(folder).entries()[COUNT - 2].sha256,
        "note": {"said": "forged"},
    }
    signature = Ed25519PrivateKey.generate().sign(canonical(content)).hex()
    file_of(folder, COUNT).write_bytes(canonical({**content, "signature": signature}))


def graft(folder: Path) -> None:
    """An entry of another history that shares the beginning: rightly numbered, rightly signed."""
    with TemporaryDirectory() as other:
        for number in (1, 2):
            file_of(Path(other), number).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file_of(folder, number), file_of(Path(other), number))
        chain_in(Path(other)).append(note("another third"))
        shutil.copy(file_of(Path(other), 3), file_of(folder, 3))


def respell(folder: Path) -> None:
    """The same signature in capitals: nothing else means the same, and yet it is another object."""
    content = json.loads(file_of(folder, COUNT).read_bytes())
    file_of(folder, COUNT).write_bytes(canonical(content | {"signature": content["signature"].upper()}))


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        (remove, "00000003.json was removed"),
        (alter, "broken at ledger/chain/00000003.json: it was altered"),
        (exchange, "broken at ledger/chain/00000002.json: an entry was taken out, put in, moved or replaced"),
        (
            close_the_gap,
            "broken at ledger/chain/00000003.json: .* Expected entry 3 after .* was entry 4 after",
        ),
        (graft, "broken at ledger/chain/00000004.json: an entry was taken out, put in, moved or replaced"),
        (insert, "00000003b.json is no entry of the ledger"),
        (add_an_old_one, "broken at ledger/chain/00000006.json: .* was entry 3"),
        (respell, "00000005.json: it was altered"),
        (sign_by_another_key, "00000005.json: it was altered, or signed by another key"),
    ],
)
def test_what_was_done_to_an_entry_is_said_by_every_later_reader(
    tmp_path: Path, attack: Callable[[Path], None], said: str
) -> None:
    reader = filled(tmp_path)
    attack(tmp_path)
    for chain in (reader, chain_in(tmp_path)):
        with pytest.raises(ImmutabilityError, match=said):
            chain.append(note("one more"))
        with pytest.raises(ImmutabilityError, match=said):
            chain.head()


@settings(max_examples=40)
@given(st.data())
def test_no_byte_of_an_entry_can_be_another(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        chain = chain_in(Path(folder))
        for text in ("first", "second"):
            chain.append(note(text))
        path = file_of(Path(folder), data.draw(st.integers(1, 2)))
        text = bytearray(path.read_bytes())
        text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(bytes(text))
        with pytest.raises(ImmutabilityError, match="broken at ledger/chain/"):
            chain_in(Path(folder)).entries()


def test_a_cut_tail_is_known_by_the_witness_and_by_every_head_that_was_written_down(tmp_path: Path) -> None:
    lake, witness = tmp_path / "lake", tmp_path / "keys" / "heads.json"
    chain = filled(lake, witness)
    head = chain.head()
    file_of(lake, COUNT).unlink()
    assert len(chain_in(lake).entries()) == COUNT - 1, "nothing in the chain itself tells"
    with pytest.raises(
        ImmutabilityError, match=r"was cut or begun anew: .*heads.json knows entry 5. .* was 4"
    ):
        chain_in(lake, witness).entries()
    cut = chain_in(lake)
    with pytest.raises(ImmutabilityError, match="cut or begun anew: MLflow knows entry 5"):
        cut.expect(head, cut.entries(), "MLflow")
    cut.append(note("in its place"))
    with pytest.raises(ImmutabilityError, match=r"another history than .*heads.json knows"):
        chain_in(lake, witness).entries()
    with pytest.raises(ImmutabilityError, match="another history than MLflow knows"):
        cut.expect(head, cut.entries(), "MLflow")


def test_another_lake_and_one_that_begins_anew_have_histories_of_their_own(tmp_path: Path) -> None:
    witness = tmp_path / "heads.json"
    filled(tmp_path / "one", witness)
    other = chain_in(tmp_path / "other", witness)
    other.append(note("mine"))
    assert other.head().entries == 1
    shutil.rmtree(tmp_path / "one")
    anew = chain_in(tmp_path / "one", witness)
    anew.append(note("anew"))
    assert [entry.note for entry in anew.entries()] == [{"said": "anew"}]
    assert len(json.loads(witness.read_bytes())) == 3


def test_a_witness_that_was_scribbled_on_is_named(tmp_path: Path) -> None:
    witness = tmp_path / "heads.json"
    filled(tmp_path, witness)
    for text in ("", "[1]", '{"a": 1}'):
        witness.write_text(text)
        with pytest.raises(SetupError, match=r"heads\.json holds no heads of ledgers"):
            chain_in(tmp_path, witness).entries()


def test_writers_at_the_same_moment_all_get_in(store: ObjectStore, tmp_path: Path) -> None:
    """Each with a chain of its own, as processes have, in a folder and on S3; on one and the same note they agree."""

    def write(number: int) -> None:
        chain = SignedChain(store, ledger_key(), tmp_path / "heads.json")
        for text in (f"{number}", "the same", f"{number} again"):
            chain.append(note(text))

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    said = [
        entry.note["said"] for entry in SignedChain(store, ledger_key(), tmp_path / "heads.json").entries()
    ]
    assert sorted(said) == sorted(["the same", *(f"{n}{more}" for n in range(8) for more in ("", " again"))])


def test_a_writer_looks_again_when_another_was_faster(tmp_path: Path) -> None:
    slow, fast, seen = chain_in(tmp_path), chain_in(tmp_path), []

    def make(entries: Sequence[Entry]) -> dict[str, str]:
        seen.append(len(entries))
        if len(seen) == 1:
            fast.append(note("faster"))
        return {"said": "slower"}

    slow.append(make)
    assert seen == [0, 1]
    assert [entry.note["said"] for entry in slow.entries()] == ["faster", "slower"]


class HalfListed:
    """A store whose listing was made while the entries were."""

    def __init__(self, store: ObjectStore, hidden: str) -> None:
        self._store, self._hidden = store, hidden

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def list(self, prefix: str = "") -> object:
        return (each for each in self._store.list(prefix) if not each.key.endswith(self._hidden))


def test_an_entry_that_a_listing_missed_is_no_removed_one(tmp_path: Path) -> None:
    filled(tmp_path)
    store = HalfListed(open_store(tmp_path.as_uri()), "00000003.json")
    assert len(SignedChain(store, ledger_key()).entries()) == COUNT  # type: ignore[arg-type]


def test_who_has_the_public_key_alone_reads_and_adds_nothing(tmp_path: Path) -> None:
    made = filled(tmp_path)
    reader = SignedChain(open_store(tmp_path.as_uri()), ledger_key().public_key())
    assert reader.entries() == made.entries()
    with pytest.raises(SetupError, match="Expected the private key to add"):
        reader.append(note("more"))
    stranger = SignedChain(open_store(tmp_path.as_uri()), Ed25519PrivateKey.generate().public_key())
    with pytest.raises(ImmutabilityError, match="signed by another key"):
        stranger.entries()
