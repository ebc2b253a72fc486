"""Tokens in a repository: in what is tracked, what is staged, and what only history holds."""
import json
import os
import subprocess
import zlib

import pytest

from local import Local
from planted import token


class Repository:
    def __init__(self, local):
        self.local, self.path = local, local.folder / "r"
        self.path.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *words, status=0):
        done = subprocess.run(["git", *words], cwd=self.path, env=self.local.env, capture_output=True, text=True, timeout=60)
        assert status is None or done.returncode == status, (words, done.stdout, done.stderr)
        return done.stdout.strip()

    def commit(self, **files):
        for name, text in files.items():
            path = self.path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x", "--no-verify")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def jeton(folder):
    return Local(folder)


@pytest.fixture
def repository(jeton):
    return Repository(jeton)


def found(jeton, repository, *words, status=1):
    done = jeton("scan", *words, "-o", "json", cwd=repository.path)
    assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    report = json.loads(done.stdout)
    return [(i["path"], i["commit"], i["hint"][-2:]) for i in report["items"]], report


def test_history_holds_what_was_taken_away(jeton, repository):
    gone, renamed, merged, stashed, tagged = (token() for _ in range(5))
    first = repository.commit(a_dot_py=f"x = '{gone}'\n", b_dot_py=f"y = '{renamed}'\n")
    repository.commit(a_dot_py="x = 1\n")
    repository.git("mv", "b.py", "c.py")
    repository.commit()
    repository.git("rm", "-q", "c.py")
    repository.commit(d="1")
    repository.git("checkout", "-q", "-b", "side")
    side = repository.commit(e=merged)
    repository.git("rm", "-q", "e")
    repository.commit(f="2")
    repository.git("checkout", "-q", "--detach", "main")
    lost = repository.commit(g=tagged)
    repository.git("tag", "old")
    repository.git("checkout", "-q", "main")
    (repository.path / "d").write_text(stashed)
    repository.git("stash", "-q")
    assert jeton("scan", cwd=repository.path).returncode == 0
    places, report = found(jeton, repository, "--history")
    assert {p for p in places if p[0] != "d"} == {("a.py", first, gone[-2:]), ("b.py", first, renamed[-2:]), ("e", side, merged[-2:]), ("g", lost, tagged[-2:])}
    assert [p[2] for p in places if p[0] == "d"] == [stashed[-2:]]
    assert report["read"]["commits"] >= 8 and report["read"]["blobs"] > 5 and report["read"]["files"] == 0


def test_a_merge_may_hold_what_no_parent_has(jeton, repository):
    repository.commit(a="1")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit(b="2")
    repository.git("checkout", "-q", "main")
    repository.commit(c="3")
    repository.git("merge", "-q", "--no-commit", "side")
    secret = token()
    (repository.path / "b").write_text(secret)
    merge = repository.commit()
    repository.commit(b="4")
    assert found(jeton, repository, "--history")[0] == [("b", merge, secret[-2:])]


def test_each_blob_is_read_once(jeton, repository):
    for i in range(10):
        repository.commit(**{"same": token() if i == 0 else (repository.path / "same").read_text(), "other": str(i)})
    places, report = found(jeton, repository, "--history")
    assert len(places) == 1 and report["read"]["blobs"] == 11


def test_what_is_staged(jeton, repository):
    repository.commit(a="1")
    secret = token()
    (repository.path / "new").write_text(secret)
    assert found(jeton, repository, "--staged", status=0)[0] == []
    repository.git("add", "new")
    (repository.path / "new").write_text("taken away in the folder, not in the index")
    assert found(jeton, repository, "--staged")[0] == [("new", None, secret[-2:])]
    repository.git("rm", "-q", "--cached", "-f", "new")
    repository.git("rm", "-q", "a")
    found(jeton, repository, "--staged", status=0)   # a commit that only takes away


def test_tracked_and_not_ignored(jeton, repository):
    repository.commit(tracked=token(), _dot_gitignore="ignored\n")
    (repository.path / "untracked").write_text(token())
    (repository.path / "ignored").write_text(token())
    paths = lambda *words: sorted(p for p, _, _ in found(jeton, repository, *words)[0])
    assert paths() == ["ignored", "tracked", "untracked"]
    assert paths("--git") == ["tracked"]
    assert paths("--gitignore") == ["tracked", "untracked"]


def test_no_repository(jeton):
    assert jeton("scan", "--history").returncode == 2
    assert jeton("scan", "--staged").returncode == 2
    assert jeton("scan", "install-hook").returncode == 6


def test_broken_objects_are_listed(jeton, repository):
    secret = token()
    for i in range(5):
        repository.commit(**{f"f{i}": f"{i}"})
    repository.commit(secret=secret)
    bad = repository.git("rev-parse", "HEAD:f1")
    missing = repository.git("rev-parse", "HEAD:f2")
    path = repository.path / ".git/objects" / bad[:2] / bad[2:]
    os.chmod(path, 0o644)
    path.write_bytes(zlib.compress(b"blob 5\0hel"))
    os.remove(repository.path / ".git/objects" / missing[:2] / missing[2:])
    places, report = found(jeton, repository, "--history")
    assert [p for p, _, _ in places] == ["secret"]
    unread = " ".join(u["path"] for u in report["read"]["unread"])
    assert bad in unread and missing in unread and report["read"]["blobs"] == 4


def test_nothing_of_the_repository_is_run(jeton, repository):
    repository.commit(a="1", _dot_gitattributes="* diff=evil filter=evil\n")
    for key in ("diff.evil.textconv", "diff.evil.command", "filter.evil.smudge", "filter.evil.clean", "core.fsmonitor", "core.pager", "diff.external"):
        repository.git("config", key, "touch ran; cat")
    (repository.path / "b").write_text("2")
    for words in (["--history"], ["--staged"], ["--git"], ["--gitignore"]):
        jeton("scan", *words, cwd=repository.path)
    assert not list(repository.path.rglob("ran"))


def test_the_hook_refuses_a_commit_with_a_secret(jeton, repository):
    jeton.ok("scan", "install-hook", cwd=repository.path)
    jeton.ok("scan", "install-hook", cwd=repository.path)
    (repository.path / "a.py").write_text(f"x = '{token()}'\n")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "x", status=1)
    (repository.path / "a.py").write_text("x = os.environ['X']\n")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "x")
    repository.git("rm", "-q", "a.py")
    repository.git("commit", "-q", "-m", "x")
    hook = repository.path / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 0\n")
    assert jeton("scan", "install-hook", cwd=repository.path).returncode == 7
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
