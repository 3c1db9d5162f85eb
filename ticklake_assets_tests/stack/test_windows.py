"""The library that forwards one function, read as Windows reads it; `make test-windows` shows that it loads."""

from __future__ import annotations

import struct

from stack.windows import forwarding_dll


def _text(image: bytes, at: int) -> str:
    return image[at : image.index(b"\0", at)].decode()


def test_a_library_exports_one_function_which_is_anothers() -> None:
    file = forwarding_dll("ProcessPrng", "ADVAPI32.SystemFunction036")
    header = struct.unpack_from("<I", file, 0x3C)[0]
    assert (file[:2], file[header : header + 4]) == (b"MZ", b"PE\0\0")
    machine, sections = struct.unpack_from("<HH", file, header + 4)
    assert (machine, sections) == (0x8664, 1)
    optional = header + 24
    table, size = struct.unpack_from("<II", file, optional + 112)
    section = optional + struct.unpack_from("<H", file, header + 20)[0]
    address, length, place = struct.unpack_from("<III", file, section + 12)
    assert (address, len(file)) == (table, place + length)
    image = bytes(address) + file[place:]
    functions, names, at_functions, at_names, at_numbers = struct.unpack_from("<IIIII", image, table + 20)
    assert (functions, names) == (1, 1)
    [exported] = struct.unpack_from("<I", image, at_names)
    [target] = struct.unpack_from("<I", image, at_functions)
    assert _text(image, exported) == "ProcessPrng"
    assert struct.unpack_from("<H", image, at_numbers) == (0,)
    assert table <= target < table + size, "inside the table: so it is a forwarder, no code"
    assert _text(image, target) == "ADVAPI32.SystemFunction036"
