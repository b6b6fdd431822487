import hashlib

import cv2
import numpy as np
import pytest

from keng_edge.cameras.still import still
from keng_wire.event import SNAPSHOT_LIMIT
from support.clips import scene


def test_a_usual_picture_keeps_its_size() -> None:
    made = still(scene(1280, 720), SNAPSHOT_LIMIT)
    assert (made.width, made.height) == (1280, 720)
    assert len(made.jpeg) <= SNAPSHOT_LIMIT
    assert made.sha256 == hashlib.sha256(made.jpeg).hexdigest()


def test_a_picture_too_rich_for_the_limit_is_made_smaller_until_it_fits() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)
    made = still(noise, SNAPSHOT_LIMIT)
    assert len(made.jpeg) <= SNAPSHOT_LIMIT
    assert made.width < 1920
    decoded = cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (made.height, made.width, 3)


def test_a_limit_that_no_picture_meets_is_said() -> None:
    with pytest.raises(ValueError, match="fits into 10 bytes"):
        still(scene(), 10)
