"""What all renderings of instruments into NSynth's layout share.

One idea a file: ``splitting`` holds whole clusters of instruments out of training, ``choosing`` says which notes of
each are rendered, ``pool`` spreads work over processes, ``jobs`` renders one instrument's notes, and ``sets`` makes
them a folder that appears when it is complete.
"""

from nsynthlib.rendering.choosing import PITCHES, Cell, cells, checked, grid
from nsynthlib.rendering.jobs import SILENT, Job, render_notes
from nsynthlib.rendering.pool import each
from nsynthlib.rendering.sets import begin, need_new, partial_of, render_set
from nsynthlib.rendering.splitting import HELD_OUT, LARGEST, SPLITS, joined, split_clusters

__all__ = [
    "HELD_OUT",
    "LARGEST",
    "PITCHES",
    "SILENT",
    "SPLITS",
    "Cell",
    "Job",
    "begin",
    "cells",
    "checked",
    "each",
    "grid",
    "joined",
    "need_new",
    "partial_of",
    "render_notes",
    "render_set",
    "split_clusters",
]
