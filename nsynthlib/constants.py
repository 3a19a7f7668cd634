"""The numbers that Python and JavaScript share, read from ``constants.json`` beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONSTANTS: dict[str, Any] = json.loads((Path(__file__).parent / "constants.json").read_text(encoding="utf-8"))
