"""SipHash-2-4 for the published OpenPAYGO library, which imports it as `siphash` (https://www.aumasson.jp/siphash/siphash.pdf)."""

MASK = (1 << 64) - 1


def _rotate(x, bits):
    return ((x << bits) | (x >> (64 - bits))) & MASK


def _round(v0, v1, v2, v3):
    v0 = (v0 + v1) & MASK
    v2 = (v2 + v3) & MASK
    v1 = _rotate(v1, 13) ^ v0
    v3 = _rotate(v3, 16) ^ v2
    v0 = _rotate(v0, 32)
    v2 = (v2 + v1) & MASK
    v0 = (v0 + v3) & MASK
    v1 = _rotate(v1, 17) ^ v2
    v3 = _rotate(v3, 21) ^ v0
    v2 = _rotate(v2, 32)
    return v0, v1, v2, v3


class SipHash_2_4:
    def __init__(self, secret, message=b""):
        if len(secret) != 16:
            raise ValueError("A key has 16 bytes")
        self.secret = bytes(secret)
        self.message = bytes(message)

    def update(self, message):
        self.message += bytes(message)
        return self

    def hash(self):
        """The hash as an integer of 64 bits."""
        k0 = int.from_bytes(self.secret[:8], "little")
        k1 = int.from_bytes(self.secret[8:], "little")
        v = (
            k0 ^ 0x736F6D6570736575,
            k1 ^ 0x646F72616E646F6D,
            k0 ^ 0x6C7967656E657261,
            k1 ^ 0x7465646279746573,
        )
        length = len(self.message)
        padded = self.message + bytes(7 - length % 8) + bytes([length & 255])
        for at in range(0, len(padded), 8):
            word = int.from_bytes(padded[at : at + 8], "little")
            v = (v[0], v[1], v[2], v[3] ^ word)
            v = _round(*_round(*v))
            v = (v[0] ^ word, v[1], v[2], v[3])
        v = (v[0], v[1], v[2] ^ 0xFF, v[3])
        for _ in range(4):
            v = _round(*v)
        return v[0] ^ v[1] ^ v[2] ^ v[3]

    def digest(self):
        """The hash as 8 bytes."""
        return self.hash().to_bytes(8, "little")
