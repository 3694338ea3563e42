#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The page in Debian's Chromium, by its own chromedriver: the form, refusals at their place, the
live timeline, 100,000 jobs, keyboard, dark mode, reduced motion, downloads, and that the
browser reports no error.  Speaks TAP; SHOTS names a folder for pictures to look at.
"""

import atexit
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "wire"))
# pylint: disable=wrong-import-position
from daemons import Daemon, eventually, first, free_port  # noqa: E402
from examples import Tap  # noqa: E402

TIMEOUT_SECONDS = 60


class Browser:
    """A session of chromedriver: W3C WebDriver, as far as it is needed."""

    def __init__(self, folder):
        self.driver = self.base = None
        # It ends where the port that it is given for IPv4 is another's for IPv6.
        if not eventually(self.start):
            print("Bail out! chromedriver does not start")
            sys.exit(99)
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
                   "prefs": {"download.default_directory": folder,
                             "profile.default_content_setting_values.automatic_downloads": 1}}
        try:
            answer = self.begin(options)
        except OSError:
            self.driver.kill()
            raise
        self.base += f"/session/{answer['sessionId']}"

    def start(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.driver.kill)
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                self.base = f"http://127.0.0.1:{found[1]}"
                return True
        self.driver.wait()
        return False

    def begin(self, options):
        return self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": options}}})

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)["value"]

    def do(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height=900):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=False)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def keys(self, text):
        element = self.call("GET", "/element/active")
        self.call("POST", f"/element/{next(iter(element.values()))}/value", {"text": text})

    def errors(self):
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def shot(self, name):
        if folder := os.environ.get("SHOTS"):
            data = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)["data"]
            with open(os.path.join(folder, name + ".png"), "wb") as file:
                file.write(base64.b64decode(data))

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.kill()
            self.driver.wait()


def part(name):
    return f"document.querySelector('[data-part={name}]')"


class Page:
    def __init__(self, browser, url):
        self.browser = browser
        browser.open(url)
        self.holds(f"return {part('request')}.value.length > 10")

    def holds(self, script):
        return eventually(lambda: self.browser.do(script))

    def run(self, request):
        self.browser.do(f"{part('request')}.value = arguments[0]; {part('submit')}.click()", request)

    def state(self):
        return self.browser.do(f"return {part('state')}.textContent")

    def reaches(self, state):
        return None if eventually(lambda: self.state().startswith(state)) else f"it is {self.state()}"

    def rows(self):
        return self.browser.do(f"return [...{part('table')}.tBodies[0].rows].filter(r => r.className !== 'space')"
                               ".map(r => [...r.cells].map(c => c.textContent))")

    def ink(self):
        """How many colours there are in the picture."""
        return self.browser.do("""
            const c = document.getElementById('picture');
            const copy = new OffscreenCanvas(c.width, c.height).getContext('2d', { willReadFrequently: true });
            copy.drawImage(c, 0, 0);
            const d = copy.getImageData(0, 0, c.width, c.height).data;
            const seen = new Set();
            for (let i = 0; i < d.length; i += 4) seen.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2]);
            return seen.size;""")


def runs_a_sample(page):
    page.browser.size(1280)
    page.browser.do(f"const s = {part('samples')}; s.value = 'graph'; s.dispatchEvent(new Event('change'))")
    page.holds(f"return {part('request')}.value.includes('publish')")
    page.browser.do(f"{part('submit')}.click()")
    live = page.holds("return document.getElementById('totals').textContent.includes('running')")
    problem = page.reaches("finished: failed")
    names = {row[1]: row[2] for row in page.rows()}
    page.browser.shot("1280")
    return first(None if live else "nothing ran", problem,
                 None if names.get("publish") == "skipped" and names.get("test") == "ok" else f"the table: {names}",
                 None if page.ink() > 5 else "there is no picture")


def refuses_at_its_place(page):
    page.run('{\n  "jobs": [\n    {"wait": 1},\n    {"name": "b", "wait": "1x"}\n  ]\n}')
    problem = page.reaches("refused")
    text = page.browser.do("return document.getElementById('refusal').textContent")
    chosen = page.browser.do(f"const r = {part('request')}; return r.value.slice(r.selectionStart, r.selectionEnd)")
    return first(problem, None if "invalid_request" in text and "jobs[1].wait" in text and "line 4" in text else text,
                 None if chosen == '"wait": "1x"' else f"chosen is {chosen}")


def refuses_an_array(page):
    page.run('[{"wait": 0}, {"count": 0}]')
    problem = page.reaches("refused")
    text = page.browser.do("return document.getElementById('refusal').textContent")
    return first(problem, None if "[1].count" in text and "jobs" not in text.rsplit("(", 1)[1] else text)


def draws_100000(page):
    page.browser.size(2560)
    page.run('{"clock":"virtual","events":"all","concurrency":3000,"seed":3,"jobs":[{"name":"r","count":100000,'
             '"wait":{"dist":"lognormal","p50":"200ms","p99":"3s"}}]}')
    problem = page.reaches("finished: ok")
    rows = len(page.rows())
    page.browser.do("document.getElementById('scroll').scrollTop = 1e9")
    last = page.holds(f"return {part('table')}.tBodies[0].textContent.includes('99999')")
    page.browser.shot("2560")
    return first(problem, None if rows < 100 else f"{rows} rows are in the document",
                 None if last else "the last row is not there", None if page.ink() > 20 else "no density")


def goes_by_keyboard(page):
    page.run('[{"name":"first","wait":0.01},{"name":"second","wait":0.02}]')
    problem = page.reaches("finished")
    page.browser.do(f"{part('timeline')}.focus()")
    page.browser.keys("\ue015")
    reported = page.browser.do("return document.getElementById('focus').textContent")
    page.browser.keys("+")
    return first(problem, None if "second" in reported and "ok" in reported else f"reported was {reported!r}")


def compares(page):
    page.run('[{"wait":0.1,"count":3}]')
    problem = page.reaches("finished")
    page.browser.do(f"{part('compare')}.querySelector('button').click()")
    done = page.holds(f"return {part('compare')}.querySelectorAll('figure').length === 3 && "
                      f"!{part('compare')}.textContent.includes('…')")
    text = page.browser.do(f"return {part('compare')}.textContent")
    return first(problem, None if done and "sequential: 300 ms" in text and "concurrent: 100 ms" in text else text)


def downloads(page, folder):
    page.run('[{"name":"n","wait":0.01}]')
    problem = page.reaches("finished")
    for kind in ("trace", "joblog", "lines"):
        page.holds(f"return !document.getElementById('get-{kind}').disabled")
        page.browser.do(f"document.getElementById('get-{kind}').click()")
    names = ["waitd-events.ndjson", "waitd-joblog.tsv", "waitd-trace.json"]
    if not eventually(lambda: sorted(os.listdir(folder)) == names):
        return f"there are {os.listdir(folder)}"
    with open(os.path.join(folder, names[2]), encoding="utf-8") as file:
        trace = json.load(file)["traceEvents"]
    with open(os.path.join(folder, names[0]), encoding="utf-8") as file:
        kinds = [json.loads(line)["event"] for line in file]
    return first(problem, None if trace[0]["name"] == "n" else f"{trace}",
                 None if kinds == ["accepted", "started", "step", "done", "finished"] else f"{kinds}")


def watches_detached(page, url):
    body = json.dumps({"detach": True, "jobs": [{"name": "stays", "wait": 0.5}]}).encode()
    with urllib.request.urlopen(urllib.request.Request(
            url + "/v1/batches", body, {"Content-Type": "application/json"}), timeout=TIMEOUT_SECONDS) as answer:
        ref = json.load(answer)["ref"]
    listed = page.holds(f"return document.getElementById('batches').textContent.includes('{ref}')")
    page.browser.do("document.querySelector('#batches button').click()")
    drawn = page.holds(f"return {part('table')}.tBodies[0].textContent.includes('stays')")
    return first(None if listed else "it is not listed", None if drawn else f"the table: {page.rows()}",
                 page.reaches("finished: ok"))


def keeps_to_taste(page):
    page.browser.devtools("Emulation.setEmulatedMedia", features=[
        {"name": "prefers-color-scheme", "value": "dark"}, {"name": "prefers-reduced-motion", "value": "reduce"}])
    page.browser.size(360)
    ground = page.browser.do("return getComputedStyle(document.body).backgroundColor")
    wide = page.browser.do("return document.documentElement.scrollWidth")
    page.run('[{"wait":0.3,"count":20}]')
    problem = page.reaches("finished: ok")
    page.browser.shot("360")
    page.browser.devtools("Emulation.setEmulatedMedia", features=[])
    return first(problem, None if sum(map(int, re.findall(r"\d+", ground)[:3])) < 120 else f"the ground is {ground}",
                 None if wide <= 360 else f"it is {wide} wide")


def guards_itself(page):
    tried = page.browser.do("""
        const s = document.createElement('script');
        s.textContent = 'window.intruded = 1';
        document.head.append(s);
        return window.intruded ?? null;""")
    page.browser.errors()  # the one that this has just caused
    return None if tried is None else "a script of others ran"


def reports_loss(page, daemon):
    page.run('[{"wait":60}]')
    problem = page.reaches("running")
    daemon.process.kill()
    return first(problem, page.reaches("lost the daemon"))


def keeps_others_apart(page):
    """While one runs no other is followed: there is one stream at a time."""
    page.run('[{"wait":60}]')
    problem = page.reaches("running")
    shut = page.holds("return [...document.querySelectorAll('#batches button')].every(b => b.disabled)")
    page.browser.do("document.getElementById('cancel').click()")
    problem = first(problem, page.reaches("cancelled"))
    open_again = page.holds("return [...document.querySelectorAll('#batches button')].every(b => !b.disabled)")
    return first(problem, None if shut and open_again else "the list is not shut, or not opened again")


def draws_in_slices(page):
    """However many jobs there are, no frame has all of them to draw; how long they take is only reported."""
    page.browser.size(1280)
    page.browser.do("""
        window.deltas = [];
        let last = performance.now();
        const next = (now) => { window.deltas?.push(now - last); last = now; if (window.deltas) requestAnimationFrame(next); };
        requestAnimationFrame(next);""")
    page.run('{"events":"all","concurrency":5000,"seed":3,"jobs":[{"count":100000,"wait":{"dist":"lognormal",'
             '"p50":"50ms","p99":"200ms"}}]}')
    problem = page.reaches("finished: ok")
    deltas = page.browser.do("const all = window.deltas; window.deltas = null; return all.slice(1).sort((a, b) => a - b)")
    at = lambda share: f"{deltas[int(share * (len(deltas) - 1))]:.1f}"
    print(f"# {len(deltas)} frames, ms between them: p50 {at(0.5)}, p90 {at(0.9)}, p99 {at(0.99)}, most {at(1)}")
    drawn = page.holds("return document.getElementById('totals').textContent.includes('ok100000')")
    return first(problem, None if drawn else "not all of them are reported", None if page.ink() > 20 else "no density")


def resumes_after_a_restart(page, folder):
    """The daemon is killed while a batch is followed, and comes back: each event is had once."""
    state = os.path.join(folder, "state")
    downloads_folder = os.path.join(folder, "lines")
    os.mkdir(downloads_folder)
    os.mkdir(state)
    page.browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=downloads_folder)
    ports = [free_port() for _ in range(2)]
    flags = ("--http", f"127.0.0.1:{ports[1]}", "--state", state)
    daemon = Daemon(*flags, listen=f"127.0.0.1:{ports[0]}")
    url = f"http://127.0.0.1:{ports[1]}"
    try:
        page = Page(page.browser, url)
        body = json.dumps({"detach": True, "mode": "sequential", "jobs": [{"name": "j", "wait": 0.02, "count": 400}]}).encode()
        with urllib.request.urlopen(urllib.request.Request(
                url + "/v1/batches", body, {"Content-Type": "application/json"}), timeout=TIMEOUT_SECONDS) as answer:
            ref = json.load(answer)["ref"]
        page.holds(f"return document.getElementById('batches').textContent.includes('{ref}')")
        page.browser.do("document.querySelector('#batches button').click()")
        page.holds("return /ok[1-9]/.test(document.getElementById('totals').textContent)")
        daemon.process.kill()
        daemon.process.wait()
        problem = page.reaches("lost the daemon")
        daemon = Daemon(*flags, listen=f"127.0.0.1:{ports[0]}")
        problem = first(problem, page.reaches("finished: ok"))
        page.browser.do("document.getElementById('get-lines').click()")
        name = os.path.join(downloads_folder, "waitd-events.ndjson")
        if not eventually(lambda: os.path.exists(name)):
            return problem or "there are no lines"
        with open(name, encoding="utf-8") as file:
            numbers = [json.loads(line)["seq"] for line in file]
        return first(problem, None if numbers == list(range(1, 403)) else f"{numbers}")
    finally:
        daemon.process.kill()


def asks_for_a_token(browser, folder):
    """With credentials the page's files are open; all else takes the token that is typed."""
    made = subprocess.run([os.environ.get("WAITCTL") or "client/waitctl", "token", "new", "alice"],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return None  # built without tokens
    line, token = made.stdout.splitlines()
    tokens = os.path.join(folder, "tokens")
    with open(os.open(tokens, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(line + "\n")
    daemon = Daemon("--http", "127.0.0.1:0", "--token-file", tokens)
    try:
        eventually(lambda: any("http://" in line for line in daemon.log))
        url = next(line.split()[2] for line in daemon.log if "http://" in line)
        page = Page(browser, url)
        asked = first(page.reaches("the daemon asks for a token"),
                      None if page.holds(f"return !{part('token')}.hidden") else "nothing asks for it")
        browser.do("document.getElementById('token').value = arguments[0];"
                   f"{part('token')}.requestSubmit()", token)
        body = json.dumps({"detach": True, "jobs": [{"name": "hers", "wait": 0.5}]}).encode()
        with urllib.request.urlopen(urllib.request.Request(
                url + "/v1/batches", body, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}),
                timeout=TIMEOUT_SECONDS) as answer:
            ref = json.load(answer)["ref"]
        listed = page.holds(f"return document.getElementById('batches').textContent.includes('{ref}')")
        browser.do("document.querySelector('#batches button').click()")
        return first(asked, None if listed else "it is not listed", page.reaches("finished: ok"),
                     None if page.holds(f"return {part('token')}.hidden") else "it is still asked for")
    finally:
        daemon.process.kill()


def main():
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
        print("1..0 # SKIP no chromium-driver")
        return 0
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="waitd-test.") as folder:
        daemon = Daemon("--http", "127.0.0.1:0")
        eventually(lambda: any("http://" in line for line in daemon.log))
        url = next(line.split()[2] for line in daemon.log if "http://" in line)
        browser = Browser(folder)
        try:
            page = Page(browser, url)
            for name, case in (("a sample runs, live", runs_a_sample), ("a refusal is at its place", refuses_at_its_place),
                               ("in a bare array too", refuses_an_array), ("100,000 jobs", draws_100000),
                               ("the keyboard", goes_by_keyboard), ("three modes side by side", compares),
                               ("downloads", lambda page: downloads(page, folder)),
                               ("detached batches", lambda page: watches_detached(page, url)),
                               ("one stream at a time", keeps_others_apart),
                               ("100,000 jobs as they run", draws_in_slices),
                               ("dark, narrow and still", keeps_to_taste)):
                problem = case(page)
                tap.result(not problem, name, problem or "")
            errors = browser.errors()
            tap.result(not errors, "the browser reports no error", "\n".join(errors))
            problem = guards_itself(page)
            tap.result(not problem, "no script of others runs", problem or "")
            problem = reports_loss(page, daemon)
            tap.result(not problem, "a daemon that is lost is reported", problem or "")
            problem = resumes_after_a_restart(page, folder)
            tap.result(not problem, "a batch is followed through the daemon's restart", problem or "")
            problem = asks_for_a_token(browser, folder)
            tap.result(not problem, "a token is asked for, and streams are read with it", problem or "")
        finally:
            browser.close()
            if daemon.process.poll() is None:
                daemon.process.kill()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
