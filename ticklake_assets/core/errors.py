"""Every error a user can meet, drawn as one tree.

    TicklakeError
    ├── SetupError          the machine or the configuration lacks something; the message says what to do
    ├── DataError           this content is wrong and will be wrong again: never retried
    │   ├── SourceError     the vendor's or the user's file or hour
    │   ├── ConservationError   rows in differ from rows kept plus rows quarantined
    │   └── ImmutabilityError   the same key holds other bytes
    ├── MissingDataError    something that must be there is not (an hour, a partition, a fold)
    ├── SpentError          a test period that was opened as often as it may be
    ├── TransientError      may go away by itself: retried with back-off
    └── BundleError         a model bundle that may not be loaded or traded

A message names what and where, and ends in "Expected X, was Y" where there is an expectation.
"""


class TicklakeError(Exception):
    """Base of all errors that ticklake raises on purpose."""


class SetupError(TicklakeError):
    """The machine or the configuration lacks something; the message says what to do."""


class DataError(TicklakeError):
    """Content that is wrong and stays wrong: retrying cannot help."""


class SourceError(DataError):
    """A vendor's or user's file that cannot be read as ticks."""


class ConservationError(DataError):
    """Rows in differ from rows kept plus rows quarantined (law 1)."""


class ImmutabilityError(DataError):
    """An object that may never change holds other bytes (law 2)."""


class MissingDataError(TicklakeError):
    """An hour, a partition or a fold that must be there is not."""


class SpentError(TicklakeError):
    """A test period that was opened as often as it may be: only a fresh one tells something new."""


class TransientError(TicklakeError):
    """A failure that may go away by itself: retried with back-off."""


class BundleError(TicklakeError):
    """A model bundle that may not be loaded, or not be traded (law 6)."""
