"""Notes out of a trained model: new ones, and others' notes through its bottleneck and back."""

from nsynthlib.generation.batches import generate_batch
from nsynthlib.generation.notes import (
    GRIFFIN_LIM_STEPS,
    TEXTURE,
    check_texture,
    condition_of_sound,
    decode,
    encode,
    generate,
    reconstruct,
    sample_z,
    standard_normal,
    to_audio,
)
from nsynthlib.generation.refinement import refine
from nsynthlib.generation.transforms import morph, morph_z, transpose
from nsynthlib.models.condition import condition_of

__all__ = [
    "GRIFFIN_LIM_STEPS",
    "TEXTURE",
    "check_texture",
    "condition_of",
    "condition_of_sound",
    "decode",
    "encode",
    "generate",
    "generate_batch",
    "morph",
    "morph_z",
    "reconstruct",
    "refine",
    "sample_z",
    "standard_normal",
    "to_audio",
    "transpose",
]
