"""What nobody may see is black before anything looks: motion, health, stills and clips."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from keng_edge.cameras.address import Address
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.evidence.config import ClipMode
from keng_edge.cameras.eyes import Eyes
from keng_edge.cameras.frame import Frame, Tally
from keng_edge.cameras.health import CameraFault, Health
from keng_edge.cameras.masks import BLACK, Masks
from keng_edge.cameras.sightings import Sighting
from keng_edge.cameras.source import file_frames, frames
from support.clips import Picture, block, scene, walker, write_clip

UPPER_HALF = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]]
MIDDLE = [(0.2, 0.2), (0.8, 0.2), (0.8, 1.0), (0.2, 1.0)]


def section(**more: object) -> CameraSection:
    given = {"type": "camera", "id": "cam", "name": "Cam", "source": "a.mp4"} | more
    return CameraSection.model_validate(given)


def test_grey_and_colour_are_black_in_a_mask_and_untouched_outside() -> None:
    made: list[str] = []

    def luma() -> Picture:
        made.append("luma")
        return scene()[:, :, 0]

    frame = Masks([[(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]]).frame(Frame(0, 0, luma, scene, Tally(1, 1)))
    assert (frame.luma()[:, :310] == BLACK).all()
    assert (frame.picture()[:, :310] == BLACK).all()
    assert (frame.luma()[:, 340:] == scene()[:, 340:, 0]).all()
    assert (frame.picture()[:, 340:] == scene()[:, 340:]).all()
    assert made == ["luma"]
    assert frame.tally == Tally(1, 1)


def test_a_picture_of_another_size_gets_a_mask_of_its_own() -> None:
    masks = Masks([[(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5)]])
    for height, width in ((360, 640), (120, 160), (1080, 1920)):
        seen = masks.blacken(np.full((height, width), 200, np.uint8))
        assert (seen[: height // 2] == BLACK).all()
        assert (seen[height // 2 + height // 20 :] == 200).all()


def test_the_source_itself_hands_over_masked_frames(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", lambda _: block(scene(), 0.5, 0.25), 0.5)
    masks = Masks([[(x, y) for x, y in UPPER_HALF]])
    frame = next(frames(Address(str(clip)), lambda: 0, masks=masks))
    assert (frame.picture()[:175] == BLACK).all()


@pytest.mark.parametrize(("masks", "found"), [([], True), ([MIDDLE], False)])
def test_nobody_is_seen_behind_a_mask(tmp_path: Path, masks: list[list[tuple[float, float]]], found: bool) -> None:
    clip = write_clip(tmp_path / "a.mp4", walker(3, 8), 9)
    eyes = Eyes(section())
    given = map(Masks(masks).frame, file_frames(Address(str(clip)), lambda: 0))
    told = [one for frame in given for one in eyes.feed(frame) if isinstance(one, Sighting)]
    assert bool(told) is found


def test_a_masked_camera_is_still_found_covered() -> None:
    masks = Masks([[(0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0)]])
    health, found = Health(masks=masks), set[CameraFault]()
    for number in range(80):
        noise = np.random.default_rng(number).normal(0, 2, (180, 320, 3))
        street = scene(320, 180)
        cv2.rectangle(street, (190, 40), (260, 150), (230, 230, 230), -1)
        cv2.rectangle(street, (205, 60), (245, 130), (20, 20, 20), -1)
        picture = np.clip((street if number < 40 else np.full_like(street, 80)) + noise, 0, 255).astype(np.uint8)
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8)
        frame = masks.frame(Frame(number / 2, 0, lambda grey=grey: grey, lambda picture=picture: picture))  # type: ignore[misc]
        found |= {one.fault for one in health.feed(frame, 0) if one.begins}
    assert found == {CameraFault.COVERED}


def test_a_camera_with_masks_encodes_its_clips_unless_it_keeps_none() -> None:
    assert section().clip_mode is ClipMode.COPY
    assert section(masks=[UPPER_HALF]).clip_mode is ClipMode.ENCODE
    assert section(masks=[UPPER_HALF], clip="none").clip_mode is ClipMode.NONE


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"masks": [UPPER_HALF], "clip": "copy"}, "a copied clip shows what the masks hide"),
        ({"masks": [UPPER_HALF, [[0, 0], [1, 1], [1, 0], [0, 1]]]}, "mask 2 crosses itself"),
        ({"masks": [[[0, 0], [2, 0], [1, 1]]]}, "mask 1 corner 2"),
    ],
)
def test_a_mask_that_cannot_hide_is_refused_with_its_cure(more: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        section(**more)
