"""`make fuzz MINUTES=10`: every language reads random and spoiled recordings for that long, by the processor's clock.

PYTHONPATH=tests python -m bridges.fuzz --minutes 10 [--only NAME …]. Status 1 if anything was found; then the smallest
bytes that show it are printed.
"""

import argparse
import resource
import sys
import time
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bridges.recordings import changed, seeds, take
from keng_bridges import RECORDINGS
from keng_bridges.recording import Decoded

EXAMPLES = 500
_pieces = st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=12))
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@dataclass
class Tally:
    """What became of one language."""

    name: str
    recordings: int = 0
    length: int = 0
    decoded: int = 0
    damaged: int = 0
    slowest_ms: float = 0.0
    found: str = ""

    def take(self, data: bytes) -> None:
        """Read one recording and check what must hold of it."""
        self.recordings, self.length = self.recordings + 1, self.length + len(data)
        begun = time.thread_time()  # of this machine others may use the rest
        items = take(self.name, data)
        self.slowest_ms = max(self.slowest_ms, (time.thread_time() - begun) * 1000)
        whole = sum(isinstance(item, Decoded) for item in items)
        self.decoded, self.damaged = self.decoded + whole, self.damaged + len(items) - whole


def inputs(name: str) -> st.SearchStrategy[bytes]:
    """Random bytes, random text and JSON, and what means something with pieces of it replaced, also joined."""
    known = st.sampled_from(seeds(name) or [b""])
    spoiled = st.builds(changed, known, st.lists(_pieces, max_size=6))
    joined = st.lists(spoiled | known | st.binary(max_size=20), min_size=1, max_size=4).map(b"".join)
    return joined | spoiled | st.binary(max_size=500) | (st.text(max_size=200) | _json.map(str)).map(_encoded)


def fuzz(name: str, seconds: float, first: int) -> Tally:
    """Read until the processor worked so long or something is found; `first` is the seed of the first round."""
    take(name, b"")  # the first one imports the language
    tally, end, number = Tally(name), time.process_time() + seconds, first
    while time.process_time() < end and not tally.found:
        try:
            _round(tally, number)
        except Exception as error:  # noqa: BLE001  whatever it is, it is what was looked for
            notes = getattr(error, "__notes__", [])
            tally.found = f"{type(error).__name__}: {error} {' '.join(notes)}".strip()
        number += 1
    return tally


def _round(tally: Tally, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
    )
    @given(data=inputs(tally.name))
    def once(data: bytes) -> None:
        tally.take(data)

    once()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def main() -> int:
    """Print one line a language."""
    parser = argparse.ArgumentParser(prog="fuzz", description="random recordings for every language")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the processor, for each language")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=sorted(RECORDINGS))
    options = parser.parse_args()
    names = options.only or sorted(RECORDINGS)
    print(f"{'language':18} {'recordings':>10} {'bytes':>12} {'frames':>9} {'damaged':>9} {'slowest':>10}  found")
    tallies = [_told(fuzz(name, options.minutes * 60, options.seed * 1_000_000)) for name in names]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(names)} languages, {sum(t.recordings for t in tallies)} recordings, at most {memory} MB of memory")
    return 1 if any(tally.found for tally in tallies) else 0


def _told(tally: Tally) -> Tally:
    counts = f"{tally.recordings:>10} {tally.length:>12} {tally.decoded:>9} {tally.damaged:>9}"
    print(f"{tally.name:18} {counts} {tally.slowest_ms:>7.1f} ms  {tally.found or '-'}", flush=True)
    return tally


if __name__ == "__main__":
    sys.exit(main())
