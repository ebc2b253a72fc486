"""The data folder: who else may write to it or look into it, and what the server makes of that."""
import os
import re
import shutil
import subprocess
import tempfile
import pathlib

import pytest

from cli import Line, jeton
from server import BINARY

def test_a_folder_that_others_may_write_to_holds_no_server(folder):
    """Who can write there can put other keys and rows there."""
    data = folder / "data"
    data.mkdir()
    for mode in (0o777, 0o1777, 0o770, 0o730):
        os.chmod(data, mode)
        refused = jeton("serve", "--data", data, "--listen", "127.0.0.1:0")
        assert refused.code == 1 and "can be written by others" in refused.err and "chmod 700" in refused.err, refused
        assert list(data.iterdir()) == []
        sick = jeton("doctor", data=data)
        assert sick.code == 1 and re.search(r"^fail +data .*written by others", sick.out, re.M)
        assert jeton("restore", folder / "none", data=data).code == 6
    os.chmod(data, 0o1777)
    store = jeton("serve", "--data", folder / "own", "--store", f"sqlite:{data}/jeton.db", "--listen", "127.0.0.1:0")
    assert store.code == 1 and "can be written by others" in store.err and list(data.iterdir()) == []


def test_a_folder_that_others_may_enter_is_closed(folder, own_server):
    data = folder / "data"
    data.mkdir(mode=0o755)
    os.chmod(data, 0o755)
    server = own_server(data=data)
    assert data.stat().st_mode & 0o777 == 0o700 and "its mode is 0700 now" in server.log()
    server.stop()
    os.chmod(data, 0o750)
    assert re.search(r"^fail +data .*entered by others", jeton("doctor", data=data).out, re.M)
    server.start()
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_folder_with_other_things_in_it_keeps_its_mode(folder, own_server):
    data = folder / "data"
    data.mkdir()
    (data / "ours.txt").write_text("another's")
    os.chmod(data, 0o755)
    server = own_server(data=data)
    assert data.stat().st_mode & 0o777 == 0o755
    assert "can be entered by others" in server.log() and "chmod 700" in server.log()


@pytest.fixture
def enterable():
    """A folder that other users reach."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="jeton-folder-", dir="/tmp"))
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def a_user():
    os.setgroups([])
    os.setgid(54321)
    os.setuid(54321)


root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes owners")


@root_only
def test_root_runs_in_a_folder_of_another_user_and_says_so(folder, own_server):
    """A container's root finds a mounted folder of somebody else's."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    os.chown(data, 12345, 12345)
    server = own_server(data=data)
    assert "belongs to the user 12345" in server.log()
    assert re.search(r"^warn +data ", Line(server)("doctor").out, re.M)


@root_only
def test_nobody_else_runs_in_a_folder_of_another_user(enterable):
    data = enterable / "data"
    data.mkdir()
    os.chmod(data, 0o755)
    os.chown(data, 12345, 12345)
    refused = subprocess.run([BINARY, "serve", "--data", data, "--listen", "127.0.0.1:0"], preexec_fn=a_user, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1 and "belongs to another user" in refused.stderr, refused


@root_only
def test_a_volume_of_roots_that_is_lent_by_a_group_is_taken(enterable, own_server):
    """As orchestrators of containers mount one: root's, written by the group that the service alone is in."""
    data = enterable / "data"
    data.mkdir()
    os.chown(data, 0, 54321)
    os.chmod(data, 0o2775)
    server = own_server(data=data, preexec=a_user)
    assert (data / "master.key").stat().st_uid == 54321 and "data.folder" not in server.log()
    server.stop()
    # Root itself needs no group to write there.
    refused = jeton("serve", "--data", data, "--listen", "127.0.0.1:0")
    assert refused.code == 1 and "can be written by others" in refused.err
