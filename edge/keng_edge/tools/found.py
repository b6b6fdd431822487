"""What a camera found, as a technician sees it: a line of words or of JSON each, and the clearest picture."""

from datetime import datetime, timedelta
from pathlib import Path

from keng_edge.cameras.fire_hint import FireHint
from keng_edge.cameras.health import CameraFault, HealthChange
from keng_edge.cameras.sightings import Direction, ObjectClass, Rule, Sighting, Step, View
from keng_edge.cameras.still import boxed, still
from keng_edge.tools.showing import as_json
from keng_wire.fire_hint import FireSign

LARGEST = 4_000_000
STEPS = {Step.BEGIN: "bắt đầu", Step.UPDATE: "tiếp diễn", Step.END: "kết thúc"}
RULES = {
    Rule.INTRUSION: "xâm nhập",
    Rule.PRESENCE: "có mặt",
    Rule.LINE: "qua vạch",
    Rule.LOITERING: "lảng vảng",
    Rule.CROWD: "tụ tập đông",
}
CLASSES = {
    ObjectClass.PERSON: "người",
    ObjectClass.VEHICLE: "xe",
    ObjectClass.ANIMAL: "con vật",
    ObjectClass.UNKNOWN: "vật thể chưa rõ",
}
WAYS = {
    Direction.LEFT: "sang trái",
    Direction.RIGHT: "sang phải",
    Direction.UP: "lên trên",
    Direction.DOWN: "xuống dưới",
}
FAULTS = {
    CameraFault.DARK: "quá tối",
    CameraFault.COVERED: "bị che",
    CameraFault.PARTLY_COVERED: "bị che một phần",
    CameraFault.DEFOCUSED: "mất nét",
    CameraFault.MOVED: "bị xoay",
    CameraFault.FROZEN: "hình đứng",
    CameraFault.LOOPED: "hình lặp lại",
    CameraFault.LOW_RATE: "quá ít hình",
    CameraFault.CORRUPT: "hình hỏng",
    CameraFault.OWN_ALARM: "tự báo bị can thiệp",
}

SIGNS = {
    FireSign.FLAMES: "giống lửa, cần người xem (looks like fire)",
    FireSign.SMOKE: "giống khói, dấu hiệu yếu, cần người xem (looks like smoke, a weak sign)",
}


class Shown:
    """Prints what comes, and keeps the clearest view for `picture`."""

    def __init__(self, camera: str, json: bool, picture: Path | None) -> None:
        self._camera, self._json, self._picture = camera, json, picture
        self._best: View | None = None
        self._count = 0

    def show(self, each: object, at: float) -> None:
        """One thing that the pipeline found."""
        match each:
            case Sighting():
                self._keep(each.best)
                self._count += each.step is Step.BEGIN
                self._print(_sighting(self._camera, each, at), _sighting_words(each), at)
            case HealthChange():
                self._print(_health(self._camera, each, at), _health_words(each), at)
            case FireHint():
                self._print(_fire(self._camera, each, at), _fire_words(each), at)
            case _:
                pass

    def finish(self, pictures: int, seconds: float) -> None:
        """Say how much was seen, and write the clearest picture; OSError where that cannot be."""
        facts: dict[str, object] = {
            "event": "done",
            "camera": self._camera,
            "pictures": pictures,
            "seconds": round(seconds, 3),
            "sightings": self._count,
        }
        words = f"hết: {pictures} hình, {seconds:.1f} s, {self._count} lần quan sát (end: pictures, time, sightings)"
        self._print(facts, words, seconds)
        if self._picture is not None and self._best is not None:
            shown = boxed(self._best.frame.picture(), self._best.boxes)
            self._picture.write_bytes(still(shown, LARGEST).jpeg)

    def _keep(self, view: View) -> None:
        if self._picture is not None and (self._best is None or _size(view) > _size(self._best)):
            self._best = view

    def _print(self, facts: dict[str, object], words: str, at: float) -> None:
        print(as_json(facts) if self._json else f"{_time(at)}  {words}", flush=True)


def later(first: datetime, seconds: float) -> datetime:
    """So many seconds after a moment."""
    return first + timedelta(seconds=seconds)


def _sighting(camera: str, sighting: Sighting, at: float) -> dict[str, object]:
    return {
        "event": "sighting",
        "camera": camera,
        "step": sighting.step,
        "kind": sighting.rule,
        "area": sighting.area,
        "class": sighting.object_class,
        "confidence": None if sighting.confidence is None else round(sighting.confidence, 3),
        "begin": round(sighting.begin, 3),
        "end": None if sighting.end is None else round(sighting.end, 3),
        "direction": sighting.direction,
        "count": sighting.count,
        "occurrence": sighting.occurrence,
        "at": round(at, 3),
    }


def _sighting_words(sighting: Sighting) -> str:
    what = f"{RULES[sighting.rule]} ({sighting.rule}) · {sighting.area} · {CLASSES[sighting.object_class]}"
    sure = "chỉ theo chuyển động (motion only)" if sighting.confidence is None else f"{sighting.confidence:.0%}"
    times = f"{_time(sighting.begin)} → {'…' if sighting.end is None else _time(sighting.end)}"
    way = "" if sighting.direction is None else f" · {WAYS[sighting.direction]} ({sighting.direction})"
    count = f" · {sighting.count}" if sighting.rule is Rule.CROWD else ""
    return f"{STEPS[sighting.step]} ({sighting.step}): {what} ({sighting.object_class}), {sure} · {times}{way}{count}"


def _health(camera: str, change: HealthChange, at: float) -> dict[str, object]:
    return {
        "event": "health",
        "camera": camera,
        "step": _step(change.begins),
        "kind": change.fault,
        "since": round(change.since, 3),
        "at": round(at, 3),
    }


def _health_words(change: HealthChange) -> str:
    step = _step(change.begins)
    return f"{STEPS[step]} ({step}): camera {FAULTS[change.fault]} ({change.fault}) · từ (since) {_time(change.since)}"


def _fire(camera: str, hint: FireHint, at: float) -> dict[str, object]:
    return {
        "event": "fire_hint",
        "camera": camera,
        "step": _step(hint.begins),
        "kind": "fire_hint",
        "sign": hint.sign,
        "since": round(hint.since, 3),
        "at": round(at, 3),
    }


def _fire_words(hint: FireHint) -> str:
    step = _step(hint.begins)
    return f"{STEPS[step]} ({step}): {SIGNS[hint.sign]} · từ (since) {_time(hint.since)}"


def _step(begins: bool) -> Step:
    return Step.BEGIN if begins else Step.END


def _time(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes):02d}:{rest:04.1f}"


def _size(view: View) -> float:
    return sum(box.size for box in view.boxes)
