"""Every `sh` block of the README and the guide runs, page by page, against a server of its own (pages that need a gateway, or show what is printed, in
test_guides.py). A line that ends with `# 401` must be
answered with that status, and one that ends with `# exit 1` with that exit. Blocks of other kinds (files, output) are not run."""
import os
import re
import subprocess

import pytest

from server import ROOT
from test_guides import PAGES as SHOWN

PAGES = [p for p in (ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))) if p.name not in SHOWN]
PREFACE = """set -euo pipefail
answers() {
  local wanted=$1 out; shift
  out=$("$@"); printf '%s\\n' "$out"
  [[ $out == "HTTP/1.1 $wanted"* ]] || { echo "the page says $wanted" >&2; exit 9; }
}
ended() { [[ $2 == "$1" ]] || { echo "the page says exit $1, not $2" >&2; exit 9; }; }
"""


def script_of(text, url):
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S)
    script = "\n".join(blocks).replace("http://127.0.0.1:8420", url)
    # `set -e` looks away from a line that begins with "!".
    script = re.sub(r"^! (.*)$", r"if \1; then echo 'the page says no' >&2; exit 9; fi", script, flags=re.M)
    script = re.sub(r"^(.*\S)\s+# exit (\d+)$", r"status=0; \1 || status=$?; ended \2 $status", script, flags=re.M)
    return re.sub(r"^(curl .*\S)\s+# (\d{3})$", r"answers \2 \1", script, flags=re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_command_of_the_page_runs(page, own_server, folder):
    text = page.read_text()
    if "```sh\n" not in text:
        pytest.skip("no commands on this page")
    server = own_server()
    for name in ("build", "deploy", "examples"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    (folder / ".jeton").symlink_to(server.data)
    env = {k: v for k, v in os.environ.items() if not k.startswith("JETON_")}
    env["PATH"] = f"{ROOT / 'build'}:{env['PATH']}"
    # A person of one's own: a vault, and a name for commits. Nobody is there to type a passphrase.
    env.update({"HOME": str(folder), "XDG_DATA_HOME": str(folder / "share"), "XDG_RUNTIME_DIR": str(folder), "JETON_VAULT_PASSPHRASE": "correct horse battery",
                "GIT_AUTHOR_NAME": "m", "GIT_AUTHOR_EMAIL": "m@example.com", "GIT_COMMITTER_NAME": "m", "GIT_COMMITTER_EMAIL": "m@example.com",
                "GIT_CONFIG_NOSYSTEM": "1"})
    ran = subprocess.run(["bash", "-c", PREFACE + script_of(text, server.url)], cwd=folder, env=env, capture_output=True, text=True, timeout=60,
                         stdin=subprocess.DEVNULL)
    if (folder / "share").exists():
        subprocess.run([ROOT / "build" / "jeton", "vault", "lock"], env=env, capture_output=True)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"


@pytest.mark.parametrize("line", ["curl -i x   # 401", "! true", "false", "jeton scan /nowhere   # exit 0"])
def test_a_page_that_is_wrong_fails(folder, line):
    script = PREFACE + script_of(f"```sh\n{line}\n```\n", "http://nowhere").replace("curl -i x", "echo HTTP/1.1 200 OK")
    assert subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True).returncode != 0


def test_links_between_pages_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} points to {target}"
