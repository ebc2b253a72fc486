"""What the server's memory leaves behind: no core, and no page that is swapped where that may be had."""
import ctypes
import resource

CAP_IPC_LOCK = 14
PR_CAPBSET_DROP = 24


def status(pid, name):
    with open(f"/proc/{pid}/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith(name))


def limit(pid, name):
    with open(f"/proc/{pid}/limits") as lines:
        return next(line[len(name):].split()[:2] for line in lines if line.startswith(name))


def test_no_core_is_dumped(own_server):
    s = own_server(preexec=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2))
    assert limit(s.process.pid, "Max core file size") == ["0", "0"]


def test_memory_is_locked_where_it_may_be(server):
    pid = server.process.pid
    may = int(status(pid, "CapEff:"), 16) >> CAP_IPC_LOCK & 1 or limit(pid, "Max locked memory")[0] == "unlimited"
    detail = next(p["detail"] for p in server.anyone.get("/readyz?verbose").json["parts"] if p["name"] == "memory")
    if may:
        assert int(status(pid, "VmLck:")) > 0 and detail == "locked"
    else:
        assert int(status(pid, "VmLck:")) == 0 and "LimitMEMLOCK" in detail


def test_nothing_is_locked_where_it_may_not_be(own_server):
    """The twin: the server runs and says so."""
    libc = ctypes.CDLL(None)
    s = own_server(preexec=lambda: (libc.prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0), resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))))
    detail = next(p["detail"] for p in s.anyone.get("/readyz?verbose").json["parts"] if p["name"] == "memory")
    assert int(status(s.process.pid, "VmLck:")) == 0 and "LimitMEMLOCK" in detail
