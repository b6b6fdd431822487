"""The folder of one run: fresh each time, and held by one demonstration only."""

import fcntl
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from keng_demo.settings import Unusable

MARK = ".made-by-keng-demo"


@contextmanager
def fresh(folder: Path) -> Generator[Path]:
    """Empty the folder and hold it; Unusable when it is somebody else's or another demonstration runs in it."""
    mark = folder / MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise Unusable(f"{folder}: có tệp lạ, không dám xóa (holds files of others; choose another KENG_DEMO_FOLDER).")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with mark.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Unusable(f"{folder}: bản mô phỏng đang chạy rồi (the demonstration runs already).") from None
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry != mark:
                entry.unlink()
        for name in ("logs", "dev"):
            (folder / name).mkdir()
        yield folder
