#!/usr/bin/env python3
"""Writes tests/corpus/likelihood.tsv: what the two likelihood models make of made-up sign-ins.

    python3 scripts/likelihood-vectors.py

Written from the papers' formulas (Freeman et al., NDSS 2016, section IV; Wiefling et al., TOPS 2022; ours:
src/risk/likelihood/mod.rs), from lists of sign-ins and exact fractions, apart from the Rust code, so that a mistake
would have to be made twice. The logarithm at the end is the only rounding.
"""

import math
import random
from fractions import Fraction as F
from pathlib import Path

DAY = 86_400_000
NOW = 1_790_000_000_000

IP = [F(6, 10), F(3, 10), F(1, 10)]
AGENT = [F(x) for x in (0.5386653840551359, 0.2680451498625666, 0.18818295100109536, 0.0051065150812021525)]

OURS = {  # attack, own, typical; the model `likelihood-1`
    "ip": ([20, 180, 300, 500], [720, 200, 60, 20], [20, 20_000, 100_000]),
    "agent": ([250, 150, 150, 250, 200], [700, 50, 150, 80, 20], [20_000, 50_000, 100_000, 400_000]),
    "device": ([20, 980], [950, 50], [20]),
}
OWN_WEIGHT, TYPICAL_WEIGHT = 5, 500


def published(attempt, own, everybody):
    """Equation 7 without attack data, with back-off weights, smoothing and the never-seen rule."""
    score = F(1)
    for thing, weights in (("ip", IP), ("agent", AGENT)):
        local = sum(w * F(sum(s[thing][k] == v for s in own), len(own))
                    for k, (w, v) in enumerate(zip(weights, attempt[thing])) if v is not None)
        total = F(0)
        for k, (w, v) in enumerate(zip(weights, attempt[thing])):
            if v is None:
                continue
            known = [s for _, s in everybody if s[thing][k] is not None]
            same = [s for s in known if s[thing][k] == v]
            if k > 0:
                total += w * F(len(same), max(len(known), 1))
                continue
            unseen = 1 + sum(len({s[thing][j] for _, s in everybody} - {None}) for j in range(1, len(weights)))
            if same:
                # Each exact value has one value at each of the levels above it.
                inside = 1 + (len(weights) - 1)
                p = F(len(same), len(known)) * (1 - F(unseen, len(known) + unseen))
                total += w * p * (1 - F(inside, len(same) + inside))
            else:
                total += w * F(1, max(len(known), 1) + unseen)
        score *= 4 if local == 0 else total / local
    people = len({who for who, _ in everybody})
    return score * F(1, people) / F(len(own), len(everybody))


def ours(attempt, own, everybody):
    own = sorted((s for s in own if 0 <= NOW - s["at"] <= 180 * DAY), key=lambda s: s["at"])[-100:]
    parts = []
    for thing, (attack, prior, typical) in OURS.items():
        values = attempt[thing] if thing != "device" else [attempt["device"][0] or 0]
        weights = [1024 * 60 // (60 + (NOW - s["at"]) // DAY) for s in own]
        habit = [0] * len(attack)
        for i, s in enumerate(own):
            if i == 0 or all(v is None for v in s[thing]):
                continue
            depths = [k for k, v in enumerate(s[thing]) if v is not None and any(b[thing][k] == v for b in own[:i])]
            habit[min(depths) if depths else len(values)] += 1
        terms = []
        for k in range(len(attack)):
            share = (F(prior[k], 1000) * OWN_WEIGHT + habit[k]) / (OWN_WEIGHT + sum(habit))
            if k == len(values):
                terms.append((F(attack[k], 1000), share, F(1)))
                continue
            of = sum(w for w, s in zip(weights, own) if s[thing][k] is not None)
            if values[k] is None or of == 0:
                continue
            mine = sum(w for w, s in zip(weights, own) if s[thing][k] == values[k])
            seen = sum(s[thing][k] == values[k] for _, s in everybody)
            known = sum(s[thing][k] is not None for _, s in everybody)
            usual = (seen + F(typical[k], 1_000_000) * TYPICAL_WEIGHT) / (known + TYPICAL_WEIGHT)
            terms.append((F(attack[k], 1000), share, F(mine, of) / usual))
        if len(terms) == 1:
            parts.append(0)
            continue
        above = sum(a * lift for a, _, lift in terms) / sum(a for a, _, _ in terms)
        below = sum(s * lift for _, s, lift in terms) / sum(s for _, s, _ in terms)
        parts.append(round(1000 * log2(above / below)))
    return parts


def log2(ratio):
    return math.log2(ratio.numerator) - math.log2(ratio.denominator) if ratio.numerator.bit_length() < 900 else math.log2(ratio)


def person(random, country):
    """A home: networks, a browser or two, cookies."""
    asn = country * 100 + random.randrange(1, 6)
    return {
        "ips": [[asn * 1000 + random.randrange(1, 40), asn, country] for _ in range(random.randrange(1, 4))],
        "agents": [agent(random) for _ in range(random.randrange(1, 3))],
        "devices": [random.randrange(10**6, 10**7) for _ in range(2)],
    }


def agent(random):
    kind, system, browser = random.randrange(1, 3), random.randrange(1, 5), random.randrange(1, 9)
    system, browser = kind * 10 + system, kind * 1000 + system * 100 + browser
    return [browser * 10 + random.randrange(2), browser, system, kind]


def sign_in(random, who, at):
    n = random.randrange(len(who["agents"]))
    return {"ip": random.choice(who["ips"]), "agent": who["agents"][n], "device": [who["devices"][n]], "at": at}


def row(name, attempt, own, everybody):
    def cell(values):
        return ",".join("-" if v is None else str(v) for v in values)

    def features(s):
        return ",".join(cell(s[thing]) for thing in OURS)

    counts = []
    for thing in OURS:
        for k, v in enumerate(attempt[thing]):
            values = [s[thing][k] for _, s in everybody if s[thing][k] is not None]
            counts.append(f"{values.count(v)}/{len(values)}/{len(set(values))}")
    return "\t".join([
        name, features(attempt), ";".join(f"{s['at']}:{features(s)}" for s in own) or "-", " ".join(counts),
        f"{len({who for who, _ in everybody})}/{len(everybody)}",
        str(round(1000 * log2(published(attempt, own, everybody)))) if own else "0",
        cell(ours(attempt, own, everybody)),
    ])


def main():
    rows = []
    for case in range(50):
        r = random.Random(case)
        people = [person(r, r.choice([1, 1, 1, 2, 2, 3])) for _ in range([2, 8, 40][case % 3])]
        me = people[0]
        length = {46: 105, 47: 130, 48: 60}.get(case, [0, 1, 2, 3, 4, 6, 9, 12, 20, 39][case % 10])
        oldest = [3, 30, 90, 170, 240][case % 5]
        own = sorted((sign_in(r, me, NOW - r.randrange(1, oldest * DAY)) for _ in range(length)), key=lambda s: s["at"])
        everybody = [(0, s) for s in own]
        everybody += [(i, sign_in(r, p, NOW)) for i, p in enumerate(people) if i for _ in range(r.randrange(1, 12))]
        attempt = sign_in(r, me, NOW)
        how = r.choice(["usual", "moved", "abroad", "upgraded", "new browser", "elsewhere", "stranger", "no network data"])
        here = attempt["ip"]
        if how == "moved":
            attempt["ip"] = [here[0] + 500, here[1], here[2]]
        elif how == "abroad":
            attempt["ip"] = [900_001, 900, 9]
        elif how == "upgraded":
            attempt["agent"] = [99_001, 99_000, *attempt["agent"][2:]]
        elif how == "new browser":
            attempt["agent"], attempt["device"] = agent(r), [None]
        elif how == "elsewhere":
            attempt["ip"], attempt["device"] = r.choice(people)["ips"][0], [None]
        elif how == "stranger":
            attempt = {"ip": [900_001, 900, 9], "agent": [99_001, 99_000, 990, 9], "device": [r.choice([None, 5])]}
        elif how == "no network data":
            attempt["ip"] = [here[0], None, None]
        if how == "stranger" and case % 2:
            # Half of a person's past from before there was geographic data, or device cookies.
            own = [s if i % 2 else {**s, "ip": [s["ip"][0], None, None], "device": [None]} for i, s in enumerate(own)]
            everybody = [(0, s) for s in own] + [e for e in everybody if e[0]]
        rows.append(row(f"{case}: {how}", attempt, own, everybody))
    head = f"""# Made by scripts/likelihood-vectors.py, which says how. All at {NOW}.
# name<TAB>sign-in<TAB>past (time:sign-in;...)<TAB>for each value of the sign-in count/total/distinct among everybody
# <TAB>people/sign-ins<TAB>published, in 1/1000 bits<TAB>ours: network,agent,device. A sign-in: ip x3,agent x4,device
"""
    out = Path(__file__).parent.parent / "tests/corpus/likelihood.tsv"
    out.write_text(head + "\n".join(rows) + "\n")
    print(len(rows), "rows,", out.stat().st_size, "bytes")


main()
