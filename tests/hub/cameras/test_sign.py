"""The notice to print: every letter and every row on one sheet, and a code that a telephone can read."""

import shutil
import subprocess
from pathlib import Path

import pytest

from keng_hub.cameras import sign
from keng_hub.cameras.sign import FONTS, NoFont, Sign, as_pdf

needs_font = pytest.mark.skipif(
    not any(Path(regular).is_file() and Path(bold).is_file() for regular, bold in FONTS), reason="no Vietnamese font"
)


def made(answer: str) -> Sign:
    rows = tuple((f"Mục {number} (item)", answer) for number in range(6))
    return Sign("CÓ CAMERA GHI HÌNH", "Camera", rows, "Điều 32", "Quét mã", "https://hub.example/n/c0de")


@needs_font
def test_the_same_notice_is_the_same_file() -> None:
    assert as_pdf(made("Xã Mẫu"), "a4") == as_pdf(made("Xã Mẫu"), "a4")


@needs_font
@pytest.mark.parametrize("answer", ["", "Xã Mẫu", "Ủy ban nhân dân xã Mẫu, thôn Một " * 6])
def test_long_answers_are_written_smaller_instead_of_over_the_code(answer: str) -> None:
    fonts = sign.installed_fonts()
    room = sign.A4[0] - 2 * sign.MARGIN
    heights = [sign.height(made(answer), fonts, size, room) for size in sign.SIZES]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] <= sign.A4[1] - 330 - sign.FOOT


def test_without_a_font_it_is_said_which_one_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign, "FONTS", (("/khong/co.ttf", "/khong/co.ttf"),))
    sign.installed_fonts.cache_clear()
    try:
        with pytest.raises(NoFont, match="fonts-noto-core"):
            as_pdf(made("x"), "a4")
    finally:
        sign.installed_fonts.cache_clear()


@needs_font
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")
def test_the_code_on_the_sheet_leads_to_the_public_page(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    (tmp_path / "sign.pdf").write_bytes(as_pdf(made("Xã Mẫu"), "a4"))
    subprocess.run(["pdftoppm", "-r", "120", "-png", tmp_path / "sign.pdf", tmp_path / "sign"], check=True)
    [picture] = tmp_path.glob("sign*.png")
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(picture)))
    assert read == "https://hub.example/n/c0de"
