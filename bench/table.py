"""What a benchmark found: rows of a figure, its bound, and whether it is met."""
import dataclasses
import json


@dataclasses.dataclass
class Row:
    name: str                   # of the benchmark
    what: str
    value: float | None         # None: could not be measured, and `note` says why
    unit: str = "x"             # "x" is a ratio
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self):
        """True, False, or None where there is nothing to hold it against."""
        if self.at_most is None and self.at_least is None:
            return None
        if self.value is None:
            return False
        return (self.at_most is None or self.value <= self.at_most) and (self.at_least is None or self.value >= self.at_least)

    def bound(self):
        if self.at_most is not None:
            return f"<= {number(self.at_most)}"
        return "" if self.at_least is None else f">= {number(self.at_least)}"


def number(value):
    if value is None:
        return "-"
    if value == int(value) and abs(value) >= 10:
        return f"{int(value)}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def as_text(rows):
    cells = [("benchmark", "what", "measured", "unit", "bound", "met", "note")]
    for r in rows:
        met = {True: "yes", False: "NO", None: ""}[r.met]
        cells.append((r.name, r.what, number(r.value), r.unit, r.bound(), met, r.note))
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    out = []
    for line in cells:
        parts = [c.rjust(w) if i == 2 else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths))]
        out.append("  ".join(parts).rstrip())
    return "\n".join(out)


def as_json(rows):
    return json.dumps([dict(dataclasses.asdict(r), met=r.met) for r in rows], indent=1)
