#!/usr/bin/env python3
"""Checks the evidence bundle of one bill, without the journal that it was made from.

Usage: check_bundle.py BUNDLE KEY

KEY is the verifier key, `name+id+key`, or a file with it; have it from where you trust, not with
the bundle. Follows FORMAT.md and needs `read_journal.py` and `events.proto` beside it, and the `lz4`
package. Exit status 0 when the bill stands as it says, 1 with the reason when it does not.
"""
import base64
import datetime
import hashlib
import itertools
import json
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
try:
    import lz4.frame
    import read_journal
    if not os.path.exists(os.path.join(HERE, "events.proto")):
        raise ImportError("events.proto is missing")
except ImportError as fault:
    print(f"check_bundle.py: {fault}: it needs read_journal.py and events.proto beside it, and the"
          " lz4 package (pip install lz4)", file=sys.stderr)
    sys.exit(2)

P = 2 ** 255 - 19
ORDER = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
DECIMALS = {"USD": 2, "AUD": 2, "VND": 0}
# The channel of a register that counts no energy.
REACTIVE = 6


class Refused(Exception):
    pass


def need(holds, reason):
    if not holds:
        raise Refused(reason)


def point(data):
    """A point of edwards25519 (RFC 8032) as (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z."""
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    sign = data[31] >> 7
    need(len(data) == 32 and y < P and (x * x - square) % P == 0 and (x or not sign),
         "the key or the signature is no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, p):
    sum_ = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            sum_ = add(sum_, p)
        p, scalar = add(p, p), scalar >> 1
    return sum_


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(key, signature, text):
    first, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    hashed = int.from_bytes(hashlib.sha512(first + key + text).digest(), "little") % ORDER
    left, right = times(scalar, BASE), add(point(first), times(hashed, point(key)))
    return (len(signature) == 64 and scalar < ORDER
            and (left[0] * right[2] - right[0] * left[2]) % P == 0
            and (left[1] * right[2] - right[1] * left[2]) % P == 0)


def plain(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base 64 is not as it is written")
    return data


def signed_text(note, verifier):
    """The text of a signed note (C2SP signed-note) once the verifier key's signature is checked."""
    name, identity, key = verifier.split("+", 2)
    key = plain(key)
    known = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    need(len(key) == 33 and key[0] == 1 and known.hex() == identity,
         "the verifier key is no Ed25519 key of its name")
    end = note.rindex("\n\n") + 1
    text, lines = note[:end], note[end + 1:].split("\n")
    need(lines.pop() == "" and lines, "the checkpoint has no signatures")
    found = 0
    for line in lines:
        dash, signer, signature = line.split(" ")
        signature = plain(signature)
        need(dash == "\u2014", "a signature's line is not as it is written")
        if signer == name and signature[:4] == known:
            need(is_signed(key[1:], signature[4:], text.encode()),
                 f"the signature by {name} is not of this checkpoint")
            found += 1
    need(found, f"the checkpoint has no signature by {name}")
    return text


def root_over(header, index, size, path):
    """The root of RFC 6962 that a header and its inclusion path lead to."""
    need(0 <= index < size, "a batch is not among those that were signed")
    value, last = hashlib.sha256(b"\0" + header).digest(), size - 1
    for other in path:
        need(last, "an inclusion path is too long")
        if index & 1 or index == last:
            value = hashlib.sha256(b"\1" + other + value).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\1" + value + other).digest()
        index, last = index >> 1, last >> 1
    need(last == 0, "an inclusion path is too short")
    return value


def proven_batches(entries, size, root):
    """Each batch's header and content, once they are known to be the journal's."""
    indices = [entry["index"] for entry in entries]
    need(all(type(index) is int for index in indices) and indices == sorted(set(indices)),
         "the batches do not ascend")
    batches = []
    for entry in entries:
        header, frame = plain(entry["header"]), plain(entry["frame"])
        need(root_over(header, entry["index"], size, [plain(part) for part in entry["path"]])
             == root, f"batch {entry['index']} is not in the signed checkpoint")
        batch = read_journal.Batch(header, f"batch {entry['index']}", 0)
        need(hashlib.sha256(frame).digest() == batch.sha and len(frame) == batch.stored,
             f"the data frame of batch {entry['index']} is not the one of its header")
        need(batch.content <= 255 * len(frame), "a data frame does not decode")
        content, read = lz4.frame.decompress(frame, return_bytes_read=True)
        need((len(content), read) == (batch.content, batch.stored), "a data frame does not decode")
        batches.append((batch, content))
    return batches


def pick(batches, wanted, schema, partitions):
    """{position: (account integer, day, kind, fact)} of the positions wanted."""
    found = {}
    for batch, content in batches:
        positions = range(batch.first, batch.first + batch.count)
        if wanted.isdisjoint(positions):
            continue
        decoded = list(schema.events(content) if batch.kind == 1
                       else read_journal.reads(content, batch, partitions))
        need(len(decoded) == batch.count, "a batch does not hold what its header says")
        found.update((at, event) for at, event in zip(positions, decoded) if at in wanted)
    missing = sorted(wanted - found.keys())
    need(not missing, f"no batch of the bundle holds position {missing[:1]}")
    return found


def decimal(value, scale, least=0):
    """A scaled integer as a decimal number with no more zeros than `least` decimals need."""
    digits = str(abs(value)).rjust(scale + 1, "0")
    whole, part = digits[:len(digits) - scale], digits[len(digits) - scale:]
    part = part.rstrip("0").ljust(least, "0")
    return "-" * (value < 0) + whole + ("." + part if part else "")


def number(fact, key):
    return int(fact.get(key, 0))


def day(fact, key):
    days = datetime.timedelta(days=number(fact, key))
    return (datetime.date(1970, 1, 1) + days).isoformat()


def printed(fact, account):
    """The bill as it is printed, from nothing but its event and the account's number."""
    def money(of, key):
        return decimal(number(of, key), 6, DECIMALS[fact["currency"]])
    return {
        "bill": fact["bill"], "account": account, "start": day(fact, "start"),
        "end": day(fact, "end"), "dated": day(fact, "dated"), "due": day(fact, "due"),
        "currency": fact["currency"], "total": money(fact, "total"),
        "lines": [{
            "description": line.get("text", ""),
            "quantity": decimal(number(line, "quantity"), number(line, "quantityDecimals")),
            "unit": line.get("unit", ""), "price": decimal(number(line, "price"), 6),
            "amount": money(line, "amount"), "schedule": line.get("schedule", ""),
            "evidence": line.get("evidence", []),
            **({"deferred": True} if line.get("deferred") else {})}
            for line in fact.get("lines", [])],
        "evidence": [{"kind": item.get("kind", ""), "first": number(item, "first"),
                      "last": number(item, "last"), **more(item)}
                     for item in fact.get("evidence", [])]}


def more(item):
    """The single positions after the run, where there are any."""
    at = itertools.accumulate(map(int, item.get("steps", [])), initial=number(item, "last"))
    positions = list(at)[1:]
    return {"more": positions} if positions else {}


def positions_of(item):
    return itertools.chain(range(number(item, "first"), number(item, "last") + 1),
                           more(item).get("more", []))


def check_evidence(fact, account, events):
    """Every position that the bill names holds an event of that kind, of the account or of none."""
    items = fact.get("evidence", [])
    for item in items:
        for at in positions_of(item):
            owner, date, kind, read = events[at]
            # A bill is a BillIssued in whichever version it was written.
            need(kind in (item["kind"], item["kind"] + "V2"),
                 f"position {at} is a {kind}, not a {item['kind']}")
            need(owner in (0, account), f"position {at} is of another account")
            is_day = (kind in ("MeterReadRecorded", "ReadCorrected")
                      or kind == "ReadEstimated" and read.get("values"))
            need(not is_day
                 or number(fact, "start") <= date < number(fact, "end"),
                 f"position {at} is a read of a day that was not billed")
    for count, line in enumerate(fact.get("lines", []), 1):
        need(line.get("evidence") and max(line["evidence"]) < len(items),
             f"line {count} names no evidence")


def check_amounts(fact, events):
    """Lines are quantity times price of a published rate schedule, and sum to the total."""
    texts = {f"{schedule['code']} {day(schedule, 'effectiveFrom')}": schedule["text"]
             for _, _, kind, schedule in events.values() if kind == "RateSchedulePublished"}
    currency, lines = fact["currency"], fact.get("lines", [])
    unit = 10 ** (6 - DECIMALS[currency])
    for count, line in enumerate(lines, 1):
        price, schedule = number(line, "price"), line["schedule"]
        exact = number(line, "quantity") * price
        step = 10 ** number(line, "quantityDecimals") * unit
        # Once a line, half away from zero.
        rounded = (2 * abs(exact) + step) // (2 * step) * unit * (-1 if exact < 0 else 1)
        need(rounded == number(line, "amount"), f"line {count} is not quantity times price")
        need(schedule in texts, f"the rate schedule of line {count} is not in evidence")
        shown = {int(whole + part[1:].ljust(6, "0"))
                 for whole, part in re.findall(r"(\d+)(\.\d{1,6})?", texts[schedule])}
        # A tax stands there in percent, and what is short of the minimum has no price.
        is_part = line["unit"] == currency
        need(is_part and price == 10 ** 6 or abs(price) * (100 if is_part else 1) in shown,
             f"the price of line {count} does not stand in its rate schedule")
        if line.get("kind") == "TRUE_UP":
            # Below zero it expires, in a line that is deferred itself.
            settled = deferred(fact, events) * (-1 if line.get("deferred") else 1)
            need(price == 10 ** 6 and max(0, settled) == number(line, "amount"),
                 f"line {count} is not what the bills of the relevant period have deferred")
    due = (number(line, "amount") for line in lines if not line.get("deferred"))
    need(sum(due) == number(fact, "total"),
         "the lines do not sum to the total")


def deferred(fact, events):
    """What this bill and those in evidence of the cycles before it carry to the true-up."""
    earlier = (bill for _, _, kind, bill in events.values()
               if kind in ("BillIssued", "BillIssuedV2")
               and number(bill, "start") < number(fact, "start"))
    return sum(number(line, "amount") for bill in (fact, *earlier)
               for line in bill.get("lines", [])
               if line.get("deferred") and line.get("kind") != "TRUE_UP")


def check_energy(fact, events):
    """The energy of the lines is the energy of the reads; gives it in watt-hours."""
    metered, multiplier = 0, 1
    for _, _, kind, read in events.values():
        if kind == "MeterReadRecorded":
            values = [value for value in read["wattHours"] if value is not None]
            metered += sum(values) * (-1 if read["channel"] == "received" else 1)
        elif kind in ("ReadCorrected", "ReadEstimated"):
            values = [int(value) for value in read.get("values", []) if int(value) >= 0]
            metered += sum(values) * (-1 if number(read, "channel") == 1 else 1)
        elif kind == "AccountEnrolled":
            multiplier = number(read, "multiplier") or 1
    for span in fact.get("registers", []):
        for edge, opened in (("opening", "openedOn"), ("closing", "closedOn")):
            _, date, kind, read = events[number(span, f"{edge}Position")]
            need(kind in ("RegisterRead", "ReadEstimated") and date == number(span, opened)
                 and number(read, "channel") == number(span, "channel")
                 and number(read, "index") == number(span, f"{edge}Index"),
                 "a register's index is not the one that was read")
        if number(span, "channel") == REACTIVE:
            continue
        first, last = number(span, "openingIndex"), number(span, "closingIndex")
        # A dial has seven digits or more, and may have turned over past its end.
        dial = 10 ** max(7, len(str(first)))
        metered += (last - first + (dial if last < first else 0)) * multiplier
    # Lines of the first version have no kind.
    billed = sum(number(line, "quantity") for line in fact.get("lines", [])
                 if line.get("kind", "ENERGY") == "ENERGY"
                 and line["unit"] == "kWh" and number(line, "price") > 0)
    need(metered == billed,
         f"the reads are {decimal(metered, 3)} kWh, the lines {decimal(billed, 3)} kWh")
    return metered


def dumps(value):
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def checked(data, verifier, schema):
    bundle = json.loads(data.decode())
    origin, size, root, *extensions = signed_text(bundle["checkpoint"], verifier).splitlines()
    journal = bundle["journal"]
    shape = r'\{"wattbook-journal":1,"id":"([0-9a-f]{32})","partitions":([1-9][0-9]{0,2})\}\n'
    identity, partitions = re.fullmatch(shape, journal).groups()
    digest = base64.b64encode(hashlib.sha256(journal.encode()).digest()).decode()
    need(origin == "wattbook/" + identity and f"journal {digest}" in extensions,
         "the checkpoint is of another journal")
    batches = proven_batches(bundle["batches"], int(size), plain(root))
    position, partitions = bundle["position"], int(partitions)
    account, _, kind, fact = pick(batches, {position}, schema, partitions)[position]
    need(kind in ("BillIssued", "BillIssuedV2") and type(position) is int,
         f"position {position} is no bill")
    named = sum(number(item, "last") - number(item, "first") + 1 + len(item.get("steps", []))
                for item in fact.get("evidence", []))
    need(named <= sum(batch.count for batch, _ in batches),
         "the bill names more events than there are in the bundle")
    wanted = {at for item in fact.get("evidence", []) for at in positions_of(item)}
    events = pick(batches, wanted, schema, partitions)
    check_evidence(fact, account, events)
    check_amounts(fact, events)
    metered = check_energy(fact, events)
    (enrolled,) = [fact for _, _, kind, fact in events.values() if kind == "AccountEnrolled"]
    wanted.add(position)
    need(not any(wanted.isdisjoint(range(batch.first, batch.first + batch.count))
                 for batch, _ in batches), "the bundle has a batch that proves nothing")
    bill = printed(fact, enrolled["number"])
    # Whatever was not checked is made again: no byte can be another.
    again = {"wattbook-bundle": 1, "journal": journal, "checkpoint": bundle["checkpoint"],
             "position": position, "bill": bill,
             "batches": [{key: entry[key] for key in ("index", "header", "frame", "path")}
                         for entry in bundle["batches"]]}
    need(dumps(again) == data, "the bundle is not the text that its own evidence makes")
    return bill, metered, size, len(events)


def check(data, verifier):
    """The bill, its watt-hours, the batches signed and the events behind it; or Refused."""
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "events.proto"), encoding="utf-8") as file:
        schema = read_journal.Schema(file.read())
    try:
        return checked(data, verifier, schema)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError,
            struct.error, read_journal.Damage) as fault:
        raise Refused(f"it is not as a bundle is written: {fault}") from None


def main(path, verifier):
    with open(path, "rb") as file:
        data = file.read()
    if os.path.exists(verifier):
        with open(verifier, encoding="utf-8") as file:
            verifier = file.read().strip()
    bill, metered, size, events = check(data, verifier)
    print(f"Bill {bill['bill']} of account {bill['account']}: {bill['start']} to {bill['end']}")
    for line in bill["lines"]:
        print(f"  {line['description']}: {line['quantity']} {line['unit']} at {line['price']}"
              f" = {line['amount']}{' deferred' if line.get('deferred') else ''}")
    print(f"  total {bill['total']} {bill['currency']}, {decimal(metered, 3)} kWh")
    print(f"proven: {events} events of evidence in the {size} batches that"
          f" {verifier.split('+')[0]} signed")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print("usage: check_bundle.py BUNDLE KEY", file=sys.stderr)
        sys.exit(2)
    try:
        main(*sys.argv[1:])
    except Refused as fault:
        print(f"check_bundle.py: REFUSED: {fault}", file=sys.stderr)
        sys.exit(1)
    except OSError as fault:
        print(f"check_bundle.py: {fault}", file=sys.stderr)
        sys.exit(2)
