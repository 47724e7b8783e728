"""Bills by the printed rules, in exact fractions and with Python's own time zones.

Written from the utilities' pages and from nothing of the package: Southern California Edison's D,
TOU-D-A, TOU-D-B and TOU-D-T, and Vietnam Electricity's residential tiers (EVN-SH). Reads from
standard input one JSON object,

    {"meters": {NAME: {"from": DATE, "minutes": N, "delivered": [WH, ...], "received": [WH, ...]}},
     "bills": [{"meter": NAME, "plan": CODE, "start": DATE, "end": DATE, "region": TEXT,
                "medical": BOOL, "multiFamily": BOOL, "households": N}, ...]}

where a meter's values follow one another from local midnight of its first date, and prints a list
with the lines of each bill, as "12.5 kWh x 0.15 = 1.88".
"""
import json
import sys
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

ZONES = {"USD": ZoneInfo("America/Los_Angeles"), "VND": ZoneInfo("Asia/Ho_Chi_Minh")}

# Kilowatt-hours a day, summer and winter, of homes that are not all-electric.
ALLOTMENTS = {
    "5": ("13.5", "15.3"), "6": ("9.4", "9.8"), "8": ("10.1", "9.2"), "9": ("13.3", "10.8"),
    "10": ("15.5", "11.0"), "13": ("18.4", "11.1"), "14": ("15.5", "10.6"), "15": ("39.8", "8.2"),
    "16": ("11.8", "11.1"),
}
MEDICAL = Fraction("16.5")

DOMESTIC = {
    date(2013, 4, 1): ("0.13", "0.17", "0.27", "0.30"),
    date(2014, 7, 7): ("0.15", "0.19", "0.28", "0.32"),
    date(2015, 3, 2): ("0.15", "0.19", "0.25", "0.31"),
}
# Summer, then winter: on-peak, off-peak, super off-peak.
TIME_OF_USE = {
    "TOU-D-A": (("0.46", "0.30", "0.11"), ("0.36", "0.26", "0.11")),
    "TOU-D-B": (("0.35", "0.18", "0.11"), ("0.25", "0.14", "0.11")),
}
# Summer, then winter: level I on-peak and off-peak, level II on-peak and off-peak.
LEVELS = (("0.34", "0.14", "0.47", "0.26"), ("0.22", "0.13", "0.35", "0.25"))

RESIDENTIAL = {
    date(2014, 6, 1): (1388, 1433, 1660, 2082, 2324, 2399),
    date(2015, 3, 16): (1484, 1533, 1786, 2242, 2503, 2587),
    date(2017, 12, 1): (1549, 1600, 1858, 2340, 2615, 2701),
    date(2019, 3, 20): (1678, 1734, 2014, 2536, 2834, 2927),
    date(2023, 5, 4): (1728, 1786, 2074, 2612, 2919, 3015),
    date(2023, 11, 9): (1806, 1866, 2167, 2729, 3050, 3151),
    date(2024, 10, 11): (1893, 1956, 2271, 2860, 3197, 3302),
    date(2025, 5, 10): (1984, 2050, 2380, 2998, 3350, 3460),
}
WIDTHS = (50, 50, 100, 100, 100)
# VAT of 8 instead of 10 percent, both days included.
REDUCED = ((date(2022, 2, 1), date(2022, 12, 31)), (date(2023, 7, 1), date(2026, 12, 31)))


def rounded(value, step=1):
    """To a multiple of a step, half away from zero."""
    units = abs(Fraction(value)) / step
    whole = int(units + Fraction(1, 2))
    return whole * step if value >= 0 else -whole * step


def text(value, decimals=0):
    """A decimal number with at least so many decimals and no further zeros."""
    digits = str(int(abs(Fraction(value)) * 10**12)).rjust(13, "0")
    whole, part = digits[:-12], digits[-12:].rstrip("0").ljust(decimals, "0")
    return ("-" if value < 0 else "") + whole + ("." + part if part else "")


@cache
def holidays(year):
    def weekday_of(month, weekday, week):
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (week - 1))

    last_of_may = date(year, 5, 31)
    days = [date(year, 1, 1), weekday_of(2, 0, 3),
            last_of_may - timedelta(last_of_may.weekday()), date(year, 7, 4), weekday_of(9, 0, 1),
            date(year, 11, 11), weekday_of(11, 3, 4), date(year, 12, 25)]
    # A Sunday's holiday is kept on Monday, a Saturday's is not moved.
    return {day + timedelta(1) if day.weekday() == 6 else day for day in days}


def period(plan, moment):
    """0 on-peak, 1 off-peak, 2 super off-peak, by the clock on the wall."""
    day = moment.date()
    is_workday = day.weekday() < 5 and day not in holidays(day.year)
    if plan in TIME_OF_USE:
        if moment.hour < 8 or moment.hour >= 22:
            return 2
        return 0 if is_workday and 14 <= moment.hour < 20 else 1
    if plan == "TOU-D-T":
        return 0 if is_workday and 12 <= moment.hour < 18 else 1
    return 0


@cache
def moments(zone, first, minutes, count):
    """The wall clock at the start of each of some intervals that follow a local midnight."""
    start = int(datetime(first.year, first.month, first.day, tzinfo=zone).timestamp())
    return [datetime.fromtimestamp(start + index * minutes * 60, zone) for index in range(count)]


def usage(meter, zone, plan, first, end):
    """Net watt-hours of some days by period."""
    sums = [0, 0, 0]
    for channel, sign in (("delivered", 1), ("received", -1)):
        values = meter.get(channel, [])
        clock = moments(zone, date.fromisoformat(meter["from"]), meter["minutes"], len(values))
        for moment, value in zip(clock, values):
            if first <= moment.date() < end:
                sums[period(plan, moment)] += sign * value
    return sums


def ladder(by_period, limits):
    """Watt-hours by tier and period: tiers fill in proportion to usage, in whole watt-hours by
    largest remainder; what is sent out lies in the first tier and makes room there."""
    tiers = [[min(energy, 0) for energy in by_period]]
    rest = [max(energy, 0) for energy in by_period]
    reached = sum(tiers[0])
    for tier, limit in enumerate(limits):
        if tier > 0:
            tiers.append([0] * len(rest))
        total = sum(rest)
        room = min(total, max(limit - reached, 0))
        exact = [Fraction(energy * room, total) if total else Fraction(0) for energy in rest]
        shares = [int(share) for share in exact]
        order = sorted(range(len(rest)), key=lambda at: (shares[at] - exact[at], at))
        for at in order[:room - sum(shares)]:
            shares[at] += 1
        for at, share in enumerate(shares):
            tiers[tier][at] += share
            rest[at] -= share
        reached += room
    return tiers + [rest]


def season(day):
    return 0 if 6 <= day.month <= 9 else 1


class Bill:
    def __init__(self, request, meter):
        self.plan = request["plan"]
        self.start, self.end = (date.fromisoformat(request[end]) for end in ("start", "end"))
        self.request = request
        self.meter = meter
        self.currency = "VND" if self.plan == "EVN-SH" else "USD"
        self.lines = []
        self.total = Fraction(0)
        if self.plan == "EVN-SH":
            self.residential()
        else:
            self.domestic()

    def line(self, quantity, unit, price):
        if quantity:
            step = Fraction(1, 100) if self.currency == "USD" else 1
            amount = rounded(quantity * Fraction(price), step)
            self.total += amount
            printed = text(amount, 2 if self.currency == "USD" else 0)
            self.lines.append(f"{text(quantity)} {unit} x {text(Fraction(price))} = {printed}")

    def energy(self, watt_hours, price):
        self.line(Fraction(watt_hours, 1000), "kWh", price)

    def segments(self, key):
        """Runs of days that are alike to a key."""
        days = [self.start + timedelta(index) for index in range((self.end - self.start).days)]
        cuts = [day for last, day in zip(days, days[1:]) if key(last) != key(day)]
        return list(zip([self.start] + cuts, cuts + [self.end]))

    def usage(self, first, end):
        return usage(self.meter, ZONES[self.currency], self.plan, first, end)

    def allowance(self, first, end):
        """Watt-hours of some days of one season."""
        daily = Fraction(ALLOTMENTS[self.request["region"]][season(first)])
        if self.request.get("medical"):
            daily += MEDICAL
        return daily * 1000 * (end - first).days

    def domestic(self):
        def version(day):
            return max(first for first in DOMESTIC if first <= day) if self.plan == "D" else None

        for first, end in self.segments(lambda day: (season(day), version(day))):
            by_period = self.usage(first, end)
            allowance = self.allowance(first, end)
            if self.plan == "D":
                limits = [rounded(allowance * Fraction(part)) for part in ("1", "1.3", "2")]
                for tier, price in zip(ladder(by_period[:1], limits), DOMESTIC[version(first)]):
                    self.energy(tier[0], price)
            elif self.plan == "TOU-D-T":
                tiers = ladder(by_period[:2], [rounded(allowance * Fraction("1.3"))])
                for energy, price in zip(tiers[0] + tiers[1], LEVELS[season(first)]):
                    self.energy(energy, price)
            else:
                for energy, price in zip(by_period, TIME_OF_USE[self.plan][season(first)]):
                    self.energy(energy, price)
            if self.plan == "TOU-D-A":
                # Up to the allowance either way: who sends out more than they use pays it back.
                self.energy(max(-allowance, min(sum(by_period), allowance)), "-0.10")
        daily = "0.024" if self.request.get("multiFamily") else "0.031"
        self.line((self.end - self.start).days, "day", "0.53" if self.plan == "TOU-D-B" else daily)

    def residential(self):
        def version(day):
            return max(first for first in RESIDENTIAL if first <= day)

        days = (self.end - self.start).days
        segments = self.segments(version)
        for first, end in segments:
            limits, limit = [], 0
            for width in WIDTHS:
                share = Fraction(width * self.request.get("households", 1) * (end - first).days, days)
                # A price change inside the month divides quotas by days, each to a whole kWh.
                limit += rounded(share) * 1000
                limits.append(limit)
            tiers = ladder(self.usage(first, end)[:1], limits)
            for tier, price in zip(tiers, RESIDENTIAL[version(first)]):
                self.energy(tier[0], price)
        last = self.end - timedelta(1)
        is_reduced = any(first <= last <= end for first, end in REDUCED)
        self.line(self.total, "VND", "0.08" if is_reduced else "0.1")


def main():
    request = json.load(sys.stdin)
    bills = [Bill(bill, request["meters"][bill["meter"]]) for bill in request["bills"]]
    json.dump([bill.lines for bill in bills], sys.stdout)


if __name__ == "__main__":
    main()
