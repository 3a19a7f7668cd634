"""What can go wrong in a user's hands; the command line prints its one line and exits."""


class UsageError(ValueError):
    """A value that was asked for cannot be had (exit code 2)."""


class DataError(ValueError):
    """A file does not hold what it should (exit code 1)."""


class RunFailed(RuntimeError):
    """A training run that cannot go on; its last good checkpoint stays (exit code 1)."""
