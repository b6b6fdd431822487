"""A loudspeaker strikes the kẻng and speaks: with the real espeak-ng, into a file player, measured as sound."""

import asyncio
import math
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from keng_edge.config import SpeakerOutput
from keng_edge.errors import OutputError
from keng_edge.faults import Faults
from keng_edge.outputs import Announcement, Surroundings, announcements
from keng_edge.outputs.announcements import Announcements
from keng_edge.outputs.phrases import load
from keng_edge.outputs.speaker import Speaker
from keng_edge.outputs.strokes import RATE, STROKES, BadClip, Clip, from_wav, joined, struck, to_wav
from keng_edge.patterns import PatternKey
from keng_wire.conditions import ClockQuality
from keng_wire.event import NodeFault
from support.fake_clock import FakeClock

ESPEAK = shutil.which("espeak-ng")
FIRE = Announcement(PatternKey.FIRE, "Ngõ 3")
PLAYER = """\
import pathlib, shutil, sys, time
file, folder = map(pathlib.Path, sys.argv[1:])
shutil.copy(file, folder / f"{len(list(folder.iterdir())):03}.part")
(folder / f"{len(list(folder.iterdir())) - 1:03}.part").rename(folder / f"{len(list(folder.iterdir())) - 1:03}.wav")
time.sleep(0.05)
"""

speaks = pytest.mark.skipif(ESPEAK is None, reason="espeak-ng is not installed (Debian: apt install espeak-ng)")


class Place:
    """A speaker whose player copies what it is to play into a folder."""

    def __init__(self, folder: Path, **more: object) -> None:
        self.clock = FakeClock(utc_ms=20_000 * 86_400_000 + 3_600_000)
        self.told: list[str] = []
        self.faults = Faults(self._tell)
        self.played = folder / "played"
        self.played.mkdir()
        script = folder / "player.py"
        script.write_text(PLAYER)
        play = [sys.executable, str(script), "{file}", str(self.played)]
        section = SpeakerOutput.model_validate({"type": "speaker", "id": "loa", "play": play, **more})
        around = Surroundings(self.clock, {}, folder, ("Ngõ 3",), self.faults)
        self.speaker = Speaker(section, around)

    def clips(self) -> list[Clip]:
        """What was played, in order."""
        return [from_wav(file.read_bytes()) for file in sorted(self.played.glob("*.wav"))]

    async def plays(self, call: Announcement, clips: int) -> list[Clip]:
        """Switch it on and wait until so many files were played."""
        self.speaker.announce(call)
        await self.speaker.switch(True)
        await self.passes(lambda: len(self.clips()) >= clips)
        return self.clips()

    async def passes(self, condition: object) -> None:
        """Time goes on until this holds."""
        assert callable(condition)
        for _ in range(2000):
            if condition():
                return
            await self.clock.advance(0.1)
            await asyncio.sleep(0.005)
        pytest.fail(f"waited in vain; faults {self.faults.active}, {self.told}")

    def _tell(self, fault: NodeFault) -> None:
        self.told.append(fault.detail or "")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path)
    yield made
    await made.speaker.switch(False)


@pytest.fixture
async def mute(tmp_path: Path) -> AsyncIterator[Place]:
    """A speaker whose voice is not installed."""
    made = Place(tmp_path, voice=["/no/such/voice", "{file}", "{text}"])
    yield made
    await made.speaker.switch(False)


def loudness(clip: Clip, start_s: float = 0, end_s: float | None = None) -> float:
    """Root mean square of a part, from 0 to 1."""
    part = clip.samples[round(start_s * clip.rate) : None if end_s is None else round(end_s * clip.rate)]
    return math.sqrt(sum(sample * sample for sample in part) / len(part)) / 32_767


@pytest.mark.parametrize("key", PatternKey)
def test_strokes_are_heard_when_the_bar_is_struck_and_fade(key: PatternKey) -> None:
    clip = from_wav(to_wav(struck(key)))
    assert clip.rate == RATE
    assert max(map(abs, clip.samples)) > 0.9 * 32_767
    for time, following in pairwise((*STROKES[key], clip.seconds)):
        assert loudness(clip, time, time + 0.1) > 0.05
        assert loudness(clip, time, time + 0.1) > loudness(clip, min(following, clip.seconds) - 0.02, following) * 0.9
    if key is PatternKey.SELF_TEST:
        assert clip.seconds <= 0.5


def test_routine_is_five_slow_strokes_and_fire_a_round_without_pause() -> None:
    assert len(STROKES[PatternKey.ROUTINE]) == 5
    assert all(after - before == 3 for before, after in pairwise(STROKES[PatternKey.ROUTINE]))
    assert all(after - before < 0.3 for before, after in pairwise(STROKES[PatternKey.FIRE]))
    assert len(STROKES[PatternKey.DRILL]) * 2 == len(STROKES[PatternKey.FIRE])


def test_volume_is_in_the_samples() -> None:
    clip = struck(PatternKey.ALL_CLEAR)
    assert loudness(joined([clip], 50)) == pytest.approx(loudness(clip) / 2, rel=0.01)
    assert not any(joined([clip], 0).samples)


@pytest.mark.parametrize("data", [b"", b"RIFF", to_wav(struck(PatternKey.SELF_TEST))[:30], b"x" * 100])
def test_what_is_no_wav_file_is_refused(data: bytes) -> None:
    with pytest.raises(BadClip):
        from_wav(data)


@speaks
async def test_a_fire_is_struck_and_then_said_again_and_again_until_it_is_silenced(place: Place) -> None:
    first, second, third = (await place.plays(FIRE, 3))[:3]
    strokes = struck(PatternKey.FIRE).seconds
    assert first.seconds == pytest.approx(strokes, abs=0.1), "the strokes do not wait for the words"
    assert second.samples == third.samples
    assert strokes + 2 < second.seconds < strokes + 8
    assert loudness(second, strokes + 0.5, second.seconds - 0.5) > 0.02, "the words are not silence"
    await place.speaker.switch(False)
    before = len(place.clips())
    await place.clock.advance(20)
    await asyncio.sleep(0.1)
    assert len(place.clips()) == before
    assert place.faults.active == []


@speaks
async def test_what_was_prepared_is_said_from_the_first_round_on(place: Place) -> None:
    await place.speaker.switch(False)
    await place.passes(lambda: len(list((place.played.parent / "speaker").glob("*.wav"))) == 6)
    first, second = (await place.plays(FIRE, 2))[:2]
    assert first.samples == second.samples
    assert first.seconds > struck(PatternKey.FIRE).seconds + 2


@speaks
async def test_the_program_speaks_vietnamese_and_is_given_text_as_an_argument(tmp_path: Path) -> None:
    made = Announcements(load(), SpeakerOutput(type="speaker", id="loa").voice, tmp_path)
    dangerous = Announcement(PatternKey.FIRE, f"-w; touch {tmp_path}/hacked $(touch {tmp_path}/hacked)")
    assert (await made.whole(dangerous, 100)).exists()
    assert not (tmp_path / "hacked").exists()


@speaks
@pytest.mark.parametrize(
    ("key", "rounds"), [(PatternKey.ALL_CLEAR, 1), (PatternKey.DRILL, 2), (PatternKey.SECURITY, 3)]
)
async def test_a_call_that_ends_by_itself_is_said_so_often_with_its_words(
    place: Place, key: PatternKey, rounds: int
) -> None:
    for volume in (80, 100):  # made before, so that each round has its words
        await place.speaker._made.whole(Announcement(key, "Ngõ 3"), volume)  # pyright: ignore[reportPrivateUsage]
    await place.plays(Announcement(key, "Ngõ 3"), rounds)
    await place.clock.advance(30)
    await asyncio.sleep(0.2)
    assert len(place.clips()) == rounds


@speaks
async def test_a_drill_says_that_it_is_one_before_the_strokes_and_after(place: Place) -> None:
    clip = (await place.plays(Announcement(PatternKey.DRILL, "Ngõ 3"), 1))[0]
    plain = struck(PatternKey.DRILL).seconds
    assert clip.seconds > plain + 4
    assert loudness(clip, 0, 0.8) > 0.005, "words before the strokes"
    assert load().words(Announcement(PatternKey.DRILL)).before == "Diễn tập."


async def test_without_a_voice_the_strokes_sound_and_the_fault_is_told(mute: Place) -> None:
    clips = await mute.plays(FIRE, 2)
    assert all(clip.seconds == pytest.approx(struck(PatternKey.FIRE).seconds, abs=0.1) for clip in clips)
    assert mute.told == ["loa: cannot start /no/such/voice: No such file or directory"]


async def test_a_missing_voice_shows_before_anything_happens(mute: Place) -> None:
    await mute.speaker.switch(False)
    await mute.passes(lambda: mute.told)
    assert "/no/such/voice" in mute.told[0]


async def test_a_drill_is_never_struck_without_the_word(mute: Place) -> None:
    mute.speaker.announce(Announcement(PatternKey.DRILL, "Ngõ 3"))
    with pytest.raises(OutputError, match="/no/such/voice"):
        await mute.speaker.switch(True)
    assert mute.clips() == []


@pytest.mark.parametrize("on", [False, True])
async def test_a_missing_player_is_an_error_that_names_it(tmp_path: Path, on: bool) -> None:
    place = Place(tmp_path, play=["/no/such/player", "{file}"])
    with pytest.raises(OutputError, match="/no/such/player"):
        await place.speaker.switch(on)


async def test_a_player_that_fails_is_a_fault_and_tried_again(tmp_path: Path) -> None:
    place = Place(tmp_path, play=["false", "{file}"], voice=["false", "{file}"])
    place.speaker.announce(FIRE)
    await place.speaker.switch(True)
    await place.passes(lambda: any("false ended with status 1" in told for told in place.told))
    await place.speaker.switch(False)


@pytest.mark.parametrize("voice", [["true", "{file}"], ["sh", "-c", "sleep 60"], ["cp", "/etc/hostname", "{file}"]])
async def test_a_voice_that_says_nothing_of_use_is_a_fault(
    tmp_path: Path, voice: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "SPEAK_S", 0.3)
    place = Place(tmp_path, voice=voice)
    await place.plays(FIRE, 2)
    assert voice[0] in place.told[0]
    await place.speaker.switch(False)


@pytest.mark.parametrize(
    ("hour", "quality", "key", "volume"),
    [
        (12, ClockQuality.SYNCED, PatternKey.ALL_CLEAR, 80),
        (23, ClockQuality.SYNCED, PatternKey.ALL_CLEAR, 40),
        (23, ClockQuality.UNKNOWN, PatternKey.ALL_CLEAR, 80),
        (23, ClockQuality.SYNCED, PatternKey.FIRE, 100),
        (23, ClockQuality.SYNCED, PatternKey.SECURITY, 100),
    ],
)
async def test_by_night_it_is_quieter_but_never_for_an_emergency(
    mute: Place, hour: int, quality: ClockQuality, key: PatternKey, volume: int
) -> None:
    mute.clock.utc = mute.clock.utc // 86_400_000 * 86_400_000 + (hour - 7) * 3_600_000
    mute.clock.trust = quality
    clip = (await mute.plays(Announcement(key, "Ngõ 3"), 1))[0]
    assert loudness(clip) == pytest.approx(loudness(struck(key)) * volume / 100, rel=0.02)


async def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "KEPT", 3)
    made = Announcements(load(), ["true"], tmp_path)
    for volume in range(10):
        await made.strokes(Announcement(PatternKey.SELF_TEST), volume)
    assert len(os.listdir(tmp_path)) == 3


def _stat(sox: str, file: Path) -> list[str]:
    done = subprocess.run([sox, str(file), "-n", "stat"], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


@speaks
async def test_what_was_made_is_a_sound_by_the_measure_of_another_program(tmp_path: Path) -> None:
    sox = shutil.which("sox")
    if sox is None:
        pytest.skip("sox is not installed (Debian: apt install sox)")
    made = Announcements(load(), SpeakerOutput(type="speaker", id="loa").voice, tmp_path)
    file = await made.whole(FIRE, 100)
    stat = {line.split(":")[0].strip(): line.split(":")[-1].strip() for line in _stat(sox, file) if ":" in line}
    assert float(stat["Length (seconds)"]) == pytest.approx(from_wav(file.read_bytes()).seconds, abs=0.01)
    assert float(stat["RMS     amplitude"]) > 0.05
    assert float(stat["Maximum amplitude"]) > 0.8
