"""What a stream shows ends with the session that it was opened by: it would outlive a sign-out, or a role, by hours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import Request

from serving.pipeline.access.access import access_of
from serving.pipeline.access.door import session_cookie

_LOOK_EVERY_S = 5.0


async def while_signed_in(
    request: Request, frames: AsyncGenerator[bytes], every_s: float = _LOOK_EVERY_S
) -> AsyncGenerator[bytes]:
    """The same, until the person is signed out or has other roles: seconds later nothing comes any more."""
    sessions, number = access_of(request).sessions, request.cookies.get(session_cookie(request), "")
    looked = time.monotonic()
    async with aclosing(frames):
        async for frame in frames:
            if time.monotonic() - looked >= every_s:
                looked = time.monotonic()
                found = await asyncio.to_thread(sessions.find, number)
                if found is None or found.person != request.state.person:
                    return
            yield frame
