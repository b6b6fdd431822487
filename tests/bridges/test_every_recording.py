"""Every language reads a recording whatever its bytes: nothing is raised, nothing grows, offsets are places in it."""

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.fuzz import fuzz
from bridges.recordings import CHECKED, changed, said, seeds, take
from keng_bridges import RECORDINGS, load
from keng_bridges.recording import Decoded

NAMES = list(RECORDINGS)
pieces = st.integers(0, 10_000), st.integers(0, 10_000), st.binary(max_size=12)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_can_be_loaded_and_there_is_something_to_begin_with(name: str) -> None:
    assert callable(load(RECORDINGS, name))
    assert any(isinstance(item, Decoded) for seed in seeds(name) for item in take(name, seed))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_says_nothing(name: str) -> None:
    assert not [item for item in take(name, b"") if isinstance(item, Decoded)]


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_may_end_anywhere(name: str) -> None:
    for seed in seeds(name):
        for end in range(len(seed)):
            take(name, seed[:end])


@pytest.mark.parametrize("name", NAMES)
def test_any_bit_may_be_wrong(name: str) -> None:
    for seed in seeds(name):
        for bit in range(len(seed) * 8):
            data = bytearray(seed)
            data[bit // 8] ^= 1 << bit % 8
            take(name, bytes(data))


@pytest.mark.parametrize("name", CHECKED)
def test_one_wrong_bit_yields_no_value_that_was_not_sent(name: str) -> None:
    checked = [seed for seed in seeds(name) if seed.startswith(CHECKED[name])]
    assert any(said(take(name, seed)) for seed in checked)
    for seed in checked:
        sent = said(take(name, seed))
        for bit in range(len(seed) * 8):
            data = bytearray(seed)
            data[bit // 8] ^= 1 << bit % 8
            assert said(take(name, bytes(data))) <= sent, f"bit {bit} of {seed.hex()}"


@pytest.mark.parametrize("name", NAMES)
def test_garbage_before_between_and_behind(name: str) -> None:
    noise = random.Random(1).randbytes(40)
    for seed in seeds(name):
        take(name, noise + seed + noise + seed + noise)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_taken(name: str, data: bytes) -> None:
    take(name, data)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(changes=st.lists(st.tuples(*pieces), min_size=1, max_size=4), which=st.integers(0, 100))
def test_any_change_of_something_meaningful_is_taken(
    name: str, changes: list[tuple[int, int, bytes]], which: int
) -> None:
    known = seeds(name)
    take(name, changed(known[which % len(known)], changes))


@pytest.mark.parametrize("name", NAMES)
def test_a_long_recording_of_noise_needs_no_more_memory_than_its_length_allows(name: str) -> None:
    noise = random.Random(2).randbytes(50_000)
    tracemalloc.start()
    take(name, noise)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * len(noise)


def test_the_long_run_finds_what_breaks_a_language_and_shows_the_smallest_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(data: bytes) -> list[Decoded]:
        return [Decoded(len(data) + 1)] if b"!" in data else []

    monkeypatch.setitem(RECORDINGS, "broken", "keng_bridges:broken")
    monkeypatch.setattr("keng_bridges.broken", breaks, raising=False)
    assert fuzz("broken", 20, 1).found.startswith("AssertionError: broken: offset")
    assert fuzz("modbus_rtu", 0.1, 1).found == ""
