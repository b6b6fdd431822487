"""What holds on every page, asked of the page itself: nothing wider than the screen, targets, the keyboard."""

from typing import Any

from playwright.async_api import Page

NARROW = (640, 360, 320)
"""CSS px: 1280 px at 200 %, a small phone, and 1280 px at 400 % (WCAG 2.2, 1.4.4 and 1.4.10)."""
TARGET_PX = 44
BAR_PX = 72
LOW = 512
"""CSS px: the height of a screen of 1024 px at 200 %."""

_DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Charts follow the width of the screen with the next picture."""
_WIDE = """() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    const clips = (one) => getComputedStyle(one).overflowX !== "visible";
    const scrolls = (one) => one && one !== document.body && (clips(one) || scrolls(one.parentElement));
    const over = [...document.body.querySelectorAll("*")]
        .filter((one) => one.getBoundingClientRect().right > wide + 0.5 && !scrolls(one.parentElement));
    return [`wider than ${wide} px: ${over.slice(-2).map((one) => one.outerHTML.slice(0, 160)).join(" | ")}`];
}"""
_SMALL = """(least) => [...document.querySelectorAll("button, .button, nav a, summary, select, input")]
    .filter((one) => !["hidden", "radio", "checkbox"].includes(one.type) && one.checkVisibility())
    .filter((one) => one.getBoundingClientRect().height < least - 0.5)
    .map((one) => `lower than ${least} px: ${one.outerHTML.slice(0, 160)}`)"""
_BEGIN = """() => {
    const usable = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], video[controls]";
    const wanted = [...document.querySelectorAll(usable)]
        .filter((one) => one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }) && !one.disabled);
    const [seen, found] = [[], []];
    const name = (one) => one.outerHTML.slice(0, 140);
    const hidden = (one) => {  // entirely behind something that stands in front of the page (WCAG 2.2, 2.4.11)
        const box = one.getBoundingClientRect();
        const [top, bottom] = [Math.max(0, box.top), Math.min(innerHeight, box.bottom)];
        if (top >= bottom) return true;
        const x = Math.max(1, Math.min(innerWidth - 2, box.left + Math.min(box.width, 60) / 2));
        return [0.15, 0.5, 0.85].every((part) => {
            const over = document.elementFromPoint(x, top + (bottom - top) * part);
            return over && !one.contains(over) && !over.contains(one) && !one.closest("label")?.contains(over);
        });
    };
    addEventListener("htmx:before:swap", (event) => event.preventDefault(), true);  // stands still while it is walked
    addEventListener("keydown", () => {
        const now = document.activeElement;
        if (!now || now === document.body || seen.includes(now)) return;
        seen.push(now);
        const style = getComputedStyle(now);
        if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) found.push(`no ring: ${name(now)}`);
        if (hidden(now)) found.push(`hidden: ${name(now)}`);
    }, true);
    window.tabbed = { wanted, seen, found, name };
    const parts = wanted.filter((one) => /date|time/.test(one.type)).length;  // day, month, year, … are a stop each
    return wanted.length + 7 * parts + 6;
}"""
_END = """() => {
    const { wanted, seen, found, name } = window.tabbed;
    const reached = (one) => seen.includes(one) || (one.type === "radio" && seen.some((s) => s.name === one.name));
    found.push(...wanted.filter((one) => !reached(one)).map((one) => `not reached: ${name(one)}`));
    const main = document.querySelector("main");
    const before = wanted.filter((one) => one.compareDocumentPosition(main) === Node.DOCUMENT_POSITION_FOLLOWING);
    if (before.length > 1 && !before[0].matches(".skip")) found.push(`no skip link before ${name(before[0])}`);
    const isBefore = (one, other) => other.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING;
    const back = seen.filter((one, n) => n && isBefore(one, seen[n - 1]));  // once, from the end to the beginning
    if (back.length > 1) found.push(`out of order: ${back.map(name).join(" | ")}`);
    return found;
}"""


async def wide(page: Page) -> list[str]:
    """Whether the bar on top needs a second row on an ordinary screen, with the sound still blocked."""
    height: int = await page.evaluate("document.querySelector('.bar')?.offsetHeight ?? 0")
    return [f"the bar is {height} px high"] if height > BAR_PX else []


async def narrow(page: Page) -> list[str]:
    """What does not fit a screen that is narrow or enlarged, and what a thumb would miss."""
    found: list[str] = []
    for width in NARROW:
        await page.set_viewport_size({"width": width, "height": LOW})
        await page.evaluate(_DRAWN)
        found += await page.evaluate(_WIDE)
    found += await page.evaluate(_SMALL, TARGET_PX)
    return found


async def keyboard(page: Page, keys: Any) -> list[str]:
    """What Tab misses, reaches out of order, without a ring or behind something; `keys` is a CDP session of it."""
    await page.set_viewport_size({"width": NARROW[0], "height": LOW})
    presses: int = await page.evaluate(_BEGIN)
    key: dict[str, Any] = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
    for _ in range(presses):
        await keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    found: list[str] = await page.evaluate(_END)
    return found
