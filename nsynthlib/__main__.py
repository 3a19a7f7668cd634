"""The same from a shell: ``nsynthlib`` or ``python -m nsynthlib``.

Every mistake is one line on standard error: exit code 2 for bad use, 1 for bad data or a run that failed.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any, NoReturn

import typer

from nsynthlib.cli import app, say
from nsynthlib.errors import DataError, RunFailed, UsageError
from nsynthlib.files import explain
from nsynthlib.signals import end_like_ctrl_c

INTERRUPTED = 130  # what typer makes of KeyboardInterrupt


def main() -> NoReturn:
    """Run the command line and exit: 0 if all went well."""
    warnings.showwarning = _warn
    end_like_ctrl_c()
    try:
        code = app(standalone_mode=False)
    except UsageError as error:
        _fail(error, 2)
    except (DataError, RunFailed) as error:
        _fail(error, 1)
    except (KeyboardInterrupt, EOFError, typer.Abort):
        _fail("stopped", 1)
    except OSError as error:
        _fail(explain(error), 1)
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's own complaints have it, and nothing else
            raise
        _fail(error.format_message(), 2)
    if code == INTERRUPTED:
        _fail("stopped", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _warn(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
    """What data loading has to say, as a plain line; other libraries' warnings keep their own form."""
    from nsynthlib.data import ConversionWarning

    if issubclass(category, ConversionWarning):
        say(str(message))
    else:
        say(warnings.formatwarning(message, category, *rest[:3]).rstrip())


def _fail(error: object, code: int) -> NoReturn:
    say("nsynthlib: " + " ".join(str(error).split()))
    sys.exit(code)


if __name__ == "__main__":
    main()
