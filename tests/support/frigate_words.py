"""Messages of a Frigate instance, as its documentation shows them; all names are made up."""

from typing import Any

BEGIN = 1_795_402_800.25


def event(step: str = "new", number: int = 1, *, lasted: float = 3.5, **after: Any) -> dict[str, Any]:
    """A step of a thing that is followed, `lasted` seconds after it began."""
    body: dict[str, Any] = {
        "id": f"{BEGIN:.6f}-vat{number}",
        "camera": "cong_lang",
        "frame_time": BEGIN + lasted,
        "snapshot": {"frame_time": BEGIN + 1, "box": [424, 500, 536, 712], "region": [264, 450, 667, 853]},
        "label": "person",
        "sub_label": None,
        "top_score": 0.8984375,
        "false_positive": False,
        "start_time": BEGIN,
        "end_time": BEGIN + lasted if step == "end" else None,
        "score": 0.7890625,
        "box": [424, 500, 536, 712],
        "area": 23744,
        "ratio": 2.113,
        "active": True,
        "stationary": False,
        "motionless_count": 0,
        "position_changes": 2,
        "attributes": {},
        "current_attributes": [],
        "current_zones": ["duong_vao"],
        "entered_zones": ["duong_vao"],
        "has_clip": False,
        "has_snapshot": True,
        "path_data": [[[0.62, 0.87], BEGIN + 1]],
    } | after
    return {"type": step, "before": body, "after": body}


def review(step: str = "new", number: int = 1, *, severity: str = "alert", **after: Any) -> dict[str, Any]:
    """A step of a review."""
    body: dict[str, Any] = {
        "id": f"{BEGIN:.6f}-xem{number}",
        "camera": "cong_lang",
        "start_time": BEGIN,
        "end_time": BEGIN + 12.5 if step == "end" else None,
        "severity": severity,
        "thumb_path": "/media/frigate/clips/review/thumb-cong_lang.webp",
        "data": {
            "detections": [f"{BEGIN:.6f}-vat{number}"],
            "objects": ["dog", "person"],
            "sub_labels": [],
            "zones": ["duong_vao"],
            "audio": [],
        },
    } | after
    return {"type": step, "before": body, "after": body}


def stats(**pictures: float) -> dict[str, Any]:
    """What each camera gives, in pictures a second."""
    cameras = {name: {"camera_fps": rate, "process_fps": rate, "skipped_fps": 0.0} for name, rate in pictures.items()}
    return {"cameras": cameras, "detectors": {"cpu": {"inference_speed": 12.5}}, "service": {"uptime": 600}}
