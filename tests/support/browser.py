"""A page in headless Chromium."""

import shutil
import subprocess
import tempfile


class Chromium:
    """Shows one page with a profile of its own until `end()`. No certificate is asked for who made it."""

    def __init__(self, url):
        self.profile = tempfile.mkdtemp(prefix="baton-chromium-")
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
             "--remote-debugging-port=0", "--ignore-certificate-errors", f"--user-data-dir={self.profile}", url],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.profile, ignore_errors=True)
