"""The package from outside: its names, how quickly it imports, and what a reader of its networks can rely on."""

import ast
from importlib import import_module

import pytest
from helpers import ROOT, in_python

import nsynthlib

NAMES = (
    "AE CVAE FAMILIES LogMel NSynth STFT Settings VAE __version__ generate morph pocket read_midi read_own_sound "
    "reconstruct render_melody train transpose"
)

# Where readers and chapters take names from, wherever they are made.
PATHS = {
    "nsynthlib.audio": "SAMPLE_RATE estimate_pitch midi_to_hz",
    "nsynthlib.data": "FAMILIES OFFICIAL SAMPLES SAMPLE_RATE SOURCES VELOCITIES ConversionWarning Fault NSynth Note "
    "NoteDataset atomic check download held_out import_notes index_entry labels_of load_samples note_name official "
    "pack parse_name pocket read_json read_samples write_json write_notes write_wav",
    "nsynthlib.dx7": "BANKS GAIN choose clusters difference family_of find_banks read_bank render stem tune",
    "nsynthlib.evaluation": "Judges by_family compare compare_models difference diversity evaluate frechet_distance "
    "in_tune inception_score notes_behind summarise summarise_set write_evaluation",
    "nsynthlib.evaluation.tables": "table",
    "nsynthlib.generation": "condition_of condition_of_sound decode encode generate generate_batch morph morph_z "
    "reconstruct refine sample_z standard_normal to_audio transpose",
    "nsynthlib.models": "AE CVAE BETA Comb KINDS PRESETS bin_error PRETRAINED VAE Condition Output kl_divergence "
    "load_model save_weights scale unscale",
    "nsynthlib.playing": "HeldNote PlayedNote Rendered hold play read_midi render_melody write_sfz",
    "nsynthlib.soundfont": "FONTS GAIN PITCHES PROGRAMS SPLITS Font clusters find_fonts instrument_of render sounds_at "
    "split",
    "nsynthlib.spectral": "FLOOR_DB MEL_SCALES SAMPLE_RATE STFT WINDOWS LogMel dbfs from_db "
    "from_instantaneous_frequency gaussian_width griffin_lim hz_to_mel istft log_spectral_distance magnitude_to_audio "
    "mel_corners mel_filterbank mel_to_hz mel_to_magnitude pghi spectral_convergence stft to_db "
    "to_instantaneous_frequency",
    "nsynthlib.synthesis": "ADSR FM LFO Additive Granular Modal Operator Plucked Spectral SpectralModel Subtractive "
    "Timbre analyse cycles drum_loop filter_response formant_speech partials_below_nyquist phrase shaped_noise "
    "synthesise timeline to_gain waveform wavetable",
    "nsynthlib.training": "Settings deviation_loss recipe beta_vae_loss train train_classifier validate",
    "nsynthlib.widgets": "ABX CVAEExplorer ErrorAtlas FourierExplorer LatentMap MelExplorer Player Players "
    "RateExplorer ReceptiveFieldExplorer ReconstructionExplorer STFTExplorer SamplingExplorer SynthesisExplorer "
    "ToyMap abx cvae_explorer error_atlas fourier_explorer latent_map mel_explorer player "
    "players rate_explorer receptive_field_explorer reconstruction_explorer sampling_explorer stft_explorer "
    "synthesis_explorer toy_map",
}
NETWORKS = sorted((ROOT / "nsynthlib" / "models").rglob("*.py"))


def test_the_package_shows_its_names_and_each_can_be_got():
    assert sorted(dir(nsynthlib)) == sorted(NAMES.split())
    assert all(getattr(nsynthlib, name) is not None for name in dir(nsynthlib))
    with pytest.raises(AttributeError, match="kazoo"):
        _ = nsynthlib.kazoo


@pytest.mark.parametrize("path", PATHS)
def test_a_folder_hands_on_its_names(path):
    module = import_module(path)
    assert [name for name in PATHS[path].split() if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", ["nsynthlib", "nsynthlib.cli"])
def test_importing_costs_nothing(module):
    code = f"import sys, {module}\nprint(*{{'torch', 'numpy', 'scipy', 'matplotlib'}} & sys.modules.keys())"
    assert in_python("-c", code).stdout.split() == []


def test_types_are_told():
    assert (ROOT / "nsynthlib" / "py.typed").is_file()


def forwards(source: str) -> list[str]:
    """The text of every ``forward`` from its first statement on."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    lines = source.splitlines()
    return ["\n".join(lines[f.body[0].lineno - 1 : f.end_lineno]) for f in functions if f.name == "forward"]


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_every_forward_tells_shapes(path):
    assert [text for text in forwards(path.read_text(encoding="utf-8")) if "# [" not in text] == []


def test_the_networks_have_forwards():
    assert sum(len(forwards(path.read_text(encoding="utf-8"))) for path in NETWORKS) >= 8
