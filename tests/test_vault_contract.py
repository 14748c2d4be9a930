"""What every vault promises: keys are kept once, and what was destroyed never comes back."""

from collections.abc import Generator
from pathlib import Path

import pytest

from events.errors import ErasedError, StorageError
from events.sealing import WrappedKey
from events.sqlite_vault import SQLiteVault
from events.vault import MemoryVault, Vault

ANN, BEN = b"a" * 16, b"b" * 16


def key(number: int, subject: bytes = ANN, serial: int = 5, fill: int = 0) -> WrappedKey:
    return WrappedKey(number.to_bytes(16), subject, serial, bytes([fill or number]) * 80)


@pytest.fixture(params=["memory", "sqlite"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Vault]:
    if request.param == "memory":
        yield MemoryVault()
        return
    vault = SQLiteVault(tmp_path / "vault.sqlite")
    yield vault
    vault.close()


def test_a_key_comes_back_as_it_was_put(vault: Vault) -> None:
    vault.put([key(1), key(2), key(3, BEN)])
    vault.put([])

    assert vault.get(key(1).id) == key(1)
    assert {k.id for k in vault.of_subject(ANN)} == {key(1).id, key(2).id}
    assert vault.get(b"?" * 16) is None
    assert vault.of_subject(b"?" * 16) == []


def test_the_first_under_an_id_stays(vault: Vault) -> None:
    vault.put([key(1)])
    vault.put([key(1, fill=9), key(1, BEN)])

    assert vault.get(key(1).id) == key(1)


def test_what_is_erased_is_told_from_what_never_came(vault: Vault) -> None:
    vault.put([key(1), key(2), key(3, BEN)])

    assert set(vault.erase(ANN)) == {key(1).id, key(2).id}

    with pytest.raises(ErasedError):
        vault.get(key(1).id)
    assert vault.of_subject(ANN) == []
    assert vault.get(key(3).id) == key(3, BEN)


def test_erasing_again_says_the_same(vault: Vault) -> None:
    vault.put([key(1)])

    assert list(vault.erase(ANN)) == list(vault.erase(ANN)) == [key(1).id]
    assert list(vault.erase(BEN)) == list(vault.erase(BEN)) == []


def test_no_key_of_an_erased_subject_comes_back(vault: Vault) -> None:
    vault.put([key(1)])
    vault.erase(ANN)
    vault.erase(BEN)

    vault.put([key(1), key(2), key(3, BEN)])

    for number in (1, 2, 3):
        with pytest.raises(ErasedError):
            vault.get(key(number).id)
    assert set(vault.erase(ANN)) == {key(1).id, key(2).id}


def test_a_destroyed_id_does_not_come_back_under_another_subject(vault: Vault) -> None:
    vault.put([key(1)])
    vault.erase(ANN)

    vault.put([key(1, BEN)])

    with pytest.raises(ErasedError):
        vault.get(key(1).id)
    assert vault.of_subject(BEN) == []


def test_keys_wrapped_anew_take_the_place_of_the_old(vault: Vault) -> None:
    vault.put([key(1), key(2, serial=6), key(3)])
    vault.erase(b"nobody here.....")
    assert {one.id for one in vault.wrapped_before(6)} == {key(1).id, key(3).id}

    vault.replace([key(1, serial=6, fill=8), key(4, serial=6), key(3, BEN, 6)])

    assert vault.get(key(1).id) == key(1, serial=6, fill=8)
    assert vault.get(key(4).id) is None
    assert vault.get(key(3).id) == key(3)


def test_wrapping_anew_brings_nothing_back(vault: Vault) -> None:
    vault.put([key(1)])
    vault.erase(ANN)

    vault.replace([key(1, serial=6)])

    with pytest.raises(ErasedError):
        vault.get(key(1).id)


def test_a_vault_on_disk_is_still_there_for_the_next_process(tmp_path: Path) -> None:
    one = SQLiteVault(tmp_path / "vault.sqlite")
    two = SQLiteVault(tmp_path / "vault.sqlite")
    one.put([key(1), key(2, BEN)])

    assert two.get(key(1).id) == key(1)
    two.erase(ANN)

    with pytest.raises(ErasedError):
        one.get(key(1).id)
    one.close()
    two.close()


def test_no_byte_of_an_old_wrapping_is_left(tmp_path: Path) -> None:
    vault = SQLiteVault(tmp_path / "vault.sqlite")
    vault.put([key(number, fill=200 + number) for number in range(1, 40)])
    vault.replace([key(number, serial=6, fill=100 + number) for number in range(1, 20)])
    vault.erase(BEN)

    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert [number for number in range(1, 20) if bytes([200 + number]) * 20 in left] == []
    assert bytes([101]) * 80 in left
    vault.close()


def test_a_file_that_is_no_vault_is_a_failure_of_storage(tmp_path: Path) -> None:
    (tmp_path / "vault.sqlite").write_bytes(b"no database at all" * 100)

    with pytest.raises(StorageError):
        SQLiteVault(tmp_path / "vault.sqlite")
