"""The base of every JSON document that modeling writes and reads back."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ticklake_assets.core.errors import BundleError


class Document(BaseModel):
    """A frozen JSON document that refuses fields it does not know, NaN and infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def canonical(self) -> bytes:
        """The one spelling that is signed: sorted keys, no spaces, floats as their shortest repr."""
        content = self.model_dump(mode="json")
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


AnyDocument = TypeVar("AnyDocument", bound=Document)


def read_document(kind: type[AnyDocument], data: bytes, what: str) -> AnyDocument:
    """Parse a document; BundleError when it is not one of this schema."""
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "its start"
        raise BundleError(
            f"The {what} misfits at {where}: {first['msg']}. Expected a {kind.__name__} document, "
            f"was {first.get('input')!r:.80}"
        ) from None
