"""The notice to passers-by as a PDF to print: what is recorded, why, by whom, for how long, and whom to ask."""

from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

from keng_hub.errors import HubError

FONTS: Final = (
    ("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
    (
        "/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf",
        "/usr/share/fonts/truetype/liberation2/LiberationSans-Bold.ttf",
    ),
)
"""Regular and bold, with every letter of Vietnamese; Debian's fonts-noto-core, fonts-dejavu-core, fonts-liberation2."""
A4: Final = (595.28, 841.89)
"""Points, portrait (ISO 216)."""
SCALES: Final = {"a4": 1.0, "a3": 2**0.5}
MARGIN: Final = 56.0
FOOT: Final = 225.0
"""How high the lower part begins, with the code."""
SIZES: Final = (15.0, 13.0, 11.0, 9.0, 7.0)
"""Of letters; the largest one with which all rows find room."""
_INK, _BAND, _EDGE = "#17212b", "#f2c14e", "#0d4f5c"


class NoFont(HubError):
    """This machine has no font with Vietnamese letters."""

    def __init__(self) -> None:
        super().__init__("chưa có phông chữ: cài fonts-noto-core (no font: install fonts-noto-core)")


class Sign(NamedTuple):
    """What stands on a notice; `rows` are pairs of what and the answer in both languages, `address` its public page."""

    title: str
    subtitle: str
    rows: tuple[tuple[str, str], ...]
    law: str
    ask: str
    address: str


def as_pdf(sign: Sign, size: str) -> bytes:
    """One sheet of `size` ("a4", "a3") in half a second; NoFont where none with Vietnamese letters is installed."""
    canvas_module: Any = import_module("reportlab.pdfgen.canvas")  # it has no types
    scale = SCALES[size]
    made = BytesIO()
    width, height = A4
    canvas = canvas_module.Canvas(made, pagesize=(width * scale, height * scale), invariant=1)
    canvas.setTitle(sign.title)
    canvas.setAuthor("Kẻng")
    canvas.scale(scale, scale)
    regular, bold = installed_fonts()
    _frame(canvas, width, height)
    _head(canvas, sign, bold, width, height)
    _table(canvas, sign, (regular, bold), width, height - 330)
    _foot(canvas, sign, regular, bold, width, FOOT)
    canvas.showPage()
    canvas.save()
    return made.getvalue()


@cache
def installed_fonts() -> tuple[str, str]:
    """The names of the regular and the bold one; NoFont."""
    metrics: Any = import_module("reportlab.pdfbase.pdfmetrics")
    fonts: Any = import_module("reportlab.pdfbase.ttfonts")
    for regular, bold in FONTS:
        if Path(regular).is_file() and Path(bold).is_file():
            metrics.registerFont(fonts.TTFont("sign", regular))
            metrics.registerFont(fonts.TTFont("sign-bold", bold))
            return "sign", "sign-bold"
    raise NoFont


def _frame(canvas: Any, width: float, height: float) -> None:
    canvas.setStrokeColor(_EDGE)
    canvas.setLineWidth(6)
    canvas.roundRect(24, 24, width - 48, height - 48, 18)


def _head(canvas: Any, sign: Sign, bold: str, width: float, height: float) -> None:
    canvas.setFillColor(_BAND)
    canvas.roundRect(40, height - 310, width - 80, 270, 12, stroke=0, fill=1)
    _pictogram(canvas, width / 2, height - 125)
    canvas.setFillColor(_INK)
    canvas.setFont(bold, 42)
    canvas.drawCentredString(width / 2, height - 250, sign.title)
    canvas.setFont(bold, 17)
    canvas.drawCentredString(width / 2, height - 284, sign.subtitle)


def _pictogram(canvas: Any, x: float, y: float) -> None:
    """A camera, drawn: a body, a lens and a wall to hang on."""
    canvas.setFillColor(_INK)
    canvas.roundRect(x - 70, y - 24, 104, 52, 8, stroke=0, fill=1)
    path = canvas.beginPath()
    path.moveTo(x + 40, y - 12)
    path.lineTo(x + 74, y - 28)
    path.lineTo(x + 74, y + 32)
    path.lineTo(x + 40, y + 16)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.rect(x - 52, y - 46, 12, 24, stroke=0, fill=1)
    canvas.rect(x - 84, y - 54, 78, 10, stroke=0, fill=1)
    canvas.setFillColor(_BAND)
    canvas.circle(x - 18, y + 2, 14, stroke=0, fill=1)


def _table(canvas: Any, sign: Sign, fonts: tuple[str, str], width: float, top: float) -> None:
    """The rows, wrapped; long ones in smaller letters, so that all of them stand on the sheet."""
    room = width - 2 * MARGIN
    size = next((size for size in SIZES if height(sign, fonts, size, room) <= top - FOOT), SIZES[-1])
    y = top
    for what, answer in sign.rows:
        y -= _text(canvas, what, fonts[1], size * 0.8, MARGIN, y, room)
        y -= _text(canvas, answer, fonts[0], size, MARGIN, y, room) + size / 2


def height(sign: Sign, fonts: tuple[str, str], size: float, room: float) -> float:
    """How high the rows are in letters of this size, in points."""
    lines = [(what, fonts[1], size * 0.8) for what, _ in sign.rows]
    lines += [(answer, fonts[0], size) for _, answer in sign.rows]
    wrapped = sum(len(_wrapped(text, font, letters, room)) * letters * 1.3 + 2 for text, font, letters in lines)
    return wrapped + len(sign.rows) * size / 2


def _foot(canvas: Any, sign: Sign, regular: str, bold: str, width: float, top: float) -> None:
    side = 165.0
    _qr(canvas, sign.address, width - 56 - side, top - side, side)
    room = width - 56 - side - 56 - 18
    y = top - _text(canvas, sign.ask, bold, 12, 56, top, room)
    y -= _text(canvas, sign.address, regular, 10, 56, y - 3, room) + 12
    _text(canvas, sign.law, regular, 10, 56, y, room)


def _text(canvas: Any, text: str, font: str, size: float, x: float, y: float, width: float) -> float:
    """Draw wrapped text with its top at y; gives the height it took."""
    canvas.setFillColor(_INK)
    canvas.setFont(font, size)
    lines = _wrapped(text, font, size, width)
    for number, line in enumerate(lines):
        canvas.drawString(x, y - size - number * size * 1.3, line)
    return float(len(lines) * size * 1.3 + 2)


def _wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    split: Any = import_module("reportlab.lib.utils").simpleSplit
    lines: list[str] = split(text, font, size, width)
    return lines


def _qr(canvas: Any, address: str, x: float, y: float, side: float) -> None:
    """ISO/IEC 18004, level M, with the quiet zone of four modules."""
    segno: Any = import_module("segno")
    rows = list(segno.make(address, error="m", micro=False).matrix_iter(border=4))
    step = side / len(rows)
    canvas.setFillColor("#ffffff")
    canvas.rect(x, y, side, side, stroke=0, fill=1)
    canvas.setFillColor("#000000")
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                canvas.rect(x + across * step, y + side - (down + 1) * step, step, step, stroke=0, fill=1)
