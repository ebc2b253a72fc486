"""A small writer of databases in MaxMind's format (version 2.0), for tests: no real one is in the project."""
import ipaddress
import struct


def _control(kind, size):
    """The octets before a value's data."""
    first, extended = (kind << 5, b"") if kind < 8 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([first | size]) + extended
    assert size < 285
    return bytes([first | 29]) + extended + bytes([size - 29])


def encode(value):
    if isinstance(value, str):
        text = value.encode()
        return _control(2, len(text)) + text
    if isinstance(value, float):
        return _control(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        octets = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
        return _control(6, len(octets)) + octets
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    assert isinstance(value, list)
    return _control(11, len(value)) + b"".join(encode(v) for v in value)




def _metadata(nodes):
    def short(n):
        return _control(5, 1) + bytes([n])
    parts = {"node_count": encode(nodes), "record_size": short(32), "ip_version": short(6), "database_type": encode("Test"),
             "languages": encode([]), "binary_format_major_version": short(2), "binary_format_minor_version": _control(5, 0),
             "build_epoch": _control(9, 1) + b"\x01", "description": encode({})}
    return _control(7, len(parts)) + b"".join(encode(k) + v for k, v in parts.items())


def write(path, places):
    """`places`: {"192.0.2.0/24": {"country": {"iso_code": "DE"}, …}}. IPv4 lies under ::/96, as in theirs. Replaces the file whole."""
    tree, data = [[None, None]], b""
    for prefix, place in places.items():
        network = ipaddress.ip_network(prefix)
        bits = format(int(network.network_address), "0128b")
        length = network.prefixlen + (96 if network.version == 4 else 0)
        node = 0
        for bit in map(int, bits[:length - 1]):
            if tree[node][bit] is None:
                tree.append([None, None])
                tree[node][bit] = len(tree) - 1
            node = tree[node][bit]
        tree[node][int(bits[length - 1])] = ("data", len(data))
        data += encode(place)
    def record(r):
        return len(tree) if r is None else r if isinstance(r, int) else len(tree) + 16 + r[1]
    nodes = b"".join(struct.pack(">II", record(a), record(b)) for a, b in tree)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(nodes + b"\0" * 16 + data + b"\xab\xcd\xefMaxMind.com" + _metadata(len(tree)))
    fresh.replace(path)
