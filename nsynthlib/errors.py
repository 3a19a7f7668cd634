"""The two kinds of mistake a user can make; the command line prints their one line and exits."""


class UsageError(ValueError):
    """A value that was asked for cannot be had (exit code 2)."""


class DataError(ValueError):
    """A file does not hold what it should (exit code 1)."""
