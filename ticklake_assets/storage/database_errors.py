"""What is wrong with a database, in one line that names the setting: drivers say it late and long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from ticklake_assets.core.errors import SetupError, TransientError

_UNREACHABLE = (
    "refused",
    "timeout",
    "timed out",
    "could not translate",
    "unreachable",
    "closed the connection",
    "terminating connection",
    "starting up",
    "shutting down",
    "in recovery mode",
    "not yet accepting connections",
)


@contextmanager
def explained_database_errors(what: str, setting: str, uri: str) -> Iterator[None]:
    """Say what is wrong with a database: `what` it holds, the `setting` that names it, and the address there.

    Raises:
        TransientError: nobody answers there.
        SetupError: it answers, and does not let us work.
    """
    try:
        yield
    except (ArgumentError, ImportError) as error:
        raise SetupError(
            f"{setting}. Expected an address like postgresql://user:password@host:port/database, "
            f"was one of no database that can be used here ({type(error).__name__})"
        ) from error
    except SQLAlchemyError as error:
        address = make_url(uri).render_as_string(hide_password=True)
        said = first_line(error.orig if isinstance(error, DBAPIError) and error.orig else error)
        if any(word in said for word in _UNREACHABLE):
            raise TransientError(f"{what} {address} ({setting}). Expected an answer, was {said}") from error
        raise SetupError(
            f"{what} {address} ({setting}). Expected a database that lets us in, was {said}"
        ) from error


def first_line(error: BaseException) -> str:
    return " ".join(str(error).split("\n", 1)[0].split())
