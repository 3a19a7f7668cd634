"""What a reader touches and hears: two explorers, and players that leave loudness as it is.

An explorer's controls are ipywidgets; they are joined in the browser to one anywidget, which shows the picture and the
sound. In a notebook Python computes; on a page of the book the same settings go to JavaScript. So both work everywhere,
and a chapter needs no callback of its own.
"""

from nsynthlib.widgets.controls import CVAEExplorer, STFTExplorer, cvae_explorer, stft_explorer
from nsynthlib.widgets.players import Player, Players, player, players

__all__ = ["CVAEExplorer", "Player", "Players", "STFTExplorer", "cvae_explorer", "player", "players", "stft_explorer"]
