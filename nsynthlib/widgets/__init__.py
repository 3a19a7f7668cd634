"""What a reader touches and hears: explorers, a listening test, and players that leave loudness as it is.

An explorer's controls are ipywidgets; they are joined in the browser to one anywidget, which shows the figure and the
sound. In a notebook Python computes; on a page of the book the same settings go to JavaScript. So both work everywhere,
and a chapter needs no callback of its own.
"""

from nsynthlib.widgets.atlas import ErrorAtlas, error_atlas
from nsynthlib.widgets.audio_players import Player, Players, player, players
from nsynthlib.widgets.composers import ComposerExplorer, composer_explorer
from nsynthlib.widgets.cvae import CVAEExplorer, cvae_explorer
from nsynthlib.widgets.fourier import FourierExplorer, fourier_explorer
from nsynthlib.widgets.keys import instrument
from nsynthlib.widgets.latent_space import LatentMap, latent_map
from nsynthlib.widgets.learning import LearningExplorer, learning_explorer
from nsynthlib.widgets.listening import ABX, abx
from nsynthlib.widgets.live import LiveExplorer, live_explorer
from nsynthlib.widgets.mel import MelExplorer, mel_explorer
from nsynthlib.widgets.morph import MorphExplorer, morph_explorer
from nsynthlib.widgets.rate import RateExplorer, rate_explorer
from nsynthlib.widgets.receptive_field import ReceptiveFieldExplorer, receptive_field_explorer
from nsynthlib.widgets.reconstruction import ReconstructionExplorer, reconstruction_explorer
from nsynthlib.widgets.sampling import SamplingExplorer, sampling_explorer
from nsynthlib.widgets.stft import STFTExplorer, stft_explorer
from nsynthlib.widgets.synthesis import SynthesisExplorer, synthesis_explorer
from nsynthlib.widgets.toy_map import ToyMap, toy_map

__all__ = [
    "ABX",
    "CVAEExplorer",
    "ComposerExplorer",
    "ErrorAtlas",
    "FourierExplorer",
    "LatentMap",
    "LearningExplorer",
    "LiveExplorer",
    "MelExplorer",
    "MorphExplorer",
    "Player",
    "Players",
    "RateExplorer",
    "ReceptiveFieldExplorer",
    "ReconstructionExplorer",
    "STFTExplorer",
    "SamplingExplorer",
    "SynthesisExplorer",
    "ToyMap",
    "abx",
    "composer_explorer",
    "cvae_explorer",
    "error_atlas",
    "fourier_explorer",
    "instrument",
    "latent_map",
    "learning_explorer",
    "live_explorer",
    "mel_explorer",
    "morph_explorer",
    "player",
    "players",
    "rate_explorer",
    "receptive_field_explorer",
    "reconstruction_explorer",
    "sampling_explorer",
    "stft_explorer",
    "synthesis_explorer",
    "toy_map",
]
