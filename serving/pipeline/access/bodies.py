"""How much a call may send: the pages take forms alone, and those are small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException

if TYPE_CHECKING:
    from starlette.types import Message, Receive

MOST_BYTES = 256 * 1024
TOO_LARGE = f"The form is too large. Expected at most {MOST_BYTES} bytes, was more"


def limited(receive: Receive) -> Receive:
    """The same body; HTTPException 413 once it is too large, whatever length was declared, or none."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MOST_BYTES:
            raise HTTPException(413, TOO_LARGE)
        return message

    return counted
