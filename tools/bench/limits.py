# SPDX-License-Identifier: GPL-2.0-or-later
"""What has a bar by itself: memory, set-up, receiving, bursts, system calls, processors."""


from bench.compare import spread
from demo import table

BYTES, ADD_MS, SET_US, INGRESS_NS, PROCESSORS, SCALE = 256, 200, 5, 400, 1.6, 1.3
MANY = 100_000
# So many destinations, a picture's share of the time until the next, datagrams of an I-frame.
BURST_DESTS, BURST_PERCENT, BURST = 1_000, 50, 200
ALLOWED = 8                 # datagrams back to back, where nothing else is asked


class Limits:
    def __init__(self):
        self.rows = []

    def add(self, title, values, unit, most=None, least=None, digits=0):
        least_value, median, most_value = spread(values)
        met = None
        bar = ""
        if most is not None:
            # What else the machine does only adds.
            met, bar = least_value <= most, f"<= {most:,g} {unit}"
        if least is not None:
            met, bar = median >= least, f">= {least:,g} {unit}"
        self.rows.append({"title": title, "values": [least_value, median, most_value],
                          "unit": unit, "digits": digits, "bar": bar, "met": met})

    def show(self):
        print(table.text(
            ["measure", "min", "median", "max", "unit", "bar", "met"],
            [[row["title"], *(f"{each:,.{row['digits']}f}" for each in row["values"]),
              row["unit"], row["bar"], {True: "yes", False: "NO", None: ""}[row["met"]]]
             for row in self.rows]))


def _of(samples, key, name, scale=1):
    return [sample[name] / scale for sample in samples[key]]


def scale(limits, floor_rows):
    """What a copy costs with many destinations, against few: by the floor's table."""
    least = {row["title"]: row["ours"][0] for row in floor_rows}
    limits.add(f"a copy at {MANY:,} destinations against one at 100",
               [least[f"1 at a time, {MANY:,}"] / least["1 at a time, 100"]], "x",
               most=SCALE, digits=2)


def in_uml(limits, uml, rounds):
    commands = {"setup": f"setup {MANY}"}
    for dests in (1, 100, 10_000):
        commands[f"ingress {dests}"] = f"ingress {dests} 16 {800 if dests > 1_000 else 8_000}"
    samples = uml.measure("limits", commands, rounds)
    limits.add(f"memory of a destination, {MANY:,} of them",
               _of(samples, "setup", "bytes", MANY), "bytes", most=BYTES)
    limits.add(f"ADD of {MANY:,}", _of(samples, "setup", "add_ns", 1e6), "ms", most=ADD_MS,
               digits=1)
    limits.add(f"SET of one of {MANY:,}", _of(samples, "setup", "set_ns", 1e3), "us",
               most=SET_US, digits=2)
    for dests in (1, 100, 10_000):
        key = f"ingress {dests}"
        per = samples[key][0]["datagrams"]
        limits.add(f"relay's softirq for a datagram, {dests:,} destinations",
                   _of(samples, key, "ns", per), "ns", most=INGRESS_NS)
        limits.add(f"  with IP and UDP, {dests:,} destinations",
                   _of(samples, key, "device_ns", per), "ns")


def by_instructions(limits, icount, full):
    commands = {f"leaving {dests}": f"leaving {dests} $CLIP {40 if full else 10} 0"
                for dests in (1, 10, 100, 1_000)}
    commands["paced"] = f"leaving 1000 $CLIP {20 if full else 5} {BURST_PERCENT}"
    commands["burst"] = f"leaving {BURST_DESTS} {BURST} 3 {BURST_PERCENT}"
    samples = icount.measure("leaving", commands, 1)
    for dests in (1, 10, 100, 1_000):
        sample = samples[f"leaving {dests}"][0]
        limits.add(f"real stream to {dests:,}, unpaced: first packet after",
                   [sample["first_ns"]], "instructions")
        limits.add("  half of the copies after", [sample["p50_ns"]], "instructions")
        limits.add("  99.9% of the copies after", [sample["p999_ns"]], "instructions")
        limits.add("  system calls of who holds the socket", [sample["calls"]], "", most=0)
        limits.add("  payload bytes copied to send", [sample["copied"]], "bytes", most=0)
    for key, title in (("paced", "real stream to 1,000, paced"),
                       ("burst", f"I-frame of {BURST} to {BURST_DESTS:,}, paced")):
        sample = samples[key][0]
        limits.add(f"{title}: copies lost",
                   [sample["datagrams"] * sample["dests"] - sample["copies"]], "", most=0)
        limits.add("  most back to back to a destination", [sample["most"]], "datagrams",
                   most=ALLOWED)


def by_processors(limits, qemu, full):
    bursts = 5 if full else 2
    commands = {"two": f"parallel 1000 {bursts}", "one": f"with.sh alone parallel 1000 {bursts}"}
    samples = qemu.measure("parallel", commands, 9 if full else 3)
    one, two = _of(samples, "one", "ns"), _of(samples, "two", "ns")
    limits.add("two processors against one", [a / b for a, b in zip(one, two)], "x",
               least=PROCESSORS, digits=2)
