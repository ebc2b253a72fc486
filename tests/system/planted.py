"""Tokens of Jeton's format made here, with a checksum computed here: not by the code under test."""
import random
import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def token(brand="jtn", kind="pat", source=random.SystemRandom()):
    text = f"{brand}_{kind}_" + "".join(source.choice(DIGITS) for _ in range(32))
    check, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, 62)
        digits = DIGITS[digit] + digits
    return text + digits
