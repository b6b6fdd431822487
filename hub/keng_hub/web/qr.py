"""A text as a QR code to print: vector lines inside the page itself, so no other file has to be fetched."""

import segno
from markupsafe import Markup


def svg(text: str) -> Markup:
    """The code as inline SVG (ISO/IEC 18004, level M: a crease or a raindrop does not matter)."""
    code = segno.make(text, error="m", micro=False)
    return Markup(code.svg_inline(border=3, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 - made of numbers only
