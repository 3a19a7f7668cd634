"""``python -m nsynthlib`` is the command ``nsynthlib``."""

from nsynthlib.cli import main

main()
