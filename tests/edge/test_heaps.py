"""Threads share few heaps: glibc is asked how many there are."""

import platform
import subprocess
import sys

import pytest

from keng_edge import heaps

COUNT = """
import ctypes, sys, threading
from keng_edge import heaps
if sys.argv[1] == "shared":
    assert heaps.share()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.open_memstream.restype = ctypes.c_void_p
together = threading.Barrier(12)
def take():
    together.wait()
    for _ in range(1_000):
        libc.malloc(1_000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
text, size = ctypes.c_char_p(), ctypes.c_size_t()
stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
libc.malloc_info(0, stream)
libc.fclose(stream)
print(text.value.count(b"<heap nr="))
"""


def counted(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNT, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has other heaps")
def test_threads_share_two_heaps_and_would_have_more() -> None:
    assert counted("shared") <= heaps.HEAPS
    assert counted("as they are") > heaps.HEAPS
