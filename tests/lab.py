"""JupyterLab in a real browser: a server of its own, and what a student does with keyboard and eyes."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

BROWSERS = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
BROWSER = os.environ.get("CHROMIUM") or next(filter(None, BROWSERS), None)
BROWSER_OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# The console reports these of JupyterLab itself, whatever the notebook does.
HARMLESS = ("favicon", "/api/contents/", "ResizeObserver", "jupyterlab/api/licenses", "webpack")
KERNEL = "window.jupyterapp?.shell.currentWidget?.context?.sessionContext"
CELLS = "[...jupyterapp.shell.currentWidget.content.model.cells]"


class Lab:
    """A JupyterLab server whose root is `root` and which knows nothing of the user's settings."""

    def __init__(self, folder):
        self.root = folder / "root"
        self.root.mkdir(parents=True)
        settings = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        settings.parent.mkdir(parents=True)
        settings.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        places = {f"JUPYTERLAB_{kind.upper()}_DIR": str(folder / kind) for kind in ("workspaces", "settings")}
        places["JUPYTER_CONFIG_DIR"] = str(folder / "config")
        options = "--no-browser --allow-root --ip=127.0.0.1 --expose-app-in-browser --ServerApp.port_retries=0"
        own = f"--port={port}", "--IdentityProvider.token=test", f"--ServerApp.root_dir={self.root}"
        command = [sys.executable, "-m", "jupyter", "lab", *options.split(), *own]
        log = folder / "lab.log"
        with open(log, "wb") as file:
            self.process = subprocess.Popen(command, env=os.environ | places, stdout=file, stderr=file)
        for _ in range(240):
            try:
                self.ask("status")
                return
            except OSError:
                time.sleep(0.25)
        raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")

    def ask(self, path, method="GET"):
        address, headers = f"{self.address}/api/{path}", {"Authorization": "token test"}
        with urllib.request.urlopen(urllib.request.Request(address, None, headers, method=method), timeout=5) as answer:
            return answer.read()

    def close(self):
        try:
            self.ask("shutdown", "POST")  # its kernels go with it
            self.process.wait(15)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()


class Page:
    """One notebook in the browser. `errors` collects what the console complains about."""

    def __init__(self, browser, lab, notebook, height=1200):
        shutil.copy(notebook, lab.root)
        self.page = browser.new_page(viewport={"width": 1280, "height": height})
        self.page.set_default_timeout(60_000)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)
        self.page.goto(f"{lab.address}/doc/tree/{notebook.name}?token=test")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.context?.isReady")

    def _console(self, message):
        text = f"{message.text} {message.location.get('url', '')}"
        if message.type == "error" and not any(word in text for word in HARMLESS):
            self.errors.append(text)

    def run_all(self, timeout=240):
        """Wait until the kernel really answers (an early click is dropped), then run all cells."""
        self.page.wait_for_function(f"() => {KERNEL}?.session?.kernel")
        ready = "await jupyterapp.restored; await context.ready; await context.session.kernel.info"
        self.page.evaluate(f"async () => {{ const context = {KERNEL}; {ready} }}")
        # Cells far below are not in the page until they are scrolled to: ask the notebook, not the page.
        self.page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells') }")
        self.page.wait_for_function(
            f"() => {CELLS}.filter(c => c.type === 'code' && c.sharedModel.getSource().trim())"
            ".every(c => c.executionCount !== null && c.executionState !== 'running')",
            timeout=timeout * 1000,
        )

    def cell_errors(self):
        """What cells that failed have printed."""
        return self.page.evaluate(
            f"() => {CELLS}.filter(c => c.type === 'code')"
            ".flatMap(c => c.outputs.toJSON()).filter(o => o.output_type === 'error').map(o => o.evalue)"
        )

    def show(self, text):
        """Go to the cell whose source contains `text`, as arrow keys would, and wait until its output is drawn."""
        found = "c.type === 'code' && c.sharedModel.getSource().includes(text)"
        number = self.page.evaluate(f"text => {CELLS}.findIndex(c => {found})", text)
        assert number >= 0, f"no cell contains {text!r}"
        self.page.evaluate(
            "async n => { const book = jupyterapp.shell.currentWidget.content;"
            "await book.scrollToItem(n, 'start'); book.activeCellIndex = n; }",
            number,
        )
        cell = self.page.locator(f'.jp-Cell[data-windowed-list-index="{number}"]')
        cell.locator(".jp-OutputArea-output").first.wait_for()
        cell.focus()
        return cell

    def tab_to(self, control):
        """Press Tab until `control`, or something in it, has the focus."""
        for _ in range(40):
            self.page.keyboard.press("Tab")
            if control.evaluate("e => e.contains(document.activeElement)"):
                return
        raise AssertionError(f"Tab does not lead to {control}")
