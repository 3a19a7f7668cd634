"""The sixteen channels of MIDI: which keys are down, what the pedal holds, and which notes that makes."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import mido

PEDAL, SOUND_OFF, RESET, NOTES_OFF = 64, 120, 121, 123  # controllers
DOWN = 64  # the least value of a pedal that is down


class ChannelNote(NamedTuple):
    """A note from key down to silence asked for, in seconds; ``channel`` and ``program`` are counted from 0."""

    start: float
    end: float
    channel: int
    program: int
    pitch: int
    velocity: int


class _Key(NamedTuple):
    start: float
    program: int
    velocity: int


class _Channel:
    def __init__(self) -> None:
        self.program = 0
        self.pedal = False
        self.down: defaultdict[int, deque[_Key]] = defaultdict(deque)  # by pitch, the first pressed first
        self.kept: defaultdict[int, deque[_Key]] = defaultdict(deque)  # let go, and held by the pedal


class Channels:
    """Takes messages in order; ``notes`` are those that have ended, ``ignored`` counts what was not played."""

    def __init__(self) -> None:
        self.notes: list[ChannelNote] = []
        self.ignored: Counter[str] = Counter()
        self._channels = [_Channel() for _ in range(16)]
        self._seconds = 0.0

    def take(self, seconds: float, message: mido.Message) -> None:
        """One message, ``seconds`` from the beginning, not before the one taken last."""
        self._seconds = seconds
        kind = message.type
        if kind == "note_on" and message.velocity:
            self._press(message)
        elif kind in ("note_on", "note_off"):
            self._let_go(message.channel, message.note)
        elif kind == "program_change":
            self._channels[message.channel].program = message.program
        elif kind == "control_change":
            self._control(message)
        elif kind == "pitchwheel":
            self.ignored["pitch bend, ignored"] += message.pitch != 0
        elif kind in ("aftertouch", "polytouch"):
            self.ignored["aftertouch, ignored"] += 1
        elif kind == "sysex":
            self.ignored["system-exclusive messages, ignored"] += 1

    def end(self) -> None:
        """The end of the piece: what still sounds ends here."""
        for number, channel in enumerate(self._channels):
            for pitch in list(channel.down):
                self.ignored["notes never let go, which end with the piece"] += len(channel.down[pitch])
                self._stop(number, channel.down, pitch)
            self._lift(number)

    def _press(self, message: mido.Message) -> None:
        channel = self._channels[message.channel]
        self._stop(message.channel, channel.kept, message.note)  # a string is struck again, not a second one
        channel.down[message.note].append(_Key(self._seconds, channel.program, message.velocity))

    def _let_go(self, number: int, pitch: int) -> None:
        channel = self._channels[number]
        keys = channel.down[pitch]
        if not keys:
            return
        if channel.pedal:
            channel.kept[pitch].append(keys.popleft())
        else:
            self._add(number, pitch, keys.popleft())

    def _control(self, message: mido.Message) -> None:
        number, control = message.channel, message.control
        channel = self._channels[number]
        if control == PEDAL:
            channel.pedal = message.value >= DOWN
        elif control in (RESET, SOUND_OFF):
            channel.pedal = False
        if control in (SOUND_OFF, NOTES_OFF):
            for pitch, keys in list(channel.down.items()):
                for _ in range(len(keys)):
                    self._let_go(number, pitch)
        if not channel.pedal:
            self._lift(number)
        if control not in (PEDAL, SOUND_OFF, RESET, NOTES_OFF):
            self.ignored[f"controller {control}{_NAMES.get(control, '')}, ignored"] += 1

    def _lift(self, number: int) -> None:
        """The pedal comes up."""
        kept = self._channels[number].kept
        for pitch in list(kept):
            self._stop(number, kept, pitch)

    def _stop(self, number: int, keys: dict[int, deque[_Key]], pitch: int) -> None:
        for key in keys.pop(pitch, ()):
            self._add(number, pitch, key)

    def _add(self, number: int, pitch: int, key: _Key) -> None:
        self.notes.append(ChannelNote(key.start, self._seconds, number, key.program, pitch, key.velocity))


_NAMES = {0: " (bank)", 1: " (modulation)", 7: " (volume)", 10: " (pan)", 11: " (expression)", 91: " (reverb)"}
