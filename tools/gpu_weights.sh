#!/bin/bash
# Weights of a CVAE from a bare machine with a GPU and no network, in less than ten minutes: notes are rendered from the
# soundfonts that are named and from hexter's DX7 voices, learned from, and judged by held out instruments.
#
#     bash tools/gpu_weights.sh OUT FONT.sf2 [FONT.sf2 ...]
#
# OUT gets `notes`, and `cvae`, which from_pretrained reads. Needs nsynthlib's requirements, dexed-py and FluidSynth; two
# small fonts (TimGM6mb, sf_GMbank) do. Numbers of notes and epochs are taken from the environment: rendered, voices, epochs.
set -euo pipefail
out=$1
shift
python3 -m nsynthlib data soundfont "$out/notes/soundfont" --notes "${rendered:-6000}" --highest 96 "${@/#/--font=}"
python3 -m nsynthlib data dx7 "$out/notes/dx7" --notes "${voices:-3000}" --highest 96
python3 -m nsynthlib train cvae "$out/notes/soundfont" "$out/notes/dx7" --out "$out/cvae" --preset residual \
    --epochs "${epochs:-12}" --learning-rate 2e-3
