"""A still and the first sight of an alarm are made of one picture at the same time, in two threads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from keng_edge.cameras.address import Address
from keng_edge.cameras.source import file_frames
from support.clips import walker
from support.h264 import write_stream


def test_several_threads_may_ask_for_one_picture(tmp_path: Path) -> None:
    source = write_stream(tmp_path / "stream.mp4", walker(0, 4), 4)
    with ThreadPoolExecutor(4) as threads:
        for frame in file_frames(Address(str(source)), lambda: 0):
            asked = [threads.submit(frame.picture) for _ in range(4)]
            first, *others = [one.result() for one in asked]
            assert all(np.array_equal(first, other) for other in others)
