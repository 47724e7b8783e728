#!/usr/bin/env python3
"""Prints every event of a Wattbook journal as JSON Lines, in position order.

Usage: read_journal.py JOURNAL

Follows FORMAT.md beside it and shares no code with Wattbook. It needs the `lz4` package. Every
header, frame and footer is checked before what it holds is printed; damage is named on standard
error and ends the script with status 3.
"""
import base64
import datetime
import hashlib
import json
import os
import re
import struct
import sys

import lz4.frame

HEADER_MAGIC, FOOTER_MAGIC = 0x184D2A50, 0x184D2A51
EMPTY_FRAME = bytes.fromhex("04224d1860408200000000")
HEADER = struct.Struct("<4sBBHIIQQqQIIiiIIII32s32s")
ENTRY = struct.Struct("<QQqIIiiHB")
QUALITIES = {1: "estimated", 2: "edited", 3: "actual"}
CHANNELS = {0: "delivered", 1: "received"}
SYSTEM = 65535


class Damage(Exception):
    def __init__(self, file, offset, reason):
        super().__init__(f"{file} at byte {offset}: {reason}")


def need(holds, file, offset, reason):
    if not holds:
        raise Damage(file, offset, reason)


def crc32c(data, table=[]):
    if not table:
        for value in range(256):
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
            table.append(value)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def sealed_by_crc(data):
    return len(data) > 4 and crc32c(data[:-4]) == int.from_bytes(data[-4:], "little")


def read_boundary(data):
    """The newest valid slot: (commit, segment, offset, next position, chain, journal)."""
    need(len(data) == 16384, "boundary", len(data), "it does not have 16384 bytes")
    slots = [data[at:at + 4096] for at in range(0, 16384, 4096)]
    valid = [struct.unpack_from("<QQQQQ32s32s", slot, 8) for slot in slots
             if slot.startswith(b"WBBOUND1") and sealed_by_crc(slot)]
    need(valid, "boundary", 0, "none of its four copies is valid")
    return max(valid)[1:]


def boundary_bytes(folder):
    """The file as it is at one moment: a writer that overtakes a read leaves it with torn slots."""
    before = None
    for _ in range(1000):
        with open(os.path.join(folder, "boundary"), "rb") as file:
            data = file.read()
        if data == before:
            break
        before = data
    return data


def text(data, at):
    count = int.from_bytes(data[at:at + 2], "little")
    return data[at + 2:at + 2 + count].decode(), at + 2 + count


class Batch:
    def __init__(self, header, file, at):
        need(152 <= len(header) <= 662 and sealed_by_crc(header), file, at,
             "the batch header's checksum differs")
        (magic, self.kind, self.is_last, self.partition, self.count, zero, self.first, self.commit,
         self.recorded_at, _, first_account, last_account, first_date, last_date, self.stored,
         self.content, _, zero2, self.sha, self.previous) = HEADER.unpack_from(header)
        self.actor, end = text(header, HEADER.size)
        self.source, end = text(header, end)
        need(self.kind in (1, 2, 3) or magic != b"WBB1", file, at,
             f"a batch of kind {self.kind}, which this script does not know")
        need(magic == b"WBB1" and self.is_last < 2 and self.count
             and not zero and not zero2 and end == len(header) - 4, file, at,
             "the batch header's fields are not as they are written")
        self.accounts = (first_account, last_account) if first_account <= last_account else None
        self.chain = hashlib.sha256(header).digest()
        self.entry = ENTRY.pack(at, self.first, self.recorded_at, first_account, last_account,
                                first_date, last_date, self.partition, self.kind)


def footer_of(batches, position, chain):
    body = b"WBF1" + struct.pack("<IQ", len(batches), position) + chain
    body += b"".join(batch.entry for batch in batches)
    body += struct.pack("<I", len(body) + 20)
    return body + struct.pack("<I", crc32c(body)) + b"WBF1"


def walk(folder, identity):
    """Every batch up to the boundary with its content, once checked: (batch, content, file, at)."""
    commit, last_segment, end, next_position, head, journal = read_boundary(
        boundary_bytes(folder))
    chain = hashlib.sha256(identity).digest()
    need(journal == chain, "journal.json", 0, "it and the boundary are not of the same journal")
    segment, position, number, is_last, recorded_at = -1, 0, 0, 1, -1 << 63
    while segment < last_segment:
        name = f"{position:020}.lz4"
        need(segment < position <= last_segment, name, 0, "the boundary is in another segment")
        segment, is_sealed = position, position != last_segment
        need(os.path.exists(os.path.join(folder, name)), name, 0, "the file is missing")
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read(-1 if is_sealed else end)
        need(is_sealed or len(data) == end, name, len(data), "the file ends before the boundary")
        need(data.startswith(EMPTY_FRAME), name, 0, "it does not start with an empty LZ4 frame")
        at, batches = len(EMPTY_FRAME), []
        while at < len(data):
            magic, size = struct.unpack_from("<II", data.ljust(at + 8, b"\0"), at)
            start = at + 8 + size
            if is_sealed and magic == FOOTER_MAGIC:
                break
            need(magic == HEADER_MAGIC, name, at, "no batch header starts here")
            batch = Batch(data[at + 8:start], name, at)
            need(batch.previous == chain, name, at, "the hash chain is broken")
            need(batch.first == position and batch.commit == number + is_last
                 and batch.recorded_at >= recorded_at, name, at,
                 "the batch does not follow the one before it")
            frame = data[start:start + batch.stored]
            need(hashlib.sha256(frame).digest() == batch.sha, name, start,
                 "the data frame's SHA-256 differs")
            content, read = lz4.frame.decompress(frame, return_bytes_read=True)
            need((len(content), read) == (batch.content, batch.stored), name, start,
                 "the data frame does not decode")
            yield batch, content, name, start
            batches.append(batch)
            at, chain, position = start + batch.stored, batch.chain, position + batch.count
            number, is_last, recorded_at = batch.commit, batch.is_last, batch.recorded_at
        if is_sealed:
            need(data[at + 8:] == footer_of(batches, position, chain), name, at,
                 "the footer is not as it was written")
            need(len(data) == at + 8 + size, name, at, "the file does not end after its footer")
    need((chain, position, number, is_last) == (head, next_position, commit, 1), name, at,
         "the last batch is not the one that the boundary names")


def read_schema(proto):
    """Messages as {name: {number: (name, type, label)}}, enums as {scope.name: {number: name}}."""
    messages, enums, open_scopes, outer = {}, {}, [], ""
    pattern = (r"(message|enum|oneof)\s+(\w+)\s*\{|(\})"
               r"|(?:(repeated|optional)\s+)?([\w.]+)\s+(\w+)\s*=\s*(\d+)\s*;"
               r"|(\w+)\s*=\s*(\d+)\s*;")
    for match in re.finditer(pattern, re.sub(r"//[^\n]*", "", proto)):
        scope, name, close, label, kind, field, number, value, value_number = match.groups()
        if scope == "message":
            outer = name
            open_scopes.append(messages.setdefault(name, {}))
        elif scope:
            # An enum is its message's: several have a Method or a Kind.
            open_scopes.append(open_scopes[-1] if scope == "oneof"
                               else enums.setdefault(f"{outer}.{name}", {}))
        elif close:
            open_scopes.pop()
        elif field:
            key = re.sub(r"_(\w)", lambda letter: letter[1].upper(), field)
            own = f"{outer}.{kind}"
            open_scopes[-1][int(number)] = (key, own if own in enums else kind, label)
        else:
            open_scopes[-1][int(value_number)] = value
    return messages, enums


class Schema:
    def __init__(self, proto):
        self.messages, self.enums = read_schema(proto)

    @staticmethod
    def varint(data, at):
        value = shift = 0
        while True:
            byte = data[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, at
            if shift > 63:
                raise ValueError("a varint is too long")

    def number(self, kind, value):
        if kind in self.enums:
            if value not in self.enums[kind]:
                raise ValueError(f"events.proto has no {kind} {value}")
            return self.enums[kind][value]
        if kind.startswith("sint"):
            value = value >> 1 ^ -(value & 1)
        elif kind.startswith("int") and value >> 63:
            value -= 1 << 64
        return {"bool": bool, "sint64": str, "uint64": str, "int64": str}.get(kind, int)(value)

    def message(self, kind, data):
        """The JSON mapping of a message: defaults left out, keys by field number."""
        fields, found, at = self.messages[kind], {}, 0
        while at < len(data):
            tag, at = self.varint(data, at)
            if tag >> 3 not in fields:
                raise ValueError(f"events.proto has no field {tag >> 3} in {kind}")
            key, of, label = fields[tag >> 3]
            repeated = label == "repeated"
            value, at = self.varint(data, at)
            if tag & 7 == 2 and at + value <= len(data):
                part, at = data[at:at + value], at + value
                values = self.delimited(of, repeated, part)
            elif tag & 7 == 0 and of not in self.messages and of not in ("string", "bytes"):
                values = [self.number(of, value)]
            else:
                raise ValueError(f"{kind}.{key} is not as events.proto has it")
            found[tag >> 3] = found.get(tag >> 3, []) + values if repeated else values[0]
        return {fields[number][0]: found[number] for number in sorted(found)
                if fields[number][2] == "optional"
                or found[number] != self.default(*fields[number][1:])}

    def delimited(self, kind, repeated, part):
        if kind in self.messages:
            return [self.message(kind, part)]
        if kind in ("string", "bytes"):
            return [part.decode() if kind == "string" else base64.b64encode(part).decode()]
        if not repeated:
            raise ValueError(f"a {kind} is not as events.proto has it")
        values, at = [], 0
        while at < len(part):
            value, at = self.varint(part, at)
            values.append(self.number(kind, value))
        return values

    def default(self, kind, label):
        if label == "repeated" or kind in self.messages:
            return [] if label == "repeated" else None
        return "" if kind in ("string", "bytes") else self.number(kind, 0)

    def events(self, content):
        """(account integer, effective day, kind, fact) of each event of a batch."""
        kinds = {key: kind for key, kind, _ in self.messages["Event"].values()
                 if kind in self.messages}
        at = 0
        while at < len(content):
            size, at = self.varint(content, at)
            if at + size > len(content):
                raise ValueError("an event is cut short")
            event = self.message("Event", content[at:at + size])
            at += size
            account, day = event.pop("account", 0), event.pop("effective", 0)
            if len(event) != 1:
                raise ValueError("an event has one fact")
            (key, fact), = event.items()
            yield account, day, kinds[key], fact


def places_of_columns(content, rows, slot, date):
    """Slot and date of each row of WBR1, and where the planes start."""
    columns = struct.unpack_from(f"<{2 * rows}H", content, 36)
    return [(slot + columns[row], date + columns[rows + row]) for row in range(rows)], 36 + 4 * rows


def places_of_runs(content, runs, order, slot, date):
    """The same of WBR2."""
    places = []
    columns = struct.unpack_from(f"<{3 * runs}H", content, 40)
    for step, day, length in zip(columns, columns[runs:], columns[2 * runs:]):
        if not length:
            raise ValueError("a run without rows")
        slot += step
        places += [(slot + (i if order else 0), date + day + (0 if order else i))
                   for i in range(length)]
    return places, 40 + 6 * runs


def reads(content, batch, partitions):
    (magic, channel, bits, minutes, count, order, rows, unit, slot, date
     ) = struct.unpack_from("<4sBBHHHIIIi", content)
    if magic == b"WBR1" and bits == order == 0:
        marked, wide = struct.unpack_from("<II", content, 28)
        places, low = places_of_columns(content, rows, slot, date)
        bits, exception = 16, "<Iq"
    elif magic == b"WBR2" and bits in (8, 12, 16) and order <= 1:
        runs, marked, wide = struct.unpack_from("<III", content, 28)
        places, low = places_of_runs(content, runs, order, slot, date)
        exception = "<Ii"
    else:
        raise ValueError("the columns are of no layout")
    high = low + rows * count
    stride = {8: 0, 12: (count + 1) // 2, 16: count}[bits]
    end = high + rows * stride
    size = struct.calcsize(exception)
    if (rows != batch.count or len(places) != rows or not unit
            or len(content) != end + 5 * marked + size * wide):
        raise ValueError("the columns are not as they are written")
    qualities = dict(struct.iter_unpack("<IB", content[end:end + 5 * marked]))
    exceptions = dict(struct.iter_unpack(exception, content[end + 5 * marked:]))
    for row, (slot, date) in enumerate(places):
        values = []
        for interval in range(count):
            cell = row * count + interval
            value = content[low + cell]
            if bits == 16:
                value += content[high + cell] << 8
            elif bits == 12:
                pair = content[high + row * stride + interval // 2]
                value += (pair >> 4 if interval % 2 else pair & 15) << 8
            if value == (1 << bits) - 1:
                if cell not in exceptions:
                    raise ValueError(f"cell {cell} has no value")
                value = exceptions.pop(cell)
                values.append(None if value == -1 else value)
            else:
                values.append(value * unit)
        yield ((slot + 1) * partitions + batch.partition, date, "MeterReadRecorded",
               {"channel": CHANNELS[channel], "intervalMinutes": minutes,
                "quality": QUALITIES[qualities.pop(row, 3)], "wattHours": values})
    if qualities or exceptions:
        raise ValueError("an exception names no value")


def lost(content, batch):
    """One line for all the positions of a batch that stands in the place of what is lost."""
    if content[:4] != b"WBL1" or len(content) < 8 or content[4] > 2 or any(content[5:8]):
        raise ValueError("the lost batch is not laid out as it must be")
    held = (None, "events", "reads")[content[4]]
    first, last = batch.accounts if held and batch.accounts else (None, None)
    reason = content[8:].decode()
    return {"lastPosition": batch.first + batch.count - 1, "held": held, "firstAccount": first,
            "lastAccount": last, **({"reason": reason} if reason else {})}


def instant(milliseconds):
    seconds, rest = divmod(milliseconds, 1000)
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    return moment.isoformat() + (f".{rest:03}Z" if rest else "Z")


def main(folder):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "events.proto"),
              encoding="utf-8") as file:
        schema = Schema(file.read())
    with open(os.path.join(folder, "journal.json"), "rb") as file:
        identity = file.read()
    shape = rb'\{"wattbook-journal":1,"id":"[0-9a-f]{32}","partitions":([1-9][0-9]{0,2})\}\n'
    match = re.fullmatch(shape, identity)
    need(match, "journal.json", 0, "it is not the text of a journal of format 1")
    partitions = int(match[1])
    numbers, holes = {0: None}, False

    def show(batch, position, kind, account, day, fact):
        print(json.dumps({
            "position": position, "commit": batch.commit,
            "recordedAt": instant(batch.recorded_at), "actor": batch.actor,
            "source": batch.source, "kind": kind, "account": account,
            "effective": (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat(),
            "fact": fact}, ensure_ascii=False, separators=(",", ":")))

    for batch, content, file, offset in walk(folder, identity):
        position = batch.first
        try:
            if batch.kind == 3:
                holes = True
                show(batch, position, "PositionsLost", None, 0, lost(content, batch))
                continue
            decoded = (schema.events(content) if batch.kind == 1
                       else reads(content, batch, partitions))
            for account, day, kind, fact in decoded:
                if kind == "AccountEnrolled":
                    numbers[account] = fact["number"]
                if account not in numbers and not holes:
                    raise ValueError(f"account {account} was never enrolled")
                show(batch, position, kind, numbers.get(account), day, fact)
                position += 1
            if position != batch.first + batch.count:
                raise ValueError("the batch does not hold as many events as its header says")
        except (LookupError, ValueError, OverflowError, struct.error) as fault:
            raise Damage(file, offset, f"position {position}: {fault}") from None


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print("usage: read_journal.py JOURNAL", file=sys.stderr)
        sys.exit(2)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    try:
        main(sys.argv[1])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (Damage, OSError, RuntimeError, ValueError) as fault:
        sys.stdout.flush()
        print(f"read_journal.py: {fault}", file=sys.stderr)
        sys.exit(3)
